"""Tasks that run under another account than root, for whom they are run."""

import os
import pickle
import pwd

import pytest

from dtscheduler.errors import WorkerError
from dtscheduler.executors.inline import InlineExecutor
from dtscheduler.model.call import Environment


@pytest.fixture
def as_nobody(nobody, living, hands):
    """An executor whose tasks run as ``nobody``; no process of it is left at the end."""
    return hands(account="nobody")


def value(hands, outcome):
    assert outcome.status == "completed", (outcome.reason, outcome.traceback)
    found = hands.cache.get(outcome.result_key)
    return pickle.loads(found if isinstance(found, bytes) else found.read())


def test_a_task_is_the_account_with_its_groups_and_its_home(as_nobody, steps, nobody):
    steps("""
        def who(n):
            umask = os.umask(0o022)
            ids = os.getresuid(), os.getresgid(), sorted(os.getgroups())
            return [*ids, umask, [os.environ[name] for name in ("HOME", "USER", "LOGNAME")]]
        """)
    uids, gids, groups, umask, names = value(as_nobody, as_nobody.call("who"))
    assert uids == (nobody.uid,) * 3
    assert gids == (nobody.gid,) * 3
    assert groups == sorted(set(nobody.groups))
    assert umask == 0o022
    assert names == [nobody.home, "nobody", "nobody"]


def test_a_task_gets_nothing_else_from_the_environment_of_root(as_nobody, steps, monkeypatch):
    monkeypatch.setenv("DTSCHEDULER_DATABASE", "postgresql://user:secret@host/database")
    monkeypatch.setenv("SECRET", "x")
    steps("def variables(n): return dict(os.environ)")
    found = value(as_nobody, as_nobody.call("variables"))
    assert {"DTSCHEDULER_DATABASE", "SECRET"}.isdisjoint(found)
    assert found["PATH"] == os.environ["PATH"]


def test_root_reads_results_of_any_size_back(as_nobody, steps):
    steps("def makes(n, size): return b'x' * size")
    for size in (0, 10, 100_000, 20_000_000):
        assert value(as_nobody, as_nobody.call("makes", size=size)) == b"x" * size


def test_a_task_can_read_neither_the_results_of_root_nor_those_of_another_account(hands, steps, nobody, daemon):
    steps("""
        def makes(n):
            return "secret"

        def reads(n, path):
            found = []
            for folder, folders, files in os.walk(path, onerror=lambda error: found.append(type(error).__name__)):
                found += files
            return found
        """)
    own, his, mine = hands(), hands(account="daemon"), hands(account="nobody")
    assert value(own, own.call("makes")) == value(his, his.call("makes")) == "secret"
    for path in (
        own.home,
        own.home / "results",
        his.home / "accounts",
        his.home / "accounts" / str(daemon.uid) / "results",
    ):
        assert value(mine, mine.call("reads", path=str(path))) == ["PermissionError"]
    assert value(mine, mine.call("reads", path=str(mine.home / "accounts" / str(nobody.uid) / "results"))) != []


def test_results_of_two_accounts_are_separate(hands, steps, daemon, nobody):
    steps("def makes(n): return 1")
    his, mine = hands(account="daemon"), hands(account="nobody")
    key, other = his.call("makes").result_key, mine.call("makes").result_key
    assert his.cache.missing([key, other]) == {other}
    assert mine.cache.missing([key, other]) == {key}


def test_what_a_task_prints_is_in_the_log_of_root(as_nobody, steps):
    steps("""
        def prints(n):
            print("says", n)

        def dies(n):
            print("last words")
            os.kill(os.getpid(), signal.SIGKILL)
        """)
    outcomes = as_nobody.add("prints", 30).add("dies").run()
    logs = [as_nobody.log(outcome) for outcome in sorted(outcomes, key=lambda one: (one.call.task, one.call.part))]
    assert logs == [*(f"says {n}\n" for n in range(30)), "last words\n"]
    assert {path.stat().st_uid for path in as_nobody.log_dir.iterdir()} == {0}


def test_a_long_log_is_kept_with_its_start_and_its_end(as_nobody, steps):
    steps("""
        def prints(n):
            print("start")
            for _ in range(25):
                print("x" * 2**20)
            print("end")
        """)
    log = as_nobody.log(as_nobody.call("prints"))
    assert log.startswith("start\n")
    assert log.endswith("end\n")
    assert "bytes left out" in log
    assert len(log) < 2 * 2**23


def test_a_death_is_told_with_its_cause_and_costs_one_attempt(as_nobody, steps):
    steps("""
        def dies(n):
            if n == 3:
                os.kill(os.getpid(), signal.SIGSEGV)
            return n
        """)
    outcomes = {outcome.call.part: outcome for outcome in as_nobody.add("dies", 12).run()}
    assert "SIGSEGV" in outcomes[3].reason
    assert [part for part, outcome in outcomes.items() if outcome.status != "completed"] == [3]


def test_a_result_counts_whose_worker_died_before_it_could_say_so(as_nobody, steps):
    steps("""
        import threading
        from dtscheduler.caches.disk import DiskCache

        def dies(n):
            put = DiskCache.put

            def put_and_die(*given):
                put(*given)
                os.kill(os.getpid(), signal.SIGKILL)

            DiskCache.put = put_and_die
            print("printed")
            return 42
        """)
    outcome = as_nobody.call("dies")
    assert value(as_nobody, outcome) == 42
    assert as_nobody.log(outcome) == "printed\n"


def test_a_task_that_ignores_sigterm_is_killed_with_all_it_has_started(as_nobody, steps, until, living):
    steps("""
        def hangs(n):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            subprocess.Popen(["sleep", "1000"], start_new_session=True)
            subprocess.Popen(["sh", "-c", "sleep 1000 & sleep 1000"])
            while True:
                time.sleep(1)
        """)
    as_nobody.add("hangs")
    until(lambda: as_nobody.step(0.05) or len(living()) >= 5)
    as_nobody.executor.cancel(grace_seconds=0.2)
    assert [process for process in living() if "delegate" not in " ".join(process.cmdline())] == []
    assert [outcome.status for outcome in as_nobody.executor.wait(0)] == ["stopped"]


def test_memory_is_measured_and_enforced(living, hands, steps):
    steps("""
        def hungry(n):
            held = [bytearray(os.urandom(1000) * 10_000) for _ in range(40)]
            time.sleep(20)

        def modest(n):
            return n
        """)
    strict = hands(account="nobody", enforce_memory=True).add("modest", memory_mb=200).add("hungry", memory_mb=200)
    modest, hungry = sorted(strict.run(), key=lambda outcome: outcome.call.task)
    assert hungry.status == "out_of_memory"
    assert "asked for 200 MB" in hungry.reason
    assert 10 < modest.peak_memory_mb < 200


def test_nothing_of_a_run_is_left_in_the_folder_for_its_logs(as_nobody, steps, nobody):
    steps("""
        def prints(n):
            print(n)
            if n == 2:
                os._exit(1)
        """)
    as_nobody.add("prints", 5).run()
    as_nobody.executor.close()
    assert list((as_nobody.home / "accounts" / str(nobody.uid) / "spools").iterdir()) == []


# -- hostile tasks


def test_a_link_in_place_of_a_log_is_not_followed(as_nobody, steps, passable, caplog):
    secret = passable / "secret"
    secret.write_text("of root")
    secret.chmod(0o600)
    steps("""
        def links(n, secret):
            (spool,) = Path(os.readlink("/proc/self/fd/1")).parent.glob("*.log")
            spool.unlink()
            spool.symlink_to(secret)
            os.kill(os.getpid(), signal.SIGKILL)

        def links_folder(n, secret, log_dir):
            print("so that there is a log")
            (Path(os.readlink("/proc/self/fd/1")).parent / log_dir).symlink_to("/etc")
        """)
    outcome = as_nobody.call("links", secret=str(secret))
    assert as_nobody.log(outcome) == ""
    assert "cannot be taken" in caplog.text
    outcome = as_nobody.call("links_folder", secret=str(secret), log_dir=as_nobody.log_dir.name)
    assert as_nobody.log(outcome) == "so that there is a log\n"
    assert secret.read_text() == "of root"
    assert secret.exists()


@pytest.mark.parametrize(
    "trick",
    [
        "os.write(pipe, b'garbage' * 100)",
        "os.write(pipe, struct.pack('!Q', 2**60))",
        "os.write(pipe, framed(pickle.dumps(Evil())))",
        "os.write(pipe, framed(b'[' * 100_000))",
        'os.write(pipe, framed(b\'["outcomes", [[[0, 0, 1], "pending"]], false]\'))',
        "os.write(pipe, framed(b'[\"described\", 0, [[1]]]'))",
    ],
)
def test_what_no_worker_says_ends_the_worker_and_harms_nobody_else(as_nobody, steps, passable, trick):
    steps(f"""
        import pickle, struct

        class Evil:
            def __reduce__(self):
                return (os.mkdir, ({str(passable / "workspace" / "evil")!r},))

        def framed(content):
            return struct.pack("!Q", len(content)) + content

        def f(n):
            if n == 5:
                pipe = json.loads(sys.orig_argv[-1])["writes"]
                {trick}
                time.sleep(1000)
            return n
        """)
    outcomes = {outcome.call.part: outcome for outcome in as_nobody.add("f", 10).run()}
    assert [part for part, outcome in outcomes.items() if outcome.status != "completed"] == [5]
    assert "sent what no worker sends" in outcomes[5].reason
    assert not (passable / "workspace" / "evil").exists()


def test_a_board_that_is_cut_short_or_holds_nonsense_harms_no_other_run(as_nobody, hands, steps):
    steps("""
        def f(n):
            board = json.loads(sys.orig_argv[-1])["board"]
            if n == 5:
                os.ftruncate(board, 0)
            if n == 6:
                os.pwrite(board, b"\\xff" * 24, 0)
            if n in (5, 6):
                time.sleep(0.6)
                os._exit(1)
            return n
        """)
    outcomes = as_nobody.add("f", 10).run()
    assert {5, 6} <= {outcome.call.part for outcome in outcomes if outcome.status == "failed"}
    assert hands().add("f", 5).run()[-1].status == "completed"


# -- what cannot be


def test_an_account_that_is_not_there_is_named(hands):
    with pytest.raises(WorkerError, match="RunAs='no-such-account': this machine has no such account"):
        hands().executor.start(Environment(python="python", work_dir=None, account="no-such-account"), 1, [])


def test_only_root_can_run_tasks_under_another_account(hands, nobody, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(
        WorkerError, match="RunAs='nobody': only root can .* run the service as root, or leave RunAs out"
    ):
        hands().executor.start(Environment(python="python", work_dir=None, account="nobody"), 1, [])


def test_the_account_of_this_process_is_none_other(hands, steps):
    steps("def makes(n): return 1")
    own = hands(account=pwd.getpwuid(os.getuid()).pw_name)
    assert value(own, own.call("makes")) == 1
    assert not (own.home / "accounts").exists()


def test_inline_refuses_another_account(hands, nobody):
    executor = InlineExecutor(cache=hands().cache)
    with pytest.raises(WorkerError, match="RunAs='nobody': executor='inline' .* use executor='processes'"):
        executor.start(Environment(python="python", work_dir=None, account="nobody"), 1, [])


def test_an_interpreter_that_the_account_cannot_reach_is_named(hands, nobody, passable):
    private = passable / "private"
    private.mkdir(mode=0o700)
    (private / "python").symlink_to("/bin/true")
    environment = Environment(python=str(private / "python"), work_dir=None, account="nobody")
    with pytest.raises(WorkerError, match=f"cannot be started: Permission denied\n.*'nobody' cannot enter {private}"):
        hands().executor.start(environment, 1, [])


def test_code_that_the_account_cannot_reach_is_named(as_nobody, steps, passable):
    steps("def makes(n): return 1")
    (passable / "code").chmod(0o700)
    with pytest.raises(WorkerError, match=f"'nobody' cannot enter {passable / 'code'}"):
        as_nobody.call("makes")

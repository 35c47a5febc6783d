"""What pruning does when the disk, a database or the process fails, and when runs go on meanwhile."""

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest

from dtscheduler import DAG, ParallelTask, Task, testing
from dtscheduler.caches.account import Account
from dtscheduler.caches.delegate import answer_to
from dtscheduler.caches.delegated import DelegatedCache
from dtscheduler.caches.disk import DiskCache
from dtscheduler.errors import ResultError, WorkspaceError
from dtscheduler.model.run import RunQuery
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.running.retention import Keep


def left(ws):
    return [run.id for run in ws.runs()]


@pytest.fixture
def five(ws, dag):
    """Five runs of a month ago, and one of today."""
    for _ in range(5):
        dag("Daily", "load", "twice").run()
    ws.clock.step(timedelta(days=30))
    dag("Daily", "load", "twice").run()
    return ws


@pytest.fixture
def in_shard_three(five):
    """A superseded result of a run that stays, in another database than all the others."""
    with closing(DiskCache(five.place.home / "results", slot=3)) as cache:
        return cache.put(f"{five.place.run(6).uuid}.0.0.9.1", b"x")


@pytest.fixture
def mounted(tmp_path):
    """A small file system of its own, which only root can have."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", str(folder)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def locked(path):
    """Another process is writing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


def age(ws):
    for path in (ws.place.home / "results").glob("*/cache.db"):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("update Cache set store_time = store_time - 200000")
            connection.commit()


# -- databases and folders


def test_damaged_results_are_told_and_the_others_are_pruned(five, prune, in_shard_three, there, sound):
    (five.place.home / "results" / "3" / "cache.db").write_bytes(b"no database" * 1000)
    done = prune(days=7)
    assert [problem for problem in done.problems if "results/3" in problem]
    assert (left(five), done.results, done.logs) == ([6], 10, 5)
    with pytest.raises(ResultError, match="results/3"):
        there()
    shutil.rmtree(five.place.home / "results" / "3")
    sound()


def test_results_that_are_locked_are_told_and_go_another_time(five, prune, in_shard_three, there, monkeypatch, sound):
    monkeypatch.setattr("dtscheduler.caches.shards.PATIENCE_SECONDS", 0.05)
    with locked(five.place.home / "results" / "0" / "cache.db"):
        done = prune(days=7)
    assert "their database was locked" in done.problems[0]
    assert (left(five), done.results, done.logs) == ([6], 1, 5)
    assert len(there().results) == 12
    age(five)
    assert prune(days=7).results == 10
    sound()


def test_a_link_in_place_of_the_results_leads_nowhere(five, prune, tmp_path, in_shard_three):
    shard = five.place.home / "results" / "3" / "cache.db"
    shard.rename(tmp_path / "elsewhere.db")
    shard.symlink_to(tmp_path / "elsewhere.db")
    done = prune(days=7)
    assert "is a symbolic link" in done.problems[0]
    with closing(sqlite3.connect(tmp_path / "elsewhere.db")) as connection:
        assert connection.execute("select count(*) from Cache").fetchone() == (1,)


def test_the_file_of_a_result_that_is_said_to_lie_elsewhere_is_left_alone(five, prune, tmp_path, caplog):
    precious = tmp_path / "precious"
    precious.write_text("text")
    key = five.place.cache.put(f"{five.place.run(1).uuid}.0.0.9.1", b"x" * 100_000)
    with closing(sqlite3.connect(five.place.home / "results" / "0" / "cache.db")) as connection:
        connection.execute("update Cache set filename = ? where key = ?", (f"../../../{precious.name}", key))
        connection.commit()
    assert prune(days=7).problems == ()
    assert precious.read_text() == "text"
    assert "lies elsewhere" in caplog.text


def test_pruning_waits_for_others_who_write_to_the_store(five, prune):
    release = threading.Event()
    taken = threading.Event()

    def hold():
        with locked(five.place.home / "dtscheduler.db"):
            taken.set()
            release.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait(20)
    threading.Timer(0.5, release.set).start()
    assert prune(days=7).runs == 5
    holder.join()


def test_a_store_that_stays_locked_is_told_and_nothing_that_is_needed_is_lost(five, prune, there, monkeypatch, sound):
    before = there()
    monkeypatch.setattr("dtscheduler.stores.sql.file.BUSY_SECONDS", 0.05)
    five.place.host.close()
    five.place.__dict__.pop("gate", None)
    with locked(five.place.home / "dtscheduler.db"):
        done = prune(days=7)
    assert "locked by another process" in done.problems[0]
    assert (done.runs, vars(there())) == (0, vars(before))
    sound()
    assert prune(days=7).runs == 5


def test_a_store_that_cannot_be_read_is_an_error(five, prune, tmp_path):
    shutil.move(five.place.home / "dtscheduler.db", tmp_path / "moved.db")
    with pytest.raises(WorkspaceError, match="is gone"):
        prune(days=7)


@pytest.mark.slow
def test_logs_that_cannot_be_removed_are_told_and_the_others_go(five, prune, there, tmp_path):
    stuck = five.place.home / "logs" / five.place.run(2).uuid / "mounted"
    stuck.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(stuck)], capture_output=True, check=False).returncode:
        pytest.skip("only root can mount")
    try:
        done = prune(days=7)
    finally:
        subprocess.run(["umount", "-l", str(stuck)], check=True)
    assert "cannot be removed" in done.problems[0]
    assert (done.logs, there().logs) == (4, {stuck.parent.name, five.place.run(6).uuid})


@pytest.fixture
def read_only():
    """Makes folders read-only, also to root, until the test ends."""
    made = []

    def make(folder):
        if subprocess.run(["mount", "--bind", folder, folder], capture_output=True, check=False).returncode:
            pytest.skip("only root can mount")
        made.append(folder)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)

    def undo():
        while made:
            subprocess.run(["umount", "-l", made.pop()], check=True)

    make.undo = undo
    yield make
    undo()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["results", "logs"])
def test_a_folder_that_is_read_only_is_told_and_the_rest_is_pruned(five, prune, there, sound, read_only, name):
    read_only(five.place.home / name)
    done = prune(days=7)
    assert done.problems
    assert (left(five), done.results, done.logs) == ([6], 0 if name == "results" else 10, 0 if name == "logs" else 5)
    read_only.undo()
    sound()


@pytest.mark.slow
def test_a_workspace_that_is_read_only_is_an_error_and_can_be_pruned_when_it_is_not(five, prune, read_only):
    five.place.close()
    read_only(five.place.home)
    with pytest.raises(WorkspaceError, match="Read-only"):
        prune(days=7)
    read_only.undo()
    assert prune(days=7).runs == 5


@pytest.mark.slow
def test_a_full_disk_is_told_or_pruned_and_nothing_that_is_needed_is_lost(mounted, work_dir):
    with months(mounted, work_dir) as ws:
        with (mounted / "ballast").open("wb") as ballast:
            ballast.write(b"x" * shutil.disk_usage(mounted).free)
        done = pruned(ws)
        assert done.runs == 2 or "full" in done.problems[0]
        (mounted / "ballast").unlink()
        pruned(ws)
        assert left(ws) == [3]
        assert ws.runs()[0].result("load") == ws.runs()[0].rundate.isoformat() * 10
        assert ws.place.store.problems() == []


@contextmanager
def months(folder, work_dir):
    code = work_dir(
        {"steps.py": "from dtscheduler import batch\n@batch()\ndef load(rundate):\n    return str(rundate) * 10"}
    )
    with testing.workspace(folder / "ws", now="2026-01-01") as ws:
        ws.image("Steps", code)
        for _ in range(3):
            made = DAG(Name="Monthly", Image="Steps")
            Task(Name="load", Entrypoint="steps.load", dag=made)
            made.run()
            ws.clock.step(timedelta(days=30))
        yield ws


def pruned(ws):
    return ws.place.prune(Keep(since=ws.clock.now() - timedelta(days=40)), dry_run=False)


# -- the process


KILLED = """
    import dtscheduler.pruning
    from dtscheduler.api.pruning import prune

    dtscheduler.pruning.RUNS_AT_ONCE = 2
    prune(keep_days=0)
    print("not killed")
"""


@pytest.mark.slow
@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_a_kill_between_chunks_leaves_a_sound_store_and_a_second_pruning_finishes(five, prune, there, sound, chunk):
    script = textwrap.dedent(KILLED)
    faults = {"DTSCHEDULER_TEST_MODE": "1", "DTSCHEDULER_CRASH_AT": f"runs-pruned:{chunk}"}
    environment = {**os.environ, **faults, "DTSCHEDULER_HOME": str(five.place.home)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (-9, "")
    assert left(five) == [1, 2, 3, 4][: max(0, 6 - 2 * chunk)]
    assert five.place.store.problems() == []
    sound()
    age(five)
    for folder in (five.place.home / "logs").iterdir():
        os.utime(folder, (0, 0))
    five.clock.step(timedelta(days=1))
    prune(days=0)
    assert (left(five), there().results, there().logs) == ([], set(), set())


# -- while others go on


MEANWHILE = """
    from dtscheduler import batch

    @batch()
    def first():
        return 1

    @batch()
    def prune_now(first):
        from datetime import timedelta
        from dtscheduler.api.place import workspace
        from dtscheduler.running.retention import Keep

        now = workspace().clock.now() + timedelta(days=1000)
        return workspace().prune(Keep(since=now), dry_run=False).runs

    @batch()
    def second(first, prune_now):
        return first + 1
"""


def test_a_run_that_goes_on_while_others_are_pruned_loses_nothing(five, work_dir, there, sound):
    made = DAG(Name="Meanwhile", DevRun=True, WorkDir=work_dir({"meanwhile.py": MEANWHILE}, folder="dev"))
    first, pruning, second = (
        Task(Name=name, Entrypoint=f"meanwhile.{name}", dag=made) for name in ("first", "prune_now", "second")
    )
    first >> [pruning, second]
    pruning >> second
    made.run()
    assert (left(five), made.last_run.result("prune_now"), made.last_run.result("second")) == ([7], 6, 2)
    assert [record.attempt for record in five.place.task_runs(7)] == [1, 1, 1]
    sound()


def test_results_that_are_pruned_just_before_a_run_takes_them_over_are_computed_again(
    ws, dag, prune, sound, monkeypatch
):
    dag("Chain", "load", Reuse="content").run()
    ws.clock.step(timedelta(days=30))
    store = ws.place.store
    add_run = store.add_run

    def add_after_pruning(*arguments):
        assert prune(days=7).runs == 1
        return add_run(*arguments)

    monkeypatch.setattr(store, "add_run", add_after_pruning)
    later = dag("Chain", "load", "twice", Reuse="content").run(rundate="2026-01-01")
    assert (later.status, later.result("twice")) == (RunStatus.COMPLETED, "2026-01-01" * 20)
    assert [record.status for record in ws.place.task_runs(later.id)] == [TaskStatus.COMPLETED] * 2
    sound()


@pytest.mark.slow
def test_worker_processes_lose_nothing_to_a_pruning_that_never_pauses(workspace, work_dir, monkeypatch):
    folder = work_dir({"parts.py": "from dtscheduler import batch\n@batch()\ndef square(n):\n    return n * n\n\n"
                                   "@batch()\ndef total(square):\n    return sum(square)\n"})  # fmt: skip
    over = threading.Event()
    failures = []

    def prune_on_and_on():
        while not over.is_set():
            done = workspace.prune(Keep(since=workspace.clock.now()), dry_run=False)
            failures.extend(done.problems)

    pruning = threading.Thread(target=prune_on_and_on)
    pruning.start()
    try:
        for _ in range(2):
            made = DAG(Name="Squares", DevRun=True, WorkDir=folder)
            parts = [{"Name": f"{n}", "Description": "", "n": n} for n in range(200)]
            ParallelTask(Name="square", Entrypoint="parts.square", ConfigurationJson=parts, dag=made) >> Task(
                Name="total", Entrypoint="parts.total", dag=made
            )
            run = made.run()
            records = workspace.store.runs(RunQuery(id=run.id))
            assert not records or records[0].status is RunStatus.COMPLETED
    finally:
        over.set()
        pruning.join()
    assert failures == []
    assert workspace.store.problems() == []


# -- results of other accounts


def test_a_delegate_lists_measures_and_removes_for_its_account(tmp_path, monkeypatch):
    monkeypatch.setattr("dtscheduler.caches.delegate.MOST_KEYS", 3)
    with closing(DiskCache(tmp_path / "results")) as cache:
        keys = sorted(cache.put(f"key {number}", b"12345") for number in range(5))
        (first, _), (rest, _) = (answer_to({"keys": after}, b"", cache) for after in ("", keys[2]))
        assert first["found"] + rest["found"] == keys
        assert answer_to({"sizes": keys[:1], "idle": 0.0}, b"", cache)[0] == {"found": {keys[0]: 5}}
        assert answer_to({"remove": keys[:2], "idle": 0.0}, b"", cache)[0] == {"found": 10}
        assert answer_to({"remove": keys[2:], "idle": 60.0}, b"", cache)[0] == {"found": 0}


def test_a_delegate_says_at_the_end_which_results_it_could_not_list(tmp_path):
    with closing(DiskCache(tmp_path / "results")) as cache, closing(DiskCache(tmp_path / "results", slot=5)) as other:
        cache.put("key", b"value")
        last = other.put("key", b"value")
        (tmp_path / "results" / "2").mkdir()
        (tmp_path / "results" / "2" / "cache.db").write_bytes(b"no database" * 1000)
        assert answer_to({"keys": ""}, b"", cache)[0] == {"found": ["key@0", last]}
        assert "results/2" in answer_to({"keys": last}, b"", cache)[0]["error"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root starts processes of other accounts")
def test_the_results_of_an_account_are_pruned_by_a_process_of_its_own(tmp_path):
    account = Account(name="somebody", uid=0, gid=0, groups=(), home=str(tmp_path))
    with closing(DelegatedCache(tmp_path / "results", account, sys.executable)) as cache:
        keys = sorted(cache.put(f"key {number}", b"x" * 100_000) for number in range(4))
        assert list(cache.keys()) == keys
        assert cache.sizes(keys[:2]) == dict.fromkeys(keys[:2], 100_000)
        assert (cache.remove(keys, idle_seconds=60), cache.remove(keys[:2])) == (0, 200_000)
        assert list(cache.keys()) == keys[2:]
        assert len(list((tmp_path / "results").rglob("*.val"))) == 2

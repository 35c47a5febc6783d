"""Results that are damaged, lost or cannot be written while a run needs them: computed again, never a wrong value."""

import os
import pickle
import shutil
import sqlite3
from contextlib import closing

import pytest

import dtscheduler
from dtscheduler import DAG, ParallelTask, Task, use
from dtscheduler.errors import ResultError, ResultMissingError

JOB = """
    MARKS = {marks!r}

    def _mark(name):
        with open(MARKS, "a") as file:
            file.write(name + "\\n")

    @batch()
    def load():
        _mark("load")
        return {{"rows": bytes(100_000), "sum": 42}} if {large} else {{"sum": 42}}

    @batch()
    def spoil():
        _mark("spoil")
        {spoil}

    @batch()
    def f(load, n):
        _mark("f")
        return load["sum"] + n

    @batch()
    def total(f):
        return sum(f)
    """

SMASH_ALL_ROWS = """
    import glob, sqlite3
    for path in glob.glob({results!r} + "/*/cache.db"):
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        connection.execute("update Cache set " + {change!r} + " where key not like 'code.%'")
        connection.close()
"""
DELETE_ALL_ROWS = SMASH_ALL_ROWS.replace("update Cache set ", "delete from Cache ").replace("{change!r}", "''")
SMASH_ALL_FILES = """
    import glob
    for path in glob.glob({results!r} + "/*/*/*/*.val"):
        {change}
"""
SPOILS = {
    "small, row deleted": (
        False,
        SMASH_ALL_ROWS.replace("update Cache set ", "delete from Cache ").replace("{change!r}", "''"),
    ),
    "small, row changed": (False, SMASH_ALL_ROWS.replace("{change!r}", repr("value = x'80054b2a2e'"))),
    "small, signature taken away": (False, SMASH_ALL_ROWS.replace("{change!r}", repr("tag = null"))),
    "small, declared a pickle": (False, SMASH_ALL_ROWS.replace("{change!r}", repr("mode = 4"))),
    "large, file truncated": (True, SMASH_ALL_FILES.replace("{change}", "os.truncate(path, 99_999)")),
    "large, file of garbage": (True, SMASH_ALL_FILES.replace("{change}", "Path(path).write_bytes(b'garbage')")),
    "large, file deleted": (True, SMASH_ALL_FILES.replace("{change}", "os.unlink(path)")),
}


@pytest.fixture
def spoiled(place, code, marks):
    """A DAG in which the result of ``load`` is spoiled before its many readers start."""

    def make(kind, parts=8):
        large, spoil = SPOILS[kind]
        spoil = spoil.replace("{results!r}", repr(str(place.home / "results"))).strip().replace("\n", "\n    ")
        folder = code(JOB.format(marks=marks.path, large=large, spoil=spoil))
        made = DAG(Name="job", DevRun=True, WorkDir=folder)
        load = Task(Name="load", Entrypoint="steps.load", dag=made)
        spoil = Task(Name="spoil", Entrypoint="steps.spoil", dag=made)
        config = [{"Name": f"p{n}", "Description": "", "n": n} for n in range(parts)]
        fan = ParallelTask(Name="f", Entrypoint="steps.f", ConfigurationJson=config, dag=made)
        load >> spoil >> fan >> Task(Name="total", Entrypoint="steps.total", dag=made)
        load >> fan
        return made

    return make


@pytest.mark.parametrize("parts", [1, 60])
@pytest.mark.parametrize("kind", SPOILS)
def test_a_result_that_is_spoiled_in_the_middle_of_a_run_is_computed_again(spoiled, marks, caplog, kind, parts):
    done = spoiled(kind, parts).run()
    assert done.status == "completed", done.reason
    assert done.result("total") == sum(42 + n for n in range(parts))
    assert marks.lines().count("load") == 2
    assert marks.lines().count("f") == parts
    assert "computed again" in caplog.text


def test_results_that_are_lost_as_soon_as_they_are_there_fail_the_run_instead_of_going_round(
    one_worker, dag, place, marks
):
    made = dag(f"""
        @batch()
        def load():
            with open({marks.path!r}, "a") as file:
                file.write("load\\n")
            return 1

        @batch()
        def read(load):
            return 1
        """)
    made["load"] >> made["read"]
    place.cache.put("first", b"")
    with closing(sqlite3.connect(place.home / "results" / "0" / "cache.db")) as database:
        database.execute("create trigger t after insert on Cache begin delete from Cache where rowid = new.rowid; end")
    done = made.run()
    assert done.status == "failed"
    assert "lost again and again" in done.part("read").reason
    assert 2 <= len(marks.lines()) <= 5


def test_a_result_of_an_earlier_run_whose_file_is_gone_is_not_reused(dag, place):
    made = dag("""
        @batch()
        def load():
            return bytes(100_000)

        @batch()
        def size(load):
            return len(load)
        """, Reuse="content")  # fmt: skip
    made["load"] >> made["size"]
    made.run()
    assert [made.run().part(name).status for name in ("load", "size")] == ["reused", "reused"]
    for path in (place.home / "results").rglob("*.val"):
        path.write_bytes(b"garbage")
    third = made.run()
    assert third.result("size") == 100_000
    with pytest.raises(ResultMissingError):
        third.result("load")


def test_a_result_whose_code_is_unknown_here_is_a_clear_error(run, tmp_path):
    done = run("""
        class Own:
            pass

        @batch()
        def make():
            return Own()
        """)
    with pytest.raises(ResultError, match="steps"):
        done.result("make")


def test_the_whole_result_folder_may_go_between_two_runs(dag, place):
    made = dag("""
        @batch()
        def load():
            return 1
        """, Reuse="content")  # fmt: skip
    first = made.run()
    place.close()
    shutil.rmtree(place.home / "results")
    assert made.run().result("load") == 1
    with pytest.raises(ResultMissingError):
        first.result("load")


@pytest.mark.parametrize("damage", [b"garbage" * 1000, b""], ids=["text", "nothing"])
def test_a_shard_that_is_garbage_does_not_end_the_work_of_the_workspace(dag, place, damage):
    made = dag("""
        @batch()
        def load():
            return 1

        @batch()
        def size(load):
            return load + 1
        """, Reuse="content")  # fmt: skip
    made["load"] >> made["size"]
    made.run()
    place.close()
    for path in (place.home / "results").glob("*/cache.db*"):
        if path.name == "cache.db":
            path.write_bytes(damage)
        else:
            path.unlink()
    again = made.run()
    assert again.status == "completed", again.reason
    assert again.result("size") == 2


def test_a_link_planted_as_a_shard_is_refused(dag, place, tmp_path):
    made = dag("""
        @batch()
        def load():
            return 1
        """)
    (place.home / "results").mkdir(parents=True, mode=0o700)
    place.home.chmod(0o700)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    for number in range(8):
        (place.home / "results" / str(number)).symlink_to(tmp_path / "elsewhere")
    try:
        done = made.run()
        assert done.status == "failed"
        assert "symbolic link" in done.part("load").reason
    except dtscheduler.SchedulerError as error:
        assert "symbolic link" in str(error)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_pickle_planted_in_a_row_is_never_executed(dag, place, tmp_path):
    trace = tmp_path / "exploded"
    bomb = b"\x80\x04" + pickle.dumps(os.mkdir, 0)[:-1] + b"(V" + str(trace).encode() + b"\ntR."
    made = dag(f"""
        @batch()
        def load():
            return 1

        @batch()
        def plant():
            import glob, sqlite3
            for path in glob.glob({str(place.home / "results")!r} + "/*/cache.db"):
                connection = sqlite3.connect(path, timeout=30, isolation_level=None)
                connection.execute("update Cache set value = ?, mode = 4, tag = null", ({bomb!r},))
                connection.execute("update Cache set value = ?, mode = 1 where rowid % 2", ({bomb!r},))
                connection.close()

        @batch()
        def read(load):
            return load + 1
        """)
    made["load"] >> made["plant"] >> made["read"]
    made["load"] >> made["read"]
    done = made.run()
    assert not trace.exists()
    assert done.result("read") == 2


@pytest.mark.slow
def test_a_full_disk_fails_the_task_with_that_reason_and_the_next_run_works(small_disk, code, living):
    workspace = use(small_disk / "ws")
    folder = code("""
        @batch()
        def modest():
            return 1

        @batch()
        def greedy(modest):
            return os.urandom(40_000_000)

        @batch()
        def frugal(modest):
            return modest + 1
        """)
    made = DAG(Name="job", DevRun=True, WorkDir=folder)
    first = Task(Name="modest", Entrypoint="steps.modest", dag=made)
    first >> [Task(Name=name, Entrypoint=f"steps.{name}", dag=made) for name in ("greedy", "frugal")]
    try:
        done = made.run()
        assert done.status == "failed"
        assert "No space left" in done.part("greedy").reason
        assert done.result("modest") == 1
        (folder / "steps.py").write_text((folder / "steps.py").read_text().replace("40_000_000", "40_000"))
        assert made.run().status == "completed"
    finally:
        workspace.close()


@pytest.mark.slow
def test_logs_that_fill_the_disk_fail_their_task_and_say_so(small_disk, code, living):
    workspace = use(small_disk / "ws")
    folder = code("""
        @batch()
        def prints():
            while True:
                print("x" * 100_000)
        """)
    made = DAG(Name="job", DevRun=True, WorkDir=folder, FailAfter="20s")
    Task(Name="prints", Entrypoint="steps.prints", dag=made)
    try:
        done = made.run()
        assert done.status.final
        assert "No space left" in done.part("prints").reason
    except dtscheduler.SchedulerError as error:
        assert "full" in str(error)
    finally:
        workspace.close()


def test_two_runs_of_one_job_at_once_keep_their_results_apart(dag, until):
    made = dag("""
        @batch()
        def who():
            time.sleep(0.3)
            return os.getpid()
        """)
    runs = [made.run(wait=False) for _ in range(3)]
    assert [run.wait(30) for run in runs] == ["completed"] * 3
    assert len({run.result("who") for run in runs}) == 3

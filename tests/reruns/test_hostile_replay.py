"""Tasks that behave badly are replayed without harm to whoever asks."""

import os
import sys

import pytest

import dtscheduler
from dtscheduler import DAG, Task

FILES = {
    "pack/__init__.py": "",
    "pack/near.py": "FAR = 7\n",
    "pack/job.py": """
        import asyncio, os, sys, threading
        from dtscheduler import batch
        from . import near

        class Odd(BaseException):
            pass

        @batch()
        def load():
            return [1, 2]

        @batch()
        def mutates(load):
            load.append(3)
            return load

        @batch()
        def leaves(load):
            sys.exit(4)

        @batch()
        def raises(load):
            raise Odd("odd")

        @batch()
        def wanders(load):
            os.chdir("/")
            sys.path.insert(0, "/nowhere")
            return os.getcwd()

        @batch()
        async def waits(load):
            await asyncio.sleep(0)
            return near.FAR

        @batch()
        def threads(load):
            found = []
            thread = threading.Thread(target=lambda: found.append(near.FAR))
            thread.start()
            thread.join()
            return found
        """,
}
NAMES = ["mutates", "leaves", "raises", "wanders", "waits", "threads"]


@pytest.fixture
def bad(workspace, work_dir):
    """A run of all of them."""
    dag = DAG(Name="bad", DevRun=True, WorkDir=work_dir(FILES))
    load = Task(Name="load", Entrypoint="pack.job.load", dag=dag)
    for name in NAMES:
        load >> Task(Name=name, Entrypoint=f"pack.job.{name}", dag=dag)
    yield dag.run(executor="inline")
    for name in [name for name in sys.modules if name.partition(".")[0] == "pack"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("mutates", [1, 2, 3]), ("wanders", "/"), ("waits", 7), ("threads", [7]), ("leaves", "4"), ("raises", "odd")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_task_did_it_does_again_and_nothing_is_left_behind(bad, name, outcome):
    before, records = (os.getcwd(), list(sys.path), sys.gettrace()), bad.records()
    if bad.task_run(name).status == "failed":
        with pytest.raises(BaseException, match=outcome) as caught:
            bad.task_run(name).replay()
        assert not isinstance(caught.value, dtscheduler.SchedulerError)
    else:
        assert bad.task_run(name).replay() == outcome == bad.result(name)
    assert (os.getcwd(), list(sys.path), sys.gettrace()) == before
    assert bad.task_run(name).inputs() == {"load": [1, 2]}
    assert (len(dtscheduler.runs()), bad.records()) == (1, records)


def test_a_file_that_cannot_be_imported_any_more_leaves_everything_as_it_was(bad, tmp_path):
    before = os.getcwd(), list(sys.path)
    (tmp_path / "code" / "pack" / "job.py").write_text("raise SystemExit(3)")
    with pytest.raises(dtscheduler.SchedulerError, match="importing pack.job failed"):
        bad.task_run("mutates").replay()
    assert (os.getcwd(), list(sys.path)) == before


def test_a_helper_edited_since_is_used_and_named(bad, tmp_path, caplog):
    (tmp_path / "code" / "pack" / "near.py").write_text("FAR = 8\n")
    assert bad.task_run("waits").replay() == 8
    assert "constant FAR in pack/near.py" in caplog.text

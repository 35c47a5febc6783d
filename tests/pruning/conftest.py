"""Runs of the past to prune: made by a workspace with a clock of its own, or written into its store."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest

from dtscheduler import DAG, Task, testing
from dtscheduler.model.run import RunQuery
from dtscheduler.model.status import TaskStatus
from dtscheduler.running.retention import Keep

CODE = """
    from dtscheduler import batch

    @batch()
    def load(rundate):
        print("loading", rundate)
        return str(rundate) * 10

    @batch()
    def twice(load):
        return load * 2

    @batch()
    def large():
        return b"x" * 200_000

    @batch()
    def fail():
        raise ValueError("no data")

    @batch()
    def same():
        return "the same for every rundate"
"""


@pytest.fixture(autouse=True)
def nobody_is_just_taking_results_over(monkeypatch):
    """Pruning need not wait for that."""
    monkeypatch.setattr("dtscheduler.running.removal.SETTLING_SECONDS", 0)


@pytest.fixture
def ws(tmp_path, work_dir):
    """A workspace with an image, on 1 January 2026 at 00:00 UTC."""
    folder = work_dir({"steps.py": CODE}, folder="image")
    with testing.workspace(tmp_path / "ws", now="2026-01-01") as place:
        place.image("Steps", folder)
        yield place


@pytest.fixture
def dag(ws) -> Callable[..., DAG]:
    """Makes a job of tasks that follow each other: ``dag("Daily", "load", "twice", Schedule=...)``."""

    def make(name, *steps, **parameters):
        made = DAG(Name=name, Image="Steps", **parameters)
        tasks = [Task(Name=step, Entrypoint=f"steps.{step}", dag=made) for step in steps or ("load",)]
        for before, after in zip(tasks, tasks[1:], strict=False):
            before >> after
        return made

    return make


@pytest.fixture
def prune(ws):
    """Prunes: ``prune(days=7, last=1, job="Daily", dry_run=True)``."""

    def do(days=7.0, *, last=0, job=None, dry_run=False):
        keep = Keep(since=ws.clock.now() - timedelta(days=days), last=last, job=job)
        return ws.place.prune(keep, dry_run=dry_run)

    return do


@pytest.fixture
def there(ws):
    """What there is: numbers of runs, keys of results, folders of logs."""

    def look():
        logs = ws.place.home / "logs"
        return SimpleNamespace(
            runs=sorted(run.id for run in ws.place.store.runs(RunQuery())),
            results=set(ws.place.cache.keys()),
            logs={path.name for path in logs.iterdir() if path.name != "workers"} if logs.exists() else set(),
        )

    return look


@pytest.fixture
def sound(ws):
    """Checks that nothing that is left lacks anything."""

    def check():
        store, cache = ws.place.store, ws.place.cache
        assert store.problems() == []
        for run in store.runs(RunQuery()):
            assert store.spec(run.spec_hash).name == run.job_name
            assert run.rerun_of is None or store.runs(RunQuery(id=run.rerun_of))
            done = [record for record in store.task_runs(run.id) if record.status.succeeded]
            assert cache.missing(record.result_key for record in done) == set()
            assert all(record.result_key for record in done)
            assert all(record.status is not TaskStatus.RUNNING for record in done)

    return check

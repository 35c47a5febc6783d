"""A workspace with a clock that the test moves, jobs in it, and services in this process."""

import sqlite3
import threading
from contextlib import closing, contextmanager

import pytest
from given import CODE, NOON, SETTINGS, save_job

from dtscheduler import testing as dt
from dtscheduler.model.run import RunQuery
from dtscheduler.service.loop import Service


@pytest.fixture
def ws(tmp_path):
    """A workspace at noon of 20 November 2026, whose service drives one run at a time: tasks execute in this process."""
    (tmp_path / "workspace").mkdir(mode=0o700)
    (tmp_path / "workspace" / "settings.toml").write_text(SETTINGS)
    with dt.workspace(tmp_path, now=NOON) as found:
        yield found


@pytest.fixture
def save(ws, work_dir):
    """Save a job of one task in the workspace: ``save("risk", task="badly", Schedule=HOURLY)``."""
    folder = work_dir(CODE)
    return lambda name="risk", **parameters: save_job(name, folder, **parameters)


@pytest.fixture
def rows(ws):
    """The rows of the store: ``rows("update jobs set ...")``."""
    file = ws.place.settings.store_place

    def execute(statement, *values):
        with closing(sqlite3.connect(file, timeout=30)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    return execute


@pytest.fixture
def serving():
    """Let a service run in a thread of its own until the block ends: ``with serving(place) as service``."""

    @contextmanager
    def begin(place, **settings):
        service = Service(place, look_seconds=0.02)
        thread = threading.Thread(target=service.run, kwargs=settings, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            service.stop()
            thread.join(20)
            assert not thread.is_alive(), "the service did not end"

    return begin


@pytest.fixture
def once():
    """Let a service do what is due, to its end."""
    return lambda place: Service(place, look_seconds=0.02).run(once=True)


@pytest.fixture
def runs(ws):
    """Facts of the runs, by instant: ``runs("reason")``, ``runs("scheduled", status="completed", job_name="risk")``."""

    def read(fact="status", status=None, **query):
        found = [run for run in ws.place.store.runs(RunQuery(**query)) if status in (None, run.status)]
        return [getattr(run, fact) for run in sorted(found, key=lambda run: (run.scheduled or run.submitted, run.id))]

    return read

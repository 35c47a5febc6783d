"""A workspace under test, and jobs of one task to put into it."""

from datetime import UTC, datetime

import pytest

from dtscheduler import DAG, Task, testing

CODE = """
    from dtscheduler import batch

    @batch()
    def fetch(rundate):
        return rundate

    @batch()
    def total(fetch):
        return fetch

    @batch()
    def fail():
        raise ValueError("no data")

    @batch()
    def fail_on_the_29th(rundate):
        if rundate.day == 29:
            raise ValueError("no data")
"""


@pytest.fixture
def image_folder(work_dir):
    """A folder with code, as a user registers it."""
    return work_dir({"risk/batch.py": CODE}, folder="image")


@pytest.fixture
def open_workspace(tmp_path, image_folder):
    """Opens a workspace under test that has the image; ``with open_workspace("2026-03-28") as ws: ...``."""

    def opened(now="2026-01-29", folder="one"):
        return testing.workspace(tmp_path / folder, now=now)

    return opened


@pytest.fixture
def ws(open_workspace, image_folder):
    """A workspace under test, on Thursday 29 January 2026 at 00:00 UTC."""
    with open_workspace() as place:
        place.image("Risk", image_folder)
        yield place


def dag(name, schedule=None, does="fetch", **parameters):
    """A job with one task."""
    written = DAG(Name=name, Image="Risk", Schedule=schedule, **parameters)
    Task(Name="task", Entrypoint=f"risk.batch.{does}", dag=written)
    return written


def statuses(runs):
    """How runs stand, by the instants of their schedules."""
    return {f"{run.record.scheduled:%m-%d %H:%M}": str(run.status) for run in runs if run.record.scheduled}


def jobs_of(runs):
    return [run.record.job_name for run in runs]


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)

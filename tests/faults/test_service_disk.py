"""A disk that is full for a while: the service goes on when there is room again."""

import os
import signal
from contextlib import suppress

import pytest

pytest_plugins = ["services"]
pytestmark = pytest.mark.slow


@pytest.fixture
def home(small_disk, living, monkeypatch):
    monkeypatch.setenv("DTSCHEDULER_PROGRESS", "0")
    monkeypatch.setenv("DTSCHEDULER_HOME", str(small_disk / "ws"))
    return small_disk / "ws"


@pytest.fixture
def waste(small_disk):
    """A file that fills the disk."""

    def fill():
        path = small_disk / "waste"
        with path.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                os.write(file.fileno(), bytes(65536))
        with path.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                os.write(file.fileno(), b"0")
        return path

    return fill


def test_what_became_due_while_the_disk_was_full_runs_when_there_is_room(
    small, rows, serve, sound, until, waste, daily
):
    small(Schedule=daily)
    service = serve(hurried=True)
    until(lambda: rows("select 1 from services"))
    (seen,) = rows("select beat from services")
    full = waste()
    until(
        lambda: (
            not service.alive or "the next one follows" in service.log or rows("select beat from services") != [seen]
        )
    )
    assert service.alive, service.log
    full.unlink()
    rows.missed(2)
    until(lambda: rows.runs() == ["completed"])
    service.tell(signal.SIGTERM)
    assert service.ended() == 0
    sound()


def test_a_run_that_meets_a_full_disk_says_so_and_the_next_one_runs(small, serve, sound, until, waste, marks):
    job = small(seconds=0.7)
    run = job.run()
    service = serve(hurried=True)
    until(marks.lines)
    full = waste()
    until(lambda: not service.alive or "disk" in service.log or run.status.final)
    full.unlink()
    assert service.alive
    until(lambda: run.status.final)
    assert run.status == "completed" or "disk" in run.reason or "space" in run.reason
    assert job.run().wait(20) == "completed"
    service.tell(signal.SIGTERM)
    assert service.ended() == 0
    sound()


def test_runs_whose_turn_comes_while_the_disk_is_full_get_it_when_there_is_room(
    small, serve, sound, until, waste, marks
):
    job = small(seconds=0.6)
    job.run()
    waiting = [job.run(), job.run()]
    service = serve(hurried=True, RUNS_AT_A_TIME=1)
    until(marks.lines)
    full = waste()
    until(lambda: service.log.count("could not be driven") >= 8 or not service.alive)
    full.unlink()
    assert [run.wait(30) for run in waiting] == ["completed", "completed"]
    service.tell(signal.SIGTERM)
    assert service.ended() == 0
    sound()

"""The next fires of all jobs, found without looking at all jobs."""

from datetime import timedelta

import pytest

from dtscheduler import DAG, Schedule, Task, testing
from dtscheduler.api.upcoming import coming, upcoming
from dtscheduler.model.run import JobQuery


@pytest.fixture
def ws(tmp_path):
    with testing.workspace(tmp_path / "ws", now="2026-01-29T12:00") as ws:
        yield ws


@pytest.fixture
def read(ws, monkeypatch):
    """How many jobs were read from the store, a number for each time."""
    counts, jobs = [], ws.place.store.jobs

    def counted(query):
        found = jobs(query)
        counts.append(len(found))
        return found

    monkeypatch.setattr(ws.place.store, "jobs", counted)
    return counts


@pytest.fixture
def save(ws, work_dir):
    """Saves a job: ``save("evening", at_hours=[18])``."""
    folder = work_dir({"work.py": "from dtscheduler import batch\n\n@batch()\ndef work():\n    return 1\n"})

    def saved(name, **schedule):
        dag = DAG(Name=name, DevRun=True, WorkDir=folder, Schedule=Schedule(**schedule) if schedule else None)
        Task(Name="work", Entrypoint="work.work", dag=dag)
        dag.save()

    return saved


def shown(fires):
    return [(fire.job.name, fire.instant.strftime("%d %H:%M"), fire.note) for fire in fires]


def test_the_earliest_fires_of_all_jobs_come_first(ws, save):
    save("evening", at_hours=[18])
    save("hourly", at_minutes=[30])
    save("by hand")
    assert shown(coming(ws.place, 8))[-2:] == [("evening", "29 18:00", ""), ("hourly", "29 18:30", "")]
    assert coming(ws.place, 50) == upcoming(ws.place, ws.place.jobs(JobQuery()), 50)


def test_no_fire_after_the_last_instant_that_is_asked_about(ws, save):
    save("evening", at_hours=[18])
    until = ws.place.clock.now() + timedelta(days=2)
    assert [fire for _, fire, _ in shown(coming(ws.place, 50, until))] == ["29 18:00", "30 18:00"]


def test_the_fires_of_a_paused_job_say_so(ws, save):
    save("evening", at_hours=[18])
    ws.place.pause("evening")
    assert shown(coming(ws.place, 1)) == [("evening", "29 18:00", f"paused by {ws.place.user}")]


def test_only_as_many_jobs_as_fires_are_looked_at(ws, save, read):
    for hour in range(13, 23):
        save(f"at {hour}", at_hours=[hour])
    read.clear()
    assert [name for name, _, _ in shown(coming(ws.place, 3))] == ["at 13", "at 14", "at 15"]
    assert read == [3, 0]


def test_after_long_without_a_service_all_jobs_are_looked_at(ws, save, read):
    for hour in (13, 14, 15, 23):
        save(f"at {hour}", at_hours=[hour])
    ws.place.clock.step(timedelta(hours=10.5))
    read.clear()
    assert [name for name, _, _ in shown(coming(ws.place, 2))] == ["at 23", "at 13"]
    assert sum(read) == 4

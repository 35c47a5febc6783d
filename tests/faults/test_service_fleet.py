"""Two and three services at once on one store: every instant once, nothing driven twice, everything finished."""

import signal
from collections import Counter
from dataclasses import replace

import pytest

from dtscheduler import DAG, Task

pytest_plugins = ["services"]
pytestmark = pytest.mark.slow


@pytest.fixture
def place(any_place):
    return any_place


@pytest.fixture
def crowd(place, code, marks, daily):
    """Save many jobs of one task that leaves its job's name as a mark."""
    folder = code("""
        @batch()
        def mark(name, path):
            with open(path, "a") as file:
                file.write(f"{name}\\n")
    """)

    def save(count):
        dag = DAG(Name="job-0", DevRun=True, WorkDir=folder, Schedule=daily)
        Task(Name="mark", Entrypoint="steps.mark", ConfigurationJson={"name": "job-0", "path": marks.path}, dag=dag)
        first = dag.save().record
        spec = place.spec(first.spec_hash)
        for name in [f"job-{number}" for number in range(1, count)]:  # straight into the store: they are known to work
            part = replace(spec.tasks[0].parts[0], config=spec.tasks[0].parts[0].config.replace("job-0", name))
            copied = replace(spec, name=name, tasks=(replace(spec.tasks[0], parts=(part,)),))
            place.store.save_job(
                copied, saved_by=place.user, now=first.saved, run_as=place.user, next_fire=first.next_fire
            )

    return save


def ended(rows):
    return not rows("select 1 from runs where status in ('scheduled', 'ready', 'running')")


def test_three_services_run_each_of_thirty_jobs_once(crowd, rows, serve, sound, marks, until):
    crowd(30)
    rows.missed(2)
    services = [serve(RUNS_AT_A_TIME=4) for _ in range(3)]
    until(lambda: len(rows.runs()) >= 30 and ended(rows), seconds=50)
    for service in services:
        service.tell(signal.SIGTERM)
    assert [service.ended() for service in services] == [0, 0, 0]
    sound()
    assert Counter(marks.lines()) == Counter(rows.runs("job_name"))
    assert {epoch for (epoch,) in rows("select distinct lease_epoch from runs where status = 'completed'")} == {1}


def test_a_service_that_is_stopped_in_the_middle_leaves_the_rest_to_the_other(crowd, rows, serve, sound, marks, until):
    crowd(20)
    rows.missed(1)
    first, second = serve(RUNS_AT_A_TIME=3), serve(RUNS_AT_A_TIME=3)
    until(lambda: len(marks.lines()) >= 6)
    first.tell(signal.SIGTERM)
    assert first.ended() == 0
    until(lambda: len(rows.runs()) >= 20 and ended(rows), seconds=40)
    second.tell(signal.SIGTERM)
    assert second.ended() == 0
    sound()
    assert set(rows.runs()) == {"completed"}


def test_a_service_that_is_killed_in_the_middle_leaves_the_rest_to_the_other(crowd, rows, serve, sound, marks, until):
    crowd(20)
    rows.missed(1)
    first, second = serve(RUNS_AT_A_TIME=3), serve(RUNS_AT_A_TIME=3)
    until(lambda: len(marks.lines()) >= 6)
    first.kill()
    until(lambda: len(rows.runs()) >= 20 and ended(rows), seconds=40)
    second.tell(signal.SIGTERM)
    assert second.ended() == 0
    sound()
    assert set(rows.runs()) == {"completed"}
    assert len(rows.runs()) <= len(marks.lines()) <= len(rows.runs()) + 3


def test_runs_that_wait_for_each_other_never_run_side_by_side(small, rows, serve, sound, until, place, daily):
    small("all", Schedule=daily, CatchUpWindow="10d", CatchUp="all", seconds=0.1)
    small("one at a time", seconds=0.1)
    rows.missed(4)
    services = [serve() for _ in range(3)]
    until(lambda: len(rows.runs()) >= 4 and ended(rows), seconds=40)
    for service in services:
        service.tell(signal.SIGTERM)
    assert [service.ended() for service in services] == [0, 0, 0]
    sound()
    times = sorted(rows("select started, ended from runs where job_name = 'all' and status = 'completed'"))
    assert all(ended <= started for (_, ended), (started, _) in zip(times, times[1:], strict=False))


def test_of_a_backfill_no_more_runs_than_allowed_are_active_at_a_time(small, rows, serve, sound, until):
    runs = small(seconds=0.1).backfill("2026-01-01", "2026-01-08", max_active=2)
    services = [serve() for _ in range(3)]
    until(lambda: ended(rows), seconds=40)
    for service in services:
        service.tell(signal.SIGTERM)
    assert [service.ended() for service in services] == [0, 0, 0]
    sound()
    assert rows.runs() == ["completed"] * len(runs)
    times = rows("select started, ended from runs")
    assert max(sum(begin <= at < end for begin, end in times) for at, _ in times) <= 2

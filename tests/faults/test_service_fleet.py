"""Two and three services at once on one store: every instant once, nothing driven twice, everything finished."""

import signal
from collections import Counter

import pytest

from dtscheduler import DAG, Schedule, Task, use

pytest_plugins = ["services"]
pytestmark = pytest.mark.slow

MINUTELY = Schedule(every_minute=1)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, home, monkeypatch):
    if request.param == "postgres":
        monkeypatch.setenv("DTSCHEDULER_DATABASE", request.getfixturevalue("postgres_url"))
    workspace = use(home)
    yield workspace
    workspace.close()


@pytest.fixture
def crowd(place, code, marks):
    """Save many jobs of one task that leaves its job's name as a mark."""
    folder = code("""
        @batch()
        def mark(name, path):
            with open(path, "a") as file:
                file.write(f"{name}\\n")
    """)

    def save(count, **parameters):
        for number in range(count):
            dag = DAG(Name=f"job-{number}", DevRun=True, WorkDir=folder, Schedule=MINUTELY, **parameters)
            config = {"name": f"job-{number}", "path": marks.path}
            Task(Name="mark", Entrypoint="steps.mark", ConfigurationJson=config, dag=dag)
            dag.save()

    return save


def ended(rows):
    return not rows("select 1 from runs where status in ('scheduled', 'ready', 'running')")


def test_three_services_run_each_of_fifty_jobs_once(crowd, rows, serve, sound, marks, until):
    crowd(50)
    rows.missed(2)
    services = [serve(RUNS_AT_A_TIME=4) for _ in range(3)]
    until(lambda: len(rows.runs()) >= 50 and ended(rows), seconds=50)
    for service in services:
        service.tell(signal.SIGTERM)
    assert [service.ended() for service in services] == [0, 0, 0]
    sound()
    assert Counter(marks.lines()) == Counter(rows.runs("job_name"))
    assert {epoch for (epoch,) in rows("select distinct lease_epoch from runs where status = 'completed'")} == {1}


def test_a_service_that_is_stopped_in_the_middle_leaves_the_rest_to_the_other(crowd, rows, serve, sound, marks, until):
    crowd(30)
    rows.missed(1)
    first, second = serve(RUNS_AT_A_TIME=3), serve(RUNS_AT_A_TIME=3)
    until(lambda: len(marks.lines()) >= 8)
    first.tell(signal.SIGTERM)
    assert first.ended() == 0
    until(lambda: len(rows.runs()) >= 30 and ended(rows), seconds=40)
    second.tell(signal.SIGTERM)
    assert second.ended() == 0
    sound()
    assert set(rows.runs()) == {"completed"}


def test_a_service_that_is_killed_in_the_middle_leaves_the_rest_to_the_other(crowd, rows, serve, sound, marks, until):
    crowd(30)
    rows.missed(1)
    first, second = serve(RUNS_AT_A_TIME=3), serve(RUNS_AT_A_TIME=3)
    until(lambda: len(marks.lines()) >= 8)
    first.kill()
    until(lambda: len(rows.runs()) >= 30 and ended(rows), seconds=40)
    second.tell(signal.SIGTERM)
    assert second.ended() == 0
    sound()
    assert set(rows.runs()) == {"completed"}
    assert len(rows.runs()) <= len(marks.lines()) <= len(rows.runs()) + 3


def test_runs_that_wait_for_each_other_never_run_side_by_side(small, rows, serve, sound, until, place):
    small("all", Schedule=MINUTELY, CatchUp="all", seconds=0.1)
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

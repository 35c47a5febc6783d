"""A service that is killed at any step: what it left is finished by the next, each instant once."""

import signal

import pytest

from dtscheduler import DAG, Schedule, Task
from dtscheduler.api.driving import resume

pytest_plugins = ["services"]
pytestmark = pytest.mark.slow

POINTS = ["due:1", "row-written:1", "claimed:1", "parts-queued:1", "part-started:1", "result-written:1", "run-closed:1"]


@pytest.mark.parametrize("point", [*POINTS, "part-started:2", "result-written:4"])
def test_a_run_is_finished_once_wherever_its_service_was_killed(suite, rows, crashed, once, sound, point):
    suite(seconds=0.3 if "started" in point else 0.05)  # parts that last are reported as started
    rows.missed(3)
    crashed(point)
    once()
    sound()
    assert rows.runs() == ["completed"]


@pytest.mark.parametrize("point", ["row-written:1", "claimed:2", "run-closed:2"])
def test_instants_that_are_all_caught_up_run_once_each_wherever_the_service_was_killed(
    small, rows, crashed, once, sound, marks, point, daily
):
    small(Schedule=daily, CatchUp="all", CatchUpWindow="10d")
    rows.missed(4)
    crashed(point)
    once()
    sound()
    assert set(rows.runs()) == {"completed"}
    assert len(rows.runs()) <= len(marks.lines()) <= len(rows.runs()) + 1


def test_a_service_that_is_killed_again_and_again_gets_there(suite, rows, crashed, once, sound):
    suite(seconds=0.3)
    rows.missed(3)
    for point in ["due:1", "row-written:1", "claimed:1", "part-started:1", "result-written:1", "part-started:2"]:
        crashed(point)
        sound(ended=False)
    once()
    sound()
    assert rows.runs() == ["completed"]


def test_what_comes_after_a_run_comes_once_when_the_service_was_killed_between(
    small, rows, crashed, once, sound, daily
):
    small("before", Schedule=daily)
    small("after", Schedule=Schedule(run_after_job_name="before"))
    rows.missed(1)
    crashed("run-closed:1")
    once()
    sound()
    found = rows.runs("job_name, trigger, status")
    assert found == [("before", "schedule", "completed"), ("after", "after", "completed")]


def test_a_task_that_was_running_when_the_service_was_killed_says_so_and_keeps_its_retries(
    small, rows, serve, once, sound, place, until, daily
):
    small(Schedule=daily, seconds=0.7)
    rows.missed(1)
    service = serve()
    until(lambda: rows("select 1 from task_runs where status = 'running'"))
    service.kill()
    once()
    sound()
    ((run_id, status),) = rows.runs("id, status")
    (lost,) = place.store.attempts(run_id)
    assert (status, lost.attempt, lost.status) == ("completed", 1, "stopped")
    assert "its runner was lost" in lost.reason


def test_a_service_that_stood_still_while_another_took_its_run_over_is_fenced_off(
    place, code, rows, serve, sound, marks, until, living, stand_still
):
    folder = code(f"""
        @batch()
        def f():
            with open({marks.path!r}, "a") as file:
                file.write("begun\\n")
            if Path({marks.path!r}).read_text().count("begun") == 1:
                time.sleep(600)
            return "second"
    """)
    dag = DAG(Name="job", DevRun=True, WorkDir=folder)
    Task(Name="f", Entrypoint="steps.f", dag=dag)
    run = dag.save().run()
    first = serve()
    until(marks.lines)
    stand_still(first.tell)
    rows("update runs set lease_until = 1")
    second = serve()
    assert run.wait(20) == "completed"
    first.tell(signal.SIGCONT)
    until(lambda: "is driven by" in first.log)
    assert (run.status, run.result("f"), first.alive) == ("completed", "second", True)
    for service in (first, second):
        service.tell(signal.SIGTERM)
    assert [service.ended() for service in (first, second)] == [0, 0]
    assert not living()
    sound()


def test_what_ended_while_no_service_was_there_is_followed_when_one_is(small, once, sound, place, rows):
    small("after", Schedule=Schedule(run_after_job_name="before"))
    job = small("before")
    first, second = job.run(), job.run()
    resume(first.id)
    resume(second.id)
    once()
    sound()
    assert rows("select after_run, status from runs where job_name = 'after' order by 1") == [
        (first.id, "expired"),
        (second.id, "completed"),
    ]

"""A service that is asked to end, or to stop a run: nothing is lost, nothing is left behind, nobody is blamed."""

import signal

import pytest

import dtscheduler
from dtscheduler import DAG, Schedule, Task

pytest_plugins = ["services"]
pytestmark = pytest.mark.slow

STUBBORN = """
@batch()
def f(marks):
    with open(marks, "a") as file:
        file.write("begun\\n")
    if Path(marks).read_text().count("begun") > {times}:
        return 1
    {how}
    time.sleep(600)
"""


@pytest.fixture
def stubborn(place, code, marks):
    """Save and submit a job whose task never returns the first time, and returns the second time."""

    def submit(how="pass", times=1, **parameters):
        folder = code(STUBBORN.format(how=how, times=times), file="stubborn.py")
        dag = DAG(Name="stubborn", DevRun=True, WorkDir=folder, **parameters)
        Task(Name="f", Entrypoint="stubborn.f", ConfigurationJson={"marks": marks.path}, dag=dag)
        return dag.save().run()

    return submit


@pytest.fixture
def begun(marks, until):
    """Wait until a task has begun."""
    return lambda count=1: until(lambda: len(marks.lines()) >= count)


WAYS = {
    "patient": "pass",
    "deaf": "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "with a child of its own session": "subprocess.Popen(['sleep', '600'], start_new_session=True)",
}


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_a_run_that_is_under_way_when_the_service_is_stopped_is_finished_by_the_next(
    stubborn, serve, once, sound, begun, living, place, how
):
    run = stubborn(how)
    service = serve(hurried=True, STOP_GRACE_SECONDS=0.5)
    begun()
    service.tell(signal.SIGTERM)
    assert service.ended() == 0
    assert not living()
    assert (run.status, run.record.lease_holder) == ("running", None)
    once()
    sound()
    assert run.status == "completed"
    assert [(a.status, a.reason) for a in place.attempts(run.id)] == [
        ("stopped", "its service was stopped; it is tried again")
    ]


def test_a_run_that_is_interrupted_again_and_again_uses_no_retries_up(stubborn, serve, once, sound, begun, place):
    run = stubborn(times=3)
    for count in (1, 2, 3):
        service = serve(hurried=True, STOP_GRACE_SECONDS=0.3)
        begun(count)
        service.tell(signal.SIGTERM)
        assert service.ended() == 0
    once()
    sound()
    assert (run.status, len(place.attempts(run.id))) == ("completed", 3)


def test_a_run_that_ends_soon_is_finished_before_the_service_ends(small, serve, sound, begun):
    run = small(seconds=0.7).run()
    service = serve()
    begun()
    service.tell(signal.SIGTERM)
    assert service.ended() == 0
    sound()
    assert run.status == "completed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_service_ends_when_it_is_asked_to_and_signs_off(place, rows, serve, until, number):
    service = serve()
    until(lambda: rows("select 1 from services"))
    service.tell(number)
    assert service.ended() == 0
    assert rows("select 1 from services") == []
    assert "Traceback" not in service.log


def test_ctrl_c_in_its_terminal_leaves_the_run_to_the_next_service(stubborn, serve, once, sound, begun, living):
    run = stubborn()
    service = serve(hurried=True)
    begun()
    service.tell(signal.SIGINT, group=True)
    assert service.ended() == 0
    assert not living()
    assert run.status == "running"
    once()
    sound()
    assert run.status == "completed"
    assert "Traceback" not in service.log


def test_ctrl_c_twice_ends_it_at_once_and_leaves_no_process(stubborn, serve, once, sound, begun, living, until):
    run = stubborn("signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    service = serve()
    begun()
    service.tell(signal.SIGINT)
    until(lambda: not service.alive or service.tell(signal.SIGINT) or not service.alive)
    assert service.ended() == -signal.SIGINT
    until(lambda: not living())
    once()
    sound()
    assert run.status == "completed"


# Submitted runs


def test_a_run_that_is_submitted_while_the_service_waits_is_picked_up(small, rows, serve, until):
    job = small()
    service = serve()
    until(lambda: rows("select 1 from services"))
    assert job.run().wait(20) == "completed"
    service.tell(signal.SIGTERM)
    assert service.ended() == 0


def test_a_dag_that_was_never_saved_is_left_to_the_service(place, code, once, marks):
    folder = code("@batch()\ndef f():\n    return 41\n")
    dag = DAG(Name="unsaved", DevRun=True, WorkDir=folder)
    Task(Name="f", Entrypoint="steps.f", dag=dag)
    run = dag.run(detach=True)
    assert run.status == "ready"
    once()
    assert (run.status, run.result("f")) == ("completed", 41)


def test_a_run_that_a_service_drives_is_stopped_by_hand(stubborn, serve, begun, sound, until):
    run = stubborn("signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    service = serve(STOP_GRACE_SECONDS=0.3)
    begun()
    run.stop()
    assert run.wait(20) == "stopped"
    assert run.reason.startswith("stopped by ")
    sound()
    service.tell(signal.SIGTERM)
    assert service.ended() == 0


def test_a_run_that_was_asked_to_stop_while_nobody_drove_it_is_stopped(stubborn, serve, once, begun, sound, marks):
    run = stubborn()
    service = serve(hurried=True)
    begun()
    service.tell(signal.SIGTERM)
    assert service.ended() == 0
    run.stop()
    assert run.status == "stopped"
    once()
    sound()
    assert marks.lines() == ["begun"]


def test_fail_after_ends_a_run_of_the_service_and_what_runs_after_it_starts(stubborn, small, once, sound, place):
    small("after", Schedule=Schedule(run_after_job_name="stubborn", run_after_job_condition="on failure"))
    run = stubborn(FailAfter="1s")
    once()
    sound()
    assert run.status == "failed_after"
    assert [(found.status, found.record.after_run) for found in dtscheduler.runs(job="after")] == [
        ("completed", run.id)
    ]


# Once, and for a while


def test_once_does_all_that_is_due_and_all_that_follows_and_ends(small, rows, once, sound, daily):
    small("first", Schedule=daily)
    small("second", Schedule=Schedule(run_after_job_name="first"))
    small("third", Schedule=Schedule(run_after_job_name="second"))
    rows.missed(1)
    once()
    sound()
    assert rows.runs("job_name, status") == [(name, "completed") for name in ("first", "second", "third")]


def test_once_with_nothing_to_do_ends(place, once, rows):
    once()
    assert rows("select 1 from services") == []


def test_a_service_ends_after_it_was_idle_but_not_while_a_run_goes_on(small, serve, rows):
    small(seconds=1.5).run()
    service = serve("--idle-exit", "1s")
    assert service.ended() == 0
    assert rows.runs() == ["completed"]
    assert "nothing to do for" in service.log

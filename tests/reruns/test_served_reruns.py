"""Reruns that are left to the service, or whose driver dies."""

import pytest

import dtscheduler
from dtscheduler import DAG, Schedule, Task, testing
from dtscheduler.model.run import RunQuery

CODE = """
from pathlib import Path
from dtscheduler import batch

@batch()
def load(scheduled_time):
    return scheduled_time.isoformat()

@batch()
def check(load):
    if not Path({flag!r}).exists():
        raise ValueError("not yet")
    return load

@batch()
def after(rundate):
    return rundate.isoformat()
"""


@pytest.fixture
def nightly(tmp_path, work_dir):
    """A job at 18:00 whose second task fails until ``nightly.mend()``, and one that runs after it."""
    flag = tmp_path / "flag"
    folder = work_dir({"steps.py": CODE.format(flag=str(flag))})
    with testing.workspace(tmp_path / "ws", now="2026-01-29") as ws:
        dag = DAG(Name="nightly", DevRun=True, WorkDir=folder, Schedule=Schedule(at_hours=[18], at_minutes=[0]))
        Task(Name="load", Entrypoint="steps.load", dag=dag) >> Task(Name="check", Entrypoint="steps.check", dag=dag)
        dag.save()
        then = DAG(Name="then", DevRun=True, WorkDir=folder, Schedule=Schedule(run_after_job_name="nightly"))
        Task(Name="after", Entrypoint="steps.after", dag=then)
        then.save()
        ws.mend = flag.touch
        yield ws


def statuses(run):
    return [str(record.status) for record in run.records()]


def test_a_scheduled_run_is_done_again_for_its_instant_and_what_runs_after_it_follows(nightly):
    nightly.step(hours=18.5)
    (failed,) = dtscheduler.runs(job="nightly")
    assert (failed.status, dtscheduler.runs(job="then")) == ("failed", [])
    nightly.mend()
    again = failed.rerun(detach=True)
    assert again.status == "ready"
    nightly.step(minutes=1)
    assert (again.status, statuses(again)) == ("completed", ["reused", "completed"])
    assert again.result("check") == "2026-01-29T18:00:00+00:00"
    assert again.record.scheduled is None
    assert [run.status for run in dtscheduler.runs(job="then")] == ["completed"]


def test_a_full_rerun_is_told_the_instant_of_the_schedule(nightly):
    nightly.mend()
    nightly.step(hours=18.5)
    (run,) = dtscheduler.runs(job="nightly")
    again = run.rerun(full=True, detach=True)
    nightly.step(minutes=1)
    assert again.result("load") == "2026-01-29T18:00:00+00:00"


def test_a_rerun_does_not_take_the_place_of_an_instant(nightly):
    nightly.step(hours=18.5)
    dtscheduler.runs(job="nightly")[0].rerun(detach=True)
    nightly.step(days=1)
    scheduled = [run.scheduled for run in nightly.place.runs(RunQuery(job_name="nightly")) if run.scheduled]
    assert len(scheduled) == len(set(scheduled)) == 2


def test_a_patch_may_be_left_to_the_service_too(nightly):
    nightly.step(hours=18.5)
    again = dtscheduler.runs(job="nightly")[0].patch("check", "by hand", detach=True)
    nightly.step(minutes=1)
    assert (again.status, again.result("check")) == ("completed", "by hand")


def test_reruns_may_be_left_out_of_a_list(nightly):
    nightly.step(hours=18.5)
    dtscheduler.runs(job="nightly")[0].rerun(detach=True)
    assert len(nightly.place.runs(RunQuery(job_name="nightly", reruns=False))) == 1

"""A run or a rerun that is left to the service by a double click: it is there once, and runs once."""

from uuid import uuid4

import pytest

import dtscheduler
from dtscheduler import DAG, Task, testing
from dtscheduler.api import again, driving
from dtscheduler.errors import PlanChangedError

CODE = """
from dtscheduler import batch

@batch()
def load():
    return [1, 2]

@batch()
def check(load):
    raise ValueError("no data yet")
"""


@pytest.fixture
def job(tmp_path, work_dir):
    """A job whose second task fails, in a workspace with its own time."""
    folder = work_dir({"twice.py": CODE})
    with testing.workspace(tmp_path / "ws", now="2026-01-29") as ws:
        dag = DAG(Name="twice", DevRun=True, WorkDir=folder)
        Task(Name="load", Entrypoint="twice.load", dag=dag) >> Task(Name="check", Entrypoint="twice.check", dag=dag)
        ws.dag, ws.file = dag, folder / "twice.py"
        yield ws


def test_a_dag_that_is_submitted_twice_under_one_token_runs_once(job):
    token = uuid4().hex
    first, second = (driving.submit(job.dag, token=token) for _ in range(2))
    job.step(minutes=1)
    late = driving.submit(job.dag, token=token)
    assert first.id == second.id == late.id
    assert late.status == "failed"
    assert len(dtscheduler.runs(job="twice")) == 1


def test_a_rerun_that_is_submitted_twice_under_one_token_runs_once(job):
    failed, token = driving.submit(job.dag), uuid4().hex
    job.step(minutes=1)
    decided = again.decided(job.place, failed.id)
    plan = again.planned(job.place, decided)
    clicked = [again.submit_again(job.place, decided, plan=plan, token=token) for _ in range(2)]
    job.step(minutes=1)
    clicked.append(again.submit_again(job.place, again.decided(job.place, failed.id), token=token))
    assert {run.id for run in clicked} == {failed.id + 1}
    assert [str(record.status) for record in clicked[0].records()] == ["reused", "failed"]
    assert job.place.run(failed.id + 1).uuid == token


def test_a_plan_that_no_longer_holds_is_refused_and_its_token_stays_free(job):
    failed, token = driving.submit(job.dag), uuid4().hex
    job.step(minutes=1)
    decided = again.decided(job.place, failed.id)
    plan = again.planned(job.place, decided)
    job.file.write_text(CODE.replace("no data yet", "nothing"))
    with pytest.raises(PlanChangedError):
        again.submit_again(job.place, decided, plan=plan, token=token)
    assert again.submit_again(job.place, decided, token=token).id == failed.id + 1

"""Reruns of random jobs in which anything may have failed: what they keep, what they repeat, what stays as it was."""

import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dtscheduler import DAG, ParallelTask, Task, run
from dtscheduler.errors import PlanChangedError, RunError

STEP = """
import pathlib

from dtscheduler import batch

BROKEN = pathlib.Path(__file__).with_name("broken.txt")

@batch()
def step(sub_job_name, scheduled_time, a=None, b=None, x=0):
    if sub_job_name in BROKEN.read_text().split():
        raise ValueError(sub_job_name)
    return repr((sub_job_name, scheduled_time.isoformat(), a, b, x))
"""
NAMES = ["t0", "t1", "t2", "t3", "t4"]
PARTS = ["p", "q"]
LABELS = [f"{name}{part}" for name in NAMES for part in ("", *PARTS)]

TASKS = st.tuples(st.booleans(), st.lists(st.integers(0, 11), min_size=1, max_size=2))
JOBS = st.lists(TASKS, min_size=3, max_size=5)
BROKEN = st.lists(st.sampled_from(LABELS), max_size=4, unique=True)
CHOSEN = st.lists(st.integers(0, 4), max_size=2)
AGAIN = st.lists(st.tuples(BROKEN, CHOSEN, st.booleans()), min_size=1, max_size=3)


@pytest.fixture
def job(workspace, tmp_path):
    """Runs a job of ``(whether a fan-out, numbers of the tasks before)``; ``broken`` names the parts that fail."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "steps.py").write_text(STEP)

    def broken(labels):
        (folder / "broken.txt").write_text(" ".join(labels))

    def start(tasks):
        dag, made = DAG(Name="random", DevRun=True, WorkDir=folder), []
        for number, (fan, before) in enumerate(tasks):
            name, upstream = NAMES[number], [made[n] for n in before_of(number, before)]
            table = dict(zip((task.name for task in upstream), "ab", strict=False))
            facts = {"x": number} | ({"arg_translation_table": table} if table else {})
            parts = [facts | {"Name": f"{name}{part}", "Description": ""} for part in PARTS]
            kind, config = (ParallelTask, parts) if fan else (Task, facts)
            made.append(kind(Name=name, Entrypoint="steps.step", ConfigurationJson=config, dag=dag))
            for task in upstream:
                task >> made[-1]
        return dag.run(executor="inline")

    start.broken = broken
    yield start
    sys.modules.pop("steps", None)


def before_of(number, wanted):
    """Numbers of the tasks that a task waits for."""
    return sorted({n % number for n in wanted}) if number else []


def anew(found):
    return {record.task for record in found.records() if record.status != "reused"}


def check(before, again, tasks, chosen):
    """What holds for every rerun."""
    names = NAMES[: len(tasks)]
    assert all(record.status.final for record in again.records())
    assert all(record.reason for record in again.records() if record.status != "completed")
    assert again.record.rerun_of == before.id
    assert again.record.told_time == (before.record.told_time or before.record.submitted)
    for number, (_, upstream) in enumerate(tasks):
        if anew(again) & set(before_of(number, upstream)):
            assert all(record.status != "reused" for record in again.records() if record.task == number)
    assert not [r for r in again.records() if r.task_name in chosen and r.status == "reused"]
    assert (again.status == "completed") == all(record.status.succeeded for record in again.records())
    for record in again.records():
        if record.status == "reused":
            assert again.result(record.task_name, record.part) == before.result(record.task_name, record.part)
    if again.status == "completed":
        assert [again.result(name) for name in names] == list(again.results().values())


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(tasks=JOBS, broken=BROKEN, again=AGAIN)
def test_chains_of_reruns_keep_what_is_whole_and_repeat_the_rest(job, tasks, broken, again):
    job.broken(broken)
    first = latest = job(tasks)
    for fails, names, full in again:
        chosen = [NAMES[number % len(tasks)] for number in names]
        was = latest.record, latest.records()
        job.broken(fails)
        try:
            made = (
                latest.rerun(full=True, executor="inline")
                if full
                else latest.rerun(tasks=chosen or None, executor="inline")
            )
        except RunError as error:
            assert latest.status == "completed" and "nothing of it is left" in str(error)
            continue
        check(latest, made, tasks, NAMES if full else chosen)
        assert (run(latest.id).record, run(latest.id).records()) == was
        assert made.record.lineage == first.id
        latest = made
    job.broken([])
    whole = latest if latest.status == "completed" else latest.rerun(executor="inline")
    scratch = first.rerun(full=True, executor="inline")
    assert [record.preview for record in whole.records()] == [record.preview for record in scratch.records()]


def test_a_chosen_part_of_a_fan_out_runs_alone_and_what_follows_runs_once(job):
    job.broken([])
    first = job([(True, []), (False, [0])])
    again = first.rerun(tasks=[("t0", "t0q")], executor="inline")
    assert [str(record.status) for record in again.records()] == ["reused", "completed", "completed"]
    assert again.result("t1") == first.result("t1")


def test_a_plan_of_a_rerun_is_refused_when_the_code_is_edited(job, tmp_path):
    job.broken([])
    first = job([(False, []), (False, [0])])
    plan = first.plan(tasks=["t1"])
    file = tmp_path / "code" / "steps.py"
    file.write_text(STEP.replace("x))", "x, 0))"))
    with pytest.raises(PlanChangedError, match="function step in steps"):
        first.rerun(plan=plan)


def test_a_value_given_by_hand_never_serves_another_run(job):
    job.broken(["t0"])
    patched = job([(False, []), (False, [0])]).patch("t0", "by hand", executor="inline")
    assert "by hand" in patched.result("t1")
    job.broken([])
    assert "by hand" not in patched.rerun(full=True, executor="inline").result("t1")
    assert "by hand" in patched.rerun(tasks=["t1"], executor="inline").result("t1")

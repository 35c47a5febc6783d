"""What a run would do: shown before, and done exactly so, or refused."""

import pytest

import dtscheduler
from dtscheduler import DAG, ParallelTask, Task
from dtscheduler.errors import InvalidJobError, PlanChangedError

CONTENT = {"Reuse": "content"}


def fates(plan):
    return {row.task: f"{row.fate}: {row.reason}" for row in plan.rows()}


@pytest.fixture
def after(steps):
    """The plan of the second run, after a change to the first."""

    def make(change=lambda: None, rundate="2026-11-20", config=None, **header):
        run = steps.run(Reuse="content")
        steps.ran()
        change()
        plan = steps.dag(config, **(CONTENT | header)).plan(rundate=rundate)
        assert steps.ran() == []
        assert len(dtscheduler.runs()) == run.id
        return plan

    return make


COMPUTED = "reused: computed in run 1 with the same code, arguments and configuration"


def test_a_job_that_never_ran_is_new(steps):
    plan = steps.dag().plan()
    assert set(fates(plan).values()) == {"to run: new"}
    assert plan.compared_with is None
    assert str(plan.estimate) == "no estimate: these tasks have not completed before"


def test_what_is_as_it_was_is_reused(after):
    plan = after()
    assert set(fates(plan).values()) == {COMPUTED}
    assert (plan.reused, plan.to_run, plan.unknown) == (3, 0, 0)
    assert plan.summary == "3 reused"


def test_a_changed_function_is_named_with_its_lines_and_what_follows_is_unknown(after, steps):
    plan = after(lambda: steps.edit("limit + 1", "limit + 2"))
    assert fates(plan) == {
        "load": "to run: code changed: function load in steps.py lines 10-13",
        "clean": "unknown until upstream: unknown until load has run",
        "total": "unknown until upstream: unknown until clean has run",
    }
    assert plan.summary.startswith("1 to run (code changed: function load in steps.py lines 10-13), 2 unknown until")


def test_a_changed_task_whose_inputs_are_open_may_still_be_what_an_older_run_has(steps):
    steps.run(Reuse="content", rundate="2026-11-20")
    steps.run(Reuse="content", rundate="2026-11-21")
    steps.edit("limit + 1", "limit + 2")
    found = fates(steps.dag(**CONTENT).plan(rundate="2026-11-20"))["total"]
    assert found == ("unknown until upstream: rundate changed: 2026-11-21 → 2026-11-20; unknown until clean has run")


def test_a_helper_that_the_function_calls_counts(after, steps):
    plan = after(lambda: steps.edit('file.write(name + "\\n")', 'file.write(name + "\\n" * 1)'))
    assert fates(plan)["load"] == "to run: code changed: function mark in steps.py lines 6-8"


def test_a_constant_that_nothing_uses_does_not_count(after, steps):
    assert after(lambda: steps.edit("LIMIT = 3", "LIMIT = 4")).reused == 3


def test_comments_and_formatting_do_not_count(after, steps):
    def beautify():
        steps.edit("def clean(load):", 'def clean(load):  # sorts\n    """Sort."""')
        steps.edit("return sorted(load)", "return (\n        sorted(load)\n    )")

    assert after(beautify).reused == 3


def test_changed_configuration_is_named_by_its_keys(after):
    assert fates(after(config={"limit": 5}))["load"] == "to run: configuration changed: limit"


def test_another_rundate_is_told_where_it_is_taken(after):
    plan = after(rundate="2026-11-21")
    assert fates(plan) == {
        "load": COMPUTED,
        "clean": COMPUTED,
        "total": "to run: rundate changed: 2026-11-20 → 2026-11-21",
    }


def test_a_missing_result_is_told(after, workspace):
    def lose():
        key = workspace.task_runs(1)[1].result_key
        workspace.cache._shard_of(key).delete(key)

    assert fates(after(lose)) == {
        "load": COMPUTED,
        "clean": "to run: result missing",
        "total": "unknown until upstream: unknown until clean has run",
    }


def test_a_damaged_result_that_is_needed_is_computed_again_with_a_warning(steps, workspace, caplog):
    run = steps.run()
    key = run.records()[1].result_key
    workspace.cache._shard_of(key).set(key, b"garbage", tag="0" * 64)
    steps.ran()
    again = run.rerun(tasks=["total"])
    assert (again.result("total"), steps.ran()) == ((3, "2026-11-20"), ["clean", "total"])
    assert "the result of clean/clean is lost and is computed again" in caplog.text


def test_a_function_that_takes_runtime_is_never_reused(after, steps):
    steps.edit("def load(limit=2)", "def load(runtime, limit=2)")
    assert fates(after())["load"] == "to run: takes runtime, so no other run's result serves"


def test_without_reuse_everything_runs_and_the_plan_says_what_would_spare_it(after):
    plan = after(Reuse="lineage")
    assert fates(plan)["load"] == "to run: nothing changed; Reuse='content' would reuse it"


def test_reuse_can_be_asked_of_the_plan_and_the_run_keeps_to_it(after, steps):
    after(Reuse="lineage")
    dag = steps.dag()
    plan = dag.plan(rundate="2026-11-20", reuse="content")
    assert plan.reused == 3
    assert [str(r.status) for r in dag.run(plan=plan).records()] == ["reused"] * 3


def test_failed_parts_and_what_did_not_run_are_told(steps):
    steps.edit("return sorted(load)", "raise ValueError")
    steps.run(**CONTENT)
    assert fates(steps.dag(**CONTENT).plan(rundate="2026-11-20")) == {
        "load": COMPUTED,
        "clean": "to run: failed in run 1",
        "total": "to run: did not run in run 1",
    }


def test_parts_of_a_fan_out_are_grouped_by_fate_and_reason(steps):
    (steps.folder / "fan.py").write_text("from dtscheduler import batch\n\n@batch()\ndef size(n):\n    return n\n")

    def dag(values):
        made = DAG(Name="fan", DevRun=True, WorkDir=steps.folder, **CONTENT)
        parts = [{"Name": f"p{n}", "Description": "", "n": value} for n, value in enumerate(values)]
        ParallelTask(Name="size", Entrypoint="fan.size", ConfigurationJson=parts, dag=made)
        return made

    dag([1, 2, 3]).run()
    plan = dag([1, 2, 30, 4]).plan()
    assert [(row.parts, str(row.fate), row.reason.partition(" in ")[0]) for row in plan.rows()] == [
        (("p0", "p1"), "reused", "computed"),
        (("p2",), "to run", "configuration changed: n"),
        (("p3",), "to run", "new"),
    ]
    assert list(plan.frame()["fate"]) == ["reused", "reused", "to run", "to run"]


def test_the_plan_of_a_rerun_says_what_is_kept_and_what_is_forced(steps):
    run = steps.run()
    assert fates(run.plan(tasks=["clean"])) == {
        "load": "reused: kept from run 1",
        "clean": "to run: forced",
        "total": "to run: upstream changed: clean",
    }
    assert set(fates(run.plan(full=True)).values()) == {"to run: forced"}


def test_a_kept_result_of_code_that_has_changed_since_says_so(steps):
    run = steps.run()
    steps.edit("limit + 1", "limit + 2")
    plan = run.plan(tasks=["total"])
    assert fates(plan)["load"] == ("reused: kept from run 1; code changed: function load in steps.py lines 10-13 since")


def test_it_shows_itself(after):
    plan = after()
    assert repr(plan) == "<Plan of 'steps': 3 reused>"
    assert str(plan).splitlines()[0] == "steps for 2026-11-20: 3 reused"
    assert "<td>load</td>" in plan._repr_html_()


# A plan that is carried out


def test_a_run_does_what_the_plan_says(after, steps):
    dag = steps.dag(**CONTENT)
    after()
    plan = dag.plan(rundate="2026-11-20")
    run = dag.run(plan=plan)
    assert (run.rundate, [str(r.status) for r in run.records()]) == (plan.rundate, ["reused"] * 3)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("limit + 1", "limit + 2", "function load in steps.py lines 10-13"),
        ("sum(clean)", "max(clean)", "function total"),
    ],
)
def test_a_plan_whose_code_has_changed_is_refused_with_what_it_is(after, steps, old, new, message):
    plan = after()
    steps.edit(old, new)
    with pytest.raises(PlanChangedError, match=message):
        steps.dag(**CONTENT).run(plan=plan)
    assert len(dtscheduler.runs()) == 1


def test_a_plan_of_another_job_is_refused_with_the_difference(after, steps):
    plan = after()
    with pytest.raises(PlanChangedError, match="task 'load': configuration changed: limit; make a new plan"):
        steps.dag({"limit": 7}, **CONTENT).run(plan=plan)


def test_a_plan_whose_result_is_gone_is_refused(after, steps, workspace):
    plan = after()
    key = workspace.task_runs(1)[0].result_key
    workspace.cache._shard_of(key).delete(key)
    with pytest.raises(PlanChangedError, match="load was reused from run 1 and would be run now"):
        steps.dag(**CONTENT).run(plan=plan)


def test_the_plan_of_a_rerun_is_carried_out_by_a_rerun(steps):
    run = steps.run()
    plan = run.plan(tasks=["total"])
    again = run.rerun(plan=plan)
    assert [str(record.status) for record in again.records()] == ["reused", "reused", "completed"]
    assert [str(r.status) for r in run.rerun(plan=plan).records()] == ["reused", "reused", "completed"]
    with pytest.raises(InvalidJobError, match="this is the plan of a DAG"):
        run.rerun(plan=steps.dag().plan())
    with pytest.raises(InvalidJobError, match="plan must be what plan"):
        steps.dag().run(plan="tomorrow")


def test_a_plan_has_its_own_rundate(steps):
    dag = steps.dag()
    with pytest.raises(InvalidJobError, match="a plan has its own rundate"):
        dag.run(plan=dag.plan(), rundate="2026-11-20")


def test_the_estimate_comes_from_what_tasks_took(steps):
    steps.edit("return sorted(load)", "import time; time.sleep(0.3); return sorted(load)")
    steps.run()
    found = steps.dag().plan().estimate
    assert 0.3 <= found.median_seconds < 3
    assert found.unknown == ()


def test_a_saved_job_is_planned_by_name(steps):
    job = steps.dag().save()
    assert set(fates(job.plan()).values()) == {"to run: new"}


def test_ten_thousand_tasks_are_planned(workspace, tmp_path):
    (tmp_path / "deep.py").write_text(
        "from dtscheduler import batch\n\n@batch()\ndef step(n=0, **before):\n    return n\n"
    )
    dag = DAG(Name="deep", DevRun=True, WorkDir=tmp_path)
    previous = None
    for number in range(10_000):
        task = Task(Name=f"t{number}", Entrypoint="deep.step", dag=dag)
        if previous:
            previous >> task
        previous = task
    assert dag.plan().to_run == 10_000


# Plans of reruns are kept to as well


def test_the_plan_of_a_rerun_belongs_to_its_run(steps):
    first, second = steps.run(), steps.run()
    plan = first.plan(full=True)
    with pytest.raises(InvalidJobError, match="this is the plan of a rerun of run 1; give it to that run"):
        second.rerun(plan=plan)
    with pytest.raises(InvalidJobError, match="this is the plan of a rerun of run 1; give it to run.rerun"):
        steps.dag().run(plan=plan)
    with pytest.raises(InvalidJobError, match="give plan= alone"):
        first.rerun(plan=plan, tasks=["load"])


@pytest.mark.parametrize("detach", [False, True])
def test_the_plan_of_a_rerun_is_refused_when_the_world_has_changed(steps, workspace, detach):
    run = steps.run()
    plan = run.plan(tasks=["total"])
    steps.edit("sum(clean)", "max(clean)")
    with pytest.raises(PlanChangedError, match="function total in steps.py"):
        run.rerun(plan=plan, detach=detach)
    steps.edit("max(clean)", "sum(clean)")
    key = run.records()[0].result_key
    workspace.cache._shard_of(key).delete(key)
    with pytest.raises(PlanChangedError, match="load was reused from run 1 and would be run now"):
        run.rerun(plan=plan, detach=detach)
    assert len(dtscheduler.runs()) == 1

"""A call that a run made, made again here with what it got."""

import sys

import pytest

from dtscheduler import DAG, Task, batch
from dtscheduler.errors import InvalidJobError, ResultMissingError, RunError
from dtscheduler.model.run import RunQuery


def test_the_error_comes_out_with_the_exact_inputs(steps):
    steps.edit("return sorted(load)", "raise ValueError(load)")
    run = steps.run()
    with pytest.raises(ValueError, match=r"\[0, 1, 2\]"):
        run.task_run("clean").replay()


def test_it_gets_the_configuration_rundate_and_times_of_that_attempt(steps, tmp_path):
    (steps.folder / "all.py").write_text(
        "from dtscheduler import batch\n\n@batch()\n"
        "def everything(x, rundate, scheduled_time, runtime, sub_job_name, part_num, num_parts):\n"
        "    return x, rundate, scheduled_time, runtime, sub_job_name, part_num, num_parts\n"
    )
    with DAG(Name="all", DevRun=True, WorkDir=steps.folder) as dag:
        Task(Name="t", Entrypoint="all.everything", ConfigurationJson={"x": 5})
    found = dag.last_run.task_run("t")
    assert found.replay() == found.result
    assert found.inputs()["x"] == 5


def test_a_corrected_function_gives_what_it_would_have_given_and_nothing_is_recorded(steps, workspace):
    steps.edit("return sorted(load)", "raise ValueError")
    run = steps.run()
    steps.edit("raise ValueError", "return sorted(load)")
    before = run.records()
    assert run.task_run("clean").replay() == [0, 1, 2]
    assert run.records() == before
    assert len(workspace.runs(RunQuery())) == 1


def test_a_warning_says_what_of_the_code_is_another_now(steps, caplog):
    run = steps.run()
    steps.edit("return sorted(load)", "return sorted(load, reverse=True)")
    assert run.task_run("clean").replay() == [2, 1, 0]
    assert "clean of run 1 ran with other code" in caplog.text


def test_the_module_is_imported_for_the_time_of_the_call(steps):
    run = steps.run()
    before, path = set(sys.modules), list(sys.path)
    run.task_run("load").replay()
    assert "steps" not in set(sys.modules) - before
    assert sys.path == path


def test_what_it_does_to_the_environment_is_undone(steps, monkeypatch):
    import os

    monkeypatch.setenv("STEPS_TEST", "before")
    steps.edit('mark("load")', 'import os; os.environ["STEPS_TEST"] = "after"; os.chdir("/")')
    here = os.getcwd()
    steps.run().task_run("load").replay()
    assert (os.environ["STEPS_TEST"], os.getcwd()) == ("before", here)


def test_a_function_of_a_notebook_is_called_as_it_was_kept(workspace, tmp_path):
    @batch()
    def double(n):
        return 2 * n

    with DAG(Name="cell", DevRun=True, WorkDir=tmp_path) as dag:
        double(21)
    assert dag.last_run.task_run("double").replay() == 42


def test_a_part_that_never_got_inputs_says_so(steps):
    steps.edit("return list(range(limit + 1))", "raise ValueError")
    run = steps.run()
    with pytest.raises(RunError, match="clean of run 1 got no inputs"):
        run.task_run("clean").replay()


def test_inputs_that_are_gone_are_named(steps, workspace):
    run = steps.run()
    key = run.records()[0].result_key
    workspace.cache._shard_of(key).delete(key)
    with pytest.raises(ResultMissingError, match="results that clean of run 1 got"):
        run.task_run("clean").replay()


# Results given by hand


def test_a_patched_result_lets_the_rest_go_on(steps, workspace):
    steps.edit("return sorted(load)", "raise ValueError")
    run = steps.run()
    steps.ran()
    again = run.patch("clean", [10, 20])
    assert (again.status, again.result("total"), steps.ran()) == ("completed", (30, "2026-11-20"), ["total"])
    record = again.part("clean")
    assert (str(record.status), record.patched_by) == ("completed", workspace.user)
    assert record.reason.startswith(f"given by hand by {workspace.user} on 20")
    assert again.record.rerun_of == run.id


def test_what_was_computed_from_the_old_result_is_computed_again(steps):
    run = steps.run()
    steps.ran()
    assert run.patch("load", [5]).result("total") == (5, "2026-11-20")
    assert steps.ran() == ["clean", "total"]


def test_none_is_a_result_too(steps):
    steps.edit("return sum(clean), rundate.isoformat()", "return clean")
    assert steps.run().patch("clean", None).result("total") is None


def test_a_patched_result_is_kept_by_later_reruns_and_still_marked(steps, workspace):
    again = steps.run().patch("clean", [1]).rerun(tasks=["total"])
    record = again.part("clean")
    assert (str(record.status), record.patched_by) == ("reused", workspace.user)
    assert f"given by hand by {workspace.user}" in record.reason


def test_what_cannot_be_patched_is_named(steps, workspace):
    run = steps.run()
    with pytest.raises(InvalidJobError, match="no task 'claen'"):
        run.patch("claen", 1)
    with pytest.raises(InvalidJobError, match="no part 'x'"):
        run.patch("clean", 1, part="x")
    with pytest.raises(RunError, match="wait for it or stop it"):
        steps.dag().run(detach=True).patch("clean", 1)


def test_a_result_given_by_hand_that_is_lost_is_not_replaced_silently(steps, workspace):
    again = steps.run().patch("clean", [1])
    key = again.part("clean").result_key
    workspace.cache._shard_of(key).delete(key)
    with pytest.raises(
        RunError, match="the result of clean that .* gave by hand is lost: give it again with run.patch"
    ):
        again.rerun(tasks=["total"])


def test_a_kept_result_that_is_computed_anew_is_of_the_new_run(steps, workspace):
    run = steps.run()
    key = run.records()[0].result_key
    workspace.cache._shard_of(key).set(key, b"garbage", tag="0" * 64)
    again = run.rerun(tasks=["clean"])
    assert (again.status, again.part("load").from_run) == ("completed", None)

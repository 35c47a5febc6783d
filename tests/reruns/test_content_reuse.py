"""Reuse='content': what was computed before from the same is not computed again, also where that shows on the way."""

import pytest

from dtscheduler.model.run import RunQuery


@pytest.fixture
def again(steps):
    """Runs the job once, then again after a change: which functions were executed the second time."""

    def make(change=lambda: None, **second):
        assert steps.run(Reuse="content").status == "completed"
        steps.ran()
        change()
        run = steps.run(Reuse="content", **second)
        assert run.status == "completed", run.reason
        return steps.ran(), run

    return make


def test_nothing_is_computed_twice(again):
    ran, run = again()
    assert ran == []
    assert [record.status for record in run.records()] == ["reused"] * 3
    assert {record.from_run for record in run.records()} == {1}
    assert run.result("total") == (3, "2026-11-20")


def test_a_changed_function_is_called_and_what_gets_the_same_from_it_is_not(again, steps):
    ran, run = again(lambda: steps.edit("list(range(limit + 1))", "[n for n in range(limit + 1)]"))
    assert ran == ["load"]
    assert [record.status for record in run.records()] == ["completed", "reused", "reused"]


def test_what_gets_something_else_is_computed_again(again, steps):
    ran, run = again(lambda: steps.edit("limit + 1", "limit + 2"))
    assert ran == ["load", "clean", "total"]
    assert run.result("total") == (6, "2026-11-20")


def test_another_rundate_counts_only_where_it_is_taken(again):
    ran, run = again(rundate="2026-11-21")
    assert ran == ["total"]
    assert run.result("total") == (3, "2026-11-21")


def test_another_configuration_counts(again):
    ran, _ = again(config={"limit": 5})
    assert ran == ["load", "clean", "total"]


def test_a_result_that_is_gone_is_computed_again_and_what_follows_is_not(again, steps, workspace):
    def lose():
        key = workspace.task_runs(1)[0].result_key
        workspace.cache._shard_of(key).delete(key)

    ran, run = again(lose)
    assert ran == ["load"]
    assert run.result("total") == (3, "2026-11-20")


def test_results_of_a_run_that_itself_reused_them_are_found_by_where_they_were_computed(again, steps):
    again()
    third = steps.run(Reuse="content")
    assert {record.from_run for record in third.records()} == {1}


def test_without_it_every_run_computes_everything(steps, workspace):
    steps.run()
    steps.run()
    assert steps.ran() == ["load", "clean", "total"] * 2
    assert len(workspace.runs(RunQuery())) == 2


def test_runs_in_this_process_leave_no_file_open(steps):
    import os

    steps.dag().run(executor="inline")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        steps.dag().run(executor="inline")
    assert len(os.listdir("/proc/self/fd")) == before

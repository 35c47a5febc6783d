"""How long runs and tasks take, whether they take longer lately, and which part took longest."""

from datetime import timedelta

import pytest
from past_runs import NOON, after, part

from dtscheduler.api.reporting import durations, slowest
from dtscheduler.errors import NotFoundError
from dtscheduler.model.status import RunStatus, TaskStatus


def test_the_whole_runs_come_first_then_each_task(past):
    past([part(0, 10), part(1, 30), part(0, 5, task=1, task_name="load")], ended=after(40))
    found = durations("risk", since=None).set_index("task")
    assert list(found.index) == ["", "size", "load"] and list(found["of"]) == ["run", "task", "task"]
    assert list(found["count"]) == [1, 2, 1]
    assert list(found["median"]) == [timedelta(seconds=40), timedelta(seconds=20), timedelta(seconds=5)]
    assert found["max"]["size"] == timedelta(seconds=30)


def test_quantiles_are_over_all_parts(past):
    past([part(number, number + 1) for number in range(101)])
    row = durations("risk", since=None).iloc[1]
    assert [row[name].total_seconds() for name in ("median", "p90", "p95", "max")] == [51, 91, 96, 101]


def test_only_what_completed_counts(past):
    past([part(0, 10), part(1, 90, status=TaskStatus.FAILED), part(2, started=None, ended=None)])
    past([part(0, 20)], status=RunStatus.FAILED, ended=after(999))
    found = durations("risk", since=None)
    assert list(found["count"]) == [1, 2] and found["max"][1] == timedelta(seconds=20)


def test_the_trend_is_the_change_of_the_latest_quarter_against_the_rest(past):
    for number in range(8):
        past([part(0, 15 if number >= 6 else 10)], submitted=after(number))
    assert list(durations("risk", since=None)["trend"]) == [0.0, 0.5]


def test_few_measurements_have_no_trend(past):
    past([part(0)])
    assert durations("risk", since=None)["trend"].isna().all()


def test_a_job_that_has_not_run_has_no_durations(past):
    past([part(0)], submitted=NOON)
    assert durations("other").empty
    assert durations("risk", since=after(1)).empty


def test_the_longest_task_runs_come_first_with_their_share_of_the_run(past):
    run = past([part(0, 15), part(1, 45), part(2, 30), part(3, started=None, ended=None)], ended=after(60))
    found = slowest(run, n=2)
    assert list(found["part"]) == [1, 2]
    assert list(found["share"]) == [0.75, 0.5]
    assert found["duration"][0] == timedelta(seconds=45)
    assert len(slowest(run)) == 3


def test_what_is_under_way_has_taken_the_time_since_it_started(past, workspace):
    run = past([part(0, ended=None, status=TaskStatus.RUNNING)], status=RunStatus.RUNNING, ended=None)
    found = slowest(run)
    assert found["duration"][0] > timedelta(seconds=1) and 0.99 < found["share"][0] <= 1.01


def test_a_run_that_never_started_has_nothing_that_was_slow(past):
    run = past([part(0, started=None, ended=None)], started=None, ended=None)
    assert slowest(run).empty
    with pytest.raises(NotFoundError):
        slowest(99)

"""Runs and task runs as DataFrames: their columns, their dtypes, what is left out and what is masked."""

from datetime import timedelta

import pandas as pd
import pytest
from past_runs import NOON, after, part

from dtscheduler.api.reporting import runs_report, tasks_report
from dtscheduler.errors import InvalidJobError, NotFoundError
from dtscheduler.model.run import AttemptRecord, Trigger
from dtscheduler.model.status import RunStatus, TaskStatus

LOUD = "ConnectionError: postgres://ada:hunter2@db refused password=hunter2 (load(), risk.py line 7)"
RUN_DTYPES = {
    "run": "int64", "job": "str", "version": "Int64", "status": "category", "reason": "str",
    "rundate": "datetime64[s]", "trigger": "category", "submitted": "datetime64[us, UTC]",
    "scheduled": "datetime64[us, UTC]", "started": "datetime64[us, UTC]", "ended": "datetime64[us, UTC]",
    "waited": "timedelta64[us]", "duration": "timedelta64[us]", "n_tasks": "Int64", "completed": "Int64",
    "reused": "Int64", "failed": "Int64", "did_not_run": "Int64", "cpu_seconds": "float64", "peak_memory_mb": "float64",
    "owner": "str", "group": "str", "tag": "str", "labels": "str", "priority": "category", "submitted_by": "str",
    "rerun_of": "Int64", "lineage": "Int64",
}  # fmt: skip
TASK_DTYPES = {
    "run": "int64", "job": "str", "rundate": "datetime64[s]", "task": "str", "part": "int64", "part_name": "str",
    "status": "category", "reason": "str", "attempt": "int64", "submitted": "datetime64[us, UTC]",
    "started": "datetime64[us, UTC]", "ended": "datetime64[us, UTC]", "waited": "timedelta64[us]",
    "duration": "timedelta64[us]", "cpu_seconds": "float64", "peak_memory_mb": "float64", "result_bytes": "Int64",
    "worker": "str", "host": "str", "from_run": "Int64", "patched_by": "str",
}  # fmt: skip


def dtypes(frame):
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


def test_reports_have_the_same_columns_and_dtypes_whether_empty_or_not(past):
    assert dtypes(runs_report()) == RUN_DTYPES
    assert dtypes(tasks_report()) == TASK_DTYPES
    past([part(0), part(1, started=None, ended=None, cpu_seconds=None, status=TaskStatus.PENDING)])
    assert dtypes(runs_report()) == RUN_DTYPES
    assert dtypes(tasks_report()) == TASK_DTYPES


def test_a_run_is_a_row_with_its_times_and_what_its_task_runs_are_together(past):
    run = past(
        [part(0), part(1, status=TaskStatus.OUT_OF_MEMORY), part(2, status=TaskStatus.REUSED)],
        started=after(5), labels=("nightly", "eu"), trigger=Trigger.RERUN, rerun_of=7, lineage=3,
    )  # fmt: skip
    row = runs_report().iloc[0]
    assert (row["run"], row["status"], row["trigger"], row["rerun_of"]) == (run, "completed", "rerun", 7)
    assert (row["waited"], row["duration"]) == (timedelta(seconds=5), timedelta(seconds=55))
    assert (row["n_tasks"], row["completed"], row["reused"], row["failed"]) == (3, 1, 1, 1)
    assert (row["cpu_seconds"], row["peak_memory_mb"], row["labels"]) == (15.0, 80.0, "nightly, eu")
    assert (row["rundate"], row["ended"]) == (pd.Timestamp("2026-01-30"), after(60))
    assert pd.isna(row["scheduled"]) and pd.isna(row["version"])


def test_a_task_run_is_a_row_with_its_run_and_its_figures(past):
    run = past([part(0, result_bytes=12, from_run=4, patched_by="ada", started=after(2), ended=after(5))])
    row = tasks_report(run).iloc[0]
    assert (row["run"], row["job"], row["task"], row["part_name"]) == (run, "risk", "size", "part 0")
    assert (row["waited"], row["duration"]) == (timedelta(seconds=2), timedelta(seconds=3))
    assert (row["result_bytes"], row["from_run"], row["patched_by"]) == (12, 4, "ada")


@pytest.mark.parametrize("report", [runs_report, tasks_report])
def test_runs_are_chosen_as_the_list_of_runs_chooses_them(past, report):
    run = past([part(0)], tag="prod", labels=("x",), job_name="other", owner="bob", submitted=after(60))
    past([part(0)], rerun_of=run, lineage=run)
    for choice in (
        {"tag": "prod"}, {"label": "x"}, {"job": "other"}, {"owner": "bob"}, {"since": after(60)}, {"reruns": False},
        {"limit": 1},
    ):  # fmt: skip
        assert list(report(**choice)["run"]) == [run], choice
    assert list(report(until=after(60))["run"]) == [2]


def test_runs_are_chosen_by_their_status_and_task_runs_by_theirs(past):
    past([part(0), part(1, status=TaskStatus.FAILED)], status=RunStatus.FAILED)
    assert len(runs_report(status="failed")) == len(runs_report(status=["failed", "stopped"])) == 1
    assert runs_report(status="completed").empty
    assert list(tasks_report(status="failed")["part"]) == [1]
    with pytest.raises(InvalidJobError, match="reused"):
        tasks_report(status="expired")


def test_a_status_that_no_row_has_is_still_a_category(past):
    past([part(0)])
    assert list(tasks_report()["status"].cat.categories) == [str(status) for status in TaskStatus]
    assert list(runs_report()["status"].cat.categories) == [str(status) for status in RunStatus]


def test_earlier_attempts_are_rows_when_they_are_asked_for(past):
    first = AttemptRecord(task=0, part=0, attempt=1, status=TaskStatus.FAILED, reason=LOUD, started=NOON)
    past([part(0, attempt=2)], attempts=[first])
    found = tasks_report(attempts=True)
    assert list(found["attempt"]) == [1, 2] and list(found["status"]) == ["failed", "completed"]
    assert len(tasks_report()) == 1


def test_secrets_in_reasons_are_masked_in_every_table(past, workspace):
    from dtscheduler import run

    failed = {"status": TaskStatus.FAILED, "reason": LOUD}
    number = past([part(0, **failed)], reason=LOUD, status=RunStatus.FAILED)
    for frame in (runs_report(), tasks_report(), run(number).task_runs()):
        assert "hunter2" not in frame["reason"][0]
        assert "ConnectionError" in frame["reason"][0] and "line 7" in frame["reason"][0]


def test_a_run_that_is_not_there_is_said_so(workspace):
    with pytest.raises(NotFoundError, match="there is no run 7"):
        tasks_report(7)


def test_names_come_back_whatever_they_are(past):
    names = ["=cmd()", "é", "👩‍👩‍👧", "<b>", 'a"b', "x, y"]
    past([part(number, part_name=name) for number, name in enumerate(names)])
    assert list(tasks_report()["part_name"]) == names

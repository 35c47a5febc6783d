"""What the page of a run says: its facts, rows of task runs, configuration and inputs; and how far a run is."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.model.job import AccessSpec, CallSpec, JobSpec, PartSpec, Resources, TaskSpec
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.ui.views.run import (
    configuration,
    facts,
    preview,
    task_rows,
    task_run_facts,
    task_run_rows,
    titled,
    upstream,
)
from dtscheduler.ui.views.watching import rounded, seconds_left, waiting, watched

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
COMPLETED, FAILED, RUNNING, PENDING = TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.RUNNING, TaskStatus.PENDING
CAPACITY = (8000, 8000)


def run(status=RunStatus.RUNNING, **changes):
    """A run that started at noon."""
    usual = {"started": NOON, "submitted_by": "ada", "lease_epoch": 1}
    return RunRecord(
        id=12, uuid=uuid4().hex, job_name="risk", spec_hash="", status=status, rundate=date(2026, 11, 19),
        submitted=NOON, owner="ada", **(usual | changes),
    )  # fmt: skip


def spec(parts=2, **call):
    """A job ``load >> cells`` with a fan-out."""
    cells = tuple(PartSpec(f"FR-{n}", config=json.dumps({"n": n, "token": "hush"})) for n in range(parts))
    needs = Resources(cpu_mhz=4000, memory_mb=100)
    tasks = (
        TaskSpec(name="load", entrypoint="a.load", parts=(PartSpec("load"),), needs=needs, **call),
        TaskSpec(name="cells", entrypoint="a.cell", parts=cells, parallel=True, needs=needs),
    )
    return JobSpec(name="risk", tasks=tasks, upstream=((), (0,)), access=AccessSpec(owner="ada"))


def part(number=0, status=COMPLETED, **facts):
    """A part of ``cells`` that took ten seconds."""
    usual = {"started": NOON, "ended": NOON + timedelta(seconds=10), "attempt": 1}
    return TaskRunRecord(
        task=1, part=number, task_name="cells", part_name=f"FR-{number}", status=status, **(usual | facts)
    )


def test_facts_are_on_the_viewers_clock_with_utc_at_hand():
    started = next(fact for fact in facts(run(), PARIS, NOON) if fact.label == "Started")
    assert (started.value, started.about) == ("2026-11-20 13:00:00 CET", "2026-11-20 12:00:00 UTC")


def test_facts_that_are_not_known_are_left_out():
    assert not {"Ended", "Labels", "Repeats"} & {fact.label for fact in facts(run(), UTC, NOON)}


def test_a_row_sets_peak_memory_against_what_was_asked():
    (row,) = task_run_rows([part(peak_memory_mb=150.0)], spec(), NOON)
    assert (row.peak, row.asked, row.memory) == ("150 MB", "100 MB", 1.5)


def test_what_was_not_measured_is_empty():
    (row,) = task_run_rows([part(status=RUNNING, ended=None)], None, NOON + timedelta(seconds=3))
    assert (row.wall, row.cpu, row.peak, row.asked, row.memory) == ("3.0 s", "", "", "", None)


def test_a_part_is_named_with_its_task_and_a_plain_task_alone():
    assert titled(part(3)) == "cells / FR-3"
    assert titled(TaskRunRecord(task=0, part=0, task_name="load", part_name="load")) == "load"


def test_configuration_is_json_without_secrets():
    assert json.loads(configuration(spec(), part(1))) == {"n": 1, "token": "***"}


def test_arguments_of_a_call_name_the_task_whose_result_they_are():
    with_call = spec(call=CallSpec('{"args":[{"$task":1}],"kwargs":{"top":5}}'))
    load = TaskRunRecord(task=0, part=0, task_name="load", part_name="load")
    assert "the result of task cells" in configuration(with_call, load)


@pytest.mark.parametrize("record", [part(99), TaskRunRecord(task=9, part=0, task_name="x", part_name="x")])
def test_a_job_that_does_not_fit_its_run_has_no_configuration(record):
    assert configuration(spec(), record) == "" and configuration(None, record) == ""
    assert task_run_rows([record], spec(), NOON)[0].status is record.status


def test_a_preview_is_masked():
    assert "hush" not in preview(part(preview="{'password': 'hush', 'n': 1}"))


def test_what_comes_from_a_fan_out_is_counted_and_from_a_task_previewed():
    assert upstream(spec(), 1, {COMPLETED: 1, FAILED: 1}, part()).said == "1 of 2 parts have a result"
    load = TaskRunRecord(task=0, part=0, task_name="load", part_name="load", status=COMPLETED, preview="7 rows")
    found = upstream(spec(), 0, {COMPLETED: 1}, load)
    assert (found.said, found.preview) == ("✓ completed", "7 rows")


def test_facts_of_a_task_run_say_whose_result_it_is():
    found = {f.label: f.value for f in task_run_facts(part(from_run=4, result_bytes=12), spec(), UTC, NOON)}
    assert found["Result from"] == "run 4" and found["Result"] == "12 bytes"


def test_the_graph_has_a_table_that_says_the_same():
    load, cells = task_rows(spec(3), {0: {COMPLETED: 1}, 1: {FAILED: 1, COMPLETED: 2}})
    assert (load.task, load.waits_for, load.status, load.said) == ("load", "", COMPLETED, "")
    assert (cells.waits_for, cells.parts, cells.status, cells.said) == ("load", 3, FAILED, "1 failed, 2 completed")


def test_progress_is_said_in_words():
    found = watched(run(), {0: {COMPLETED: 1}, 1: {FAILED: 1, RUNNING: 2, PENDING: 6}}, NOON + timedelta(seconds=65))
    assert (found.total, found.ended) == (10, 2)
    assert found.sentence == (
        "2 of 10 task runs have ended: 1 failed, 2 running, 6 pending, 1 completed. 1m 05s so far."
    )


def test_what_is_left_is_said_while_the_run_goes_on_only():
    counts = {0: {COMPLETED: 1}}
    assert watched(run(), counts, NOON, left=83.0).time == "0 ms so far, about 1m 25s left"
    ended = run(RunStatus.COMPLETED, ended=NOON + timedelta(seconds=9), reason="done")
    assert watched(ended, counts, NOON + timedelta(days=1), left=83.0).time == "in 9.0 s"


def test_a_run_without_task_runs_says_what_it_waits_for():
    ready = run(RunStatus.READY, lease_epoch=0, started=None)
    assert watched(ready, {}, NOON, waits_for=waiting(ready, served=False)).reason.endswith("dtscheduler serve")
    assert waiting(ready, served=True) == "waits for the service to begin it"
    assert waiting(run(RunStatus.SCHEDULED, lease_epoch=0), served=True) == "waits for another run of its job"
    assert waiting(run(), served=False) == ""


def test_what_is_left_is_taken_from_earlier_runs():
    by_task = {0: {COMPLETED: 1}, 1: {PENDING: 4}}
    history = {"load": [5.0], "cells": [10.0, 10.0, 10.0]}
    assert seconds_left(spec(4), by_task, history, elapsed=5.0, capacity=CAPACITY) == 20.0


def test_without_history_it_is_taken_from_the_pace_once_enough_has_ended():
    few, more = {1: {COMPLETED: 4, PENDING: 4}}, {1: {COMPLETED: 20, PENDING: 10}}
    assert seconds_left(spec(8), few, {}, elapsed=8.0, capacity=CAPACITY) is None
    assert seconds_left(spec(30), more, {}, elapsed=8.0, capacity=CAPACITY) == 4.0


def test_results_that_were_reused_do_not_count_for_the_pace():
    by_task = {1: {TaskStatus.REUSED: 1_000, COMPLETED: 4, PENDING: 10}}
    assert seconds_left(spec(1_014), by_task, {}, elapsed=8.0, capacity=CAPACITY) is None


def test_nothing_is_left_where_all_has_ended():
    assert seconds_left(spec(), {1: {COMPLETED: 2}}, {}, elapsed=None, capacity=CAPACITY) == 0.0


@given(st.floats(0, 10**6))
def test_a_length_that_is_about_right_is_near_it(seconds):
    text = rounded(seconds)
    assert text.startswith("less") == (seconds < 0.95)
    if text.endswith(" s"):
        assert abs(int(text.removesuffix(" s")) - seconds) <= 3

"""What every store gives for reports: plain tuples, of what may be read, newest run first."""

import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from uuid import uuid4

import pytest

from dtscheduler.model.access import Identity
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import AttemptRecord, RunQuery, RunRecord, TaskRunQuery, TaskRunRecord
from dtscheduler.model.status import RunStatus, TaskStatus

NOON = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
NOON_MICROS = 1_769_860_800_123_456
MINUTE = timedelta(minutes=1)
SPEC = JobSpec(
    name="flights",
    tasks=(TaskSpec(name="load", entrypoint="delays.load", parts=(PartSpec("AA"), PartSpec("UA"))),),
    upstream=((),),
    access=AccessSpec(owner="ada"),
)
LOADED = TaskRunRecord(
    task=0, part=0, task_name="load", part_name="AA", status=TaskStatus.COMPLETED, reason="good", attempt=2,
    result_bytes=5_000_000_000, submitted=NOON, started=NOON + MINUTE, ended=NOON + 3 * MINUTE, cpu_seconds=0.25,
    peak_memory_mb=88.5, worker="w1", host="here", from_run=7, patched_by="ada",
)  # fmt: skip
WAITING = TaskRunRecord(task=0, part=1, task_name="load", part_name="UA")
FIRST_TRY = AttemptRecord(
    task=0, part=0, attempt=1, status=TaskStatus.FAILED, reason="no data", submitted=NOON, started=NOON,
    ended=NOON + MINUTE, cpu_seconds=0.125, peak_memory_mb=44.25, worker="w0", host="there",
)  # fmt: skip
names = str.split
RUN_COLUMNS = names(
    "run job version status reason rundate trigger submitted scheduled started ended waited duration owner group tag "
    "labels priority submitted_by rerun_of lineage"
)
TOTALS = names("n_tasks completed reused failed did_not_run cpu_seconds peak_memory_mb")
TASK_RUN_COLUMNS = names(
    "run job rundate task part part_name status reason attempt submitted started ended waited duration cpu_seconds "
    "peak_memory_mb result_bytes worker host from_run patched_by"
)


@pytest.fixture
def add(store):
    """Adds a run: ``add([LOADED], tag="prod")``."""

    def added(task_runs=(LOADED, WAITING), attempts=(), **changes):
        run = RunRecord(
            id=0, uuid=str(uuid4()), job_name="flights", spec_hash="", status=RunStatus.RUNNING, submitted=NOON,
            rundate=date(2026, 1, 31), owner="ada", lease_holder="here:1", lease_until=NOON + MINUTE, lease_epoch=1,
        )  # fmt: skip
        run = store.add_run(replace(run, **changes), SPEC, task_runs)
        store.record(run.id, 1, lease_until=NOON + MINUTE, attempts=attempts)
        return run.id

    return added


@pytest.fixture
def task_runs(store):
    """Chosen columns of task runs: ``task_runs(["part"], task="load")``."""

    def found(columns, runs=None, **query):
        chunks = store.task_run_rows(TaskRunQuery(runs=RunQuery(**(runs or {})), **query), columns)
        return list(map(tuple, chain.from_iterable(chunks)))

    return found


@pytest.fixture
def runs(store):
    """Chosen columns of runs: ``runs(["run"], tag="prod")``."""
    return lambda columns, **query: list(map(tuple, chain.from_iterable(store.run_rows(RunQuery(**query), columns))))


def test_a_task_run_gives_every_column_as_a_plain_value(add, task_runs):
    run = add([LOADED])
    [row] = task_runs(TASK_RUN_COLUMNS)
    assert row == (
        run, "flights", "2026-01-31", "load", 0, "AA", "completed", "good", 2, NOON_MICROS, NOON_MICROS + 60_000_000,
        NOON_MICROS + 180_000_000, 60_000_000, 120_000_000, 0.25, 88.5, 5_000_000_000, "w1", "here", 7, "ada",
    )  # fmt: skip
    assert {type(value) for value in row} == {int, float, str}


def test_what_is_not_known_of_a_task_run_is_none(add, task_runs):
    add([WAITING])
    [row] = task_runs(["started", "ended", "waited", "duration", "cpu_seconds", "peak_memory_mb", "from_run"])
    assert set(row) == {None}


def test_columns_come_in_the_order_that_was_asked_for_also_twice(add, task_runs):
    add([LOADED])
    assert task_runs(["status", "part", "status"]) == [("completed", 0, "completed")]


def test_task_runs_of_the_newest_run_come_first_then_by_task_and_part(add, task_runs):
    old = add([WAITING, LOADED])
    new = add([replace(LOADED, task=2), replace(LOADED, task=1), WAITING], submitted=NOON + MINUTE)
    assert task_runs(["run", "part", "status"]) == [
        (new, 1, "pending"), (new, 0, "completed"), (new, 0, "completed"), (old, 0, "completed"), (old, 1, "pending"),
    ]  # fmt: skip


def test_task_runs_are_chosen_by_what_their_run_is(add, task_runs):
    run = add([LOADED], tag="prod", labels=("x", 'q"'), owner="bob", job_name="other", submitted=NOON + MINUTE)
    add([LOADED], tag="dev", rerun_of=run, lineage=run)
    for query in (
        {"id": run}, {"tag": "prod"}, {"label": 'q"'}, {"owner": "bob"}, {"job_name": "other"}, {"limit": 1},
        {"since": NOON + MINUTE}, {"reruns": False},
    ):  # fmt: skip
        assert task_runs(["run"], runs=query) == [(run,)], query


def test_task_runs_are_chosen_by_task_and_status_and_limited(add, task_runs):
    add([LOADED, WAITING, replace(LOADED, task=1, task_name="é")])
    assert task_runs(["part_name"], task="load") == [("AA",), ("UA",)]
    assert task_runs(["task"], task=unicodedata.normalize("NFD", "é")) == [("é",)]
    assert task_runs(["part_name"], statuses=[TaskStatus.PENDING, TaskStatus.FAILED]) == [("UA",)]
    assert task_runs(["part_name"], statuses=[]) == []
    assert task_runs(["part_name"], limit=1) == [("AA",)]


def test_earlier_attempts_are_rows_of_their_own_before_the_one_that_decided(add, task_runs):
    run = add(attempts=[FIRST_TRY])
    columns = ["run", "part_name", "attempt", "status", "duration", "result_bytes", "from_run", "patched_by", "worker"]
    assert task_runs(columns, earlier=True) == [
        (run, "AA", 1, "failed", 60_000_000, None, None, "", "w0"),
        (run, "AA", 2, "completed", 120_000_000, 5_000_000_000, 7, "ada", "w1"),
        (run, "UA", 0, "pending", None, None, None, "", ""),
    ]
    assert len(task_runs(columns)) == 2


def test_earlier_attempts_are_chosen_by_their_own_status(add, task_runs):
    add(attempts=[FIRST_TRY])
    assert task_runs(["attempt"], earlier=True, statuses=[TaskStatus.FAILED], task="load") == [(1,)]
    assert task_runs(["attempt"], earlier=True, task="other") == []
    assert task_runs(["attempt"], earlier=True, limit=2) == [(1,), (2,)]


def test_every_column_is_there_with_earlier_attempts(add, task_runs):
    add([LOADED], attempts=[FIRST_TRY])
    first, latest = task_runs(TASK_RUN_COLUMNS, earlier=True)
    assert first[:9] == (latest[0], "flights", "2026-01-31", "load", 0, "AA", "failed", "no data", 1)
    assert [latest] == task_runs(TASK_RUN_COLUMNS)


def test_only_task_runs_of_runs_that_may_be_read_are_given(add, task_runs, runs):
    add([LOADED], permissions="rwrw--", owner="ada", group="risk")
    for identity, count in [
        (Identity(user="eve"), 0),
        (Identity(user="eve", groups=frozenset({"risk"})), 1),
        (Identity(user="ada"), 1),
        (Identity(user="root", admin=True), 1),
    ]:
        assert len(task_runs(["part"], runs={"reader": identity})) == count
        assert len(task_runs(["part"], runs={"reader": identity}, earlier=True)) == count
        assert len(runs(["run", "n_tasks"], reader=identity)) == count


def test_a_run_gives_every_column_as_a_plain_value(add, runs):
    run = add(
        [], status=RunStatus.FAILED, reason="no data", started=NOON + MINUTE, ended=NOON + 3 * MINUTE, group="risk",
        scheduled=NOON, labels=("x", "ÿ"), submitted_by="bob", rerun_of=3, lineage=2, tag="prod",
    )  # fmt: skip
    [row] = runs(RUN_COLUMNS)
    assert row[:16] == (
        run, "flights", None, "failed", "no data", "2026-01-31", "hand", NOON_MICROS, NOON_MICROS,
        NOON_MICROS + 60_000_000, NOON_MICROS + 180_000_000, 60_000_000, 120_000_000, "ada", "risk", "prod",
    )  # fmt: skip
    assert (json.loads(row[16]), *row[17:]) == (["x", "ÿ"], "NORMAL", "bob", 3, 2)


def test_a_run_gives_what_its_task_runs_are_together(add, runs):
    parts = [
        replace(LOADED, part=number, status=status) for number, status in enumerate([*TaskStatus, TaskStatus.COMPLETED])
    ]
    run, empty = add([*parts, replace(WAITING, part=99)]), add([], submitted=NOON + MINUTE)
    assert runs(["run", *TOTALS]) == [
        (empty, 0, 0, 0, 0, 0, None, None),
        (run, 12, 2, 1, 3, 1, 0.25 * 11, 88.5),
    ]


def test_runs_with_totals_are_limited_to_the_newest(add, runs):
    old, new = add(), add([LOADED], submitted=NOON + MINUTE)
    assert runs(["n_tasks", "run"], limit=1) == [(1, new)]
    assert runs(["run"]) == [(new,), (old,)]


def test_rows_are_of_one_state_and_others_go_on_writing_meanwhile(add, store):
    parts = [replace(LOADED, part=number) for number in range(9_000)]
    run = add(parts)
    chunks = store.task_run_rows(TaskRunQuery(), ["status"])
    seen = list(next(chunks))
    with ThreadPoolExecutor(1) as writer:
        late = replace(parts[-1], status=TaskStatus.FAILED)
        writer.submit(store.record, run, 1, lease_until=NOON + MINUTE, task_runs=[late]).result(timeout=30)
    seen += chain.from_iterable(chunks)
    assert set(map(tuple, seen)) == {("completed",)} and len(seen) == 9_000
    assert store.task_runs(run)[-1].status is TaskStatus.FAILED


def test_rows_that_are_not_read_to_the_end_hold_nothing(add, store):
    add([replace(LOADED, part=number) for number in range(9_000)])
    for _ in range(20):
        next(store.task_run_rows(TaskRunQuery(), ["status"]))
    assert len(store.runs(RunQuery())) == 1

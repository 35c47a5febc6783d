"""When the attempts of a run waited and ran: the value behind the chart, and its table."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtscheduler.drawing.gantt import timeline_svg
from dtscheduler.drawing.lanes import Lane, Row, steps_of
from dtscheduler.drawing.timeline import described, timeline_of
from dtscheduler.model.job import AccessSpec, JobSpec, PartSpec, TaskSpec
from dtscheduler.model.run import AttemptRecord, TaskRunRecord
from dtscheduler.model.status import TaskStatus

START = datetime(2026, 11, 20, 18, tzinfo=UTC)


def at(seconds):
    return None if seconds is None else START + timedelta(seconds=seconds)


def job(*sizes, upstream=None):
    tasks = tuple(
        TaskSpec(name=f"t{n}", entrypoint="a.b", parts=tuple(PartSpec(f"p{p}") for p in range(size)), parallel=size > 1)
        for n, size in enumerate(sizes)
    )
    return JobSpec(name="job", tasks=tasks, upstream=upstream or tuple(() for _ in sizes), access=AccessSpec())


def ran(task, part, start, end, status=TaskStatus.COMPLETED, submitted=0.0, **facts):
    return TaskRunRecord(
        task=task, part=part, task_name=f"t{task}", part_name=f"p{part}", status=status, attempt=facts.pop("attempt", 1),
        submitted=at(submitted), started=at(start), ended=at(end), **facts,
    )  # fmt: skip


def test_a_bar_waits_and_runs():
    [row] = timeline_of(job(1), [ran(0, 0, 2, 5)]).table()
    assert (row["start"], row["end"], row["seconds"], row["waited"]) == (at(2), at(5), 3, 2)
    assert (row["task"], row["attempt"], row["status"], row["critical"]) == ("t0", 1, "completed", True)


def test_an_earlier_attempt_has_a_bar_of_its_own():
    earlier = AttemptRecord(
        task=0, part=0, attempt=1, status=TaskStatus.FAILED, reason="bad", submitted=at(0), started=at(0), ended=at(1)
    )
    table = timeline_of(job(1), [ran(0, 0, 2, 5, attempt=2)], [earlier]).table()
    assert [(row["attempt"], row["status"], row["seconds"]) for row in table] == [(1, "failed", 1), (2, "completed", 3)]


def test_what_still_runs_ends_now():
    timeline = timeline_of(job(1), [ran(0, 0, 1, None, status=TaskStatus.RUNNING)], now=at(9))
    assert (timeline.table()[0]["end"], timeline.going) == (at(9), True)


@pytest.mark.parametrize("status", [TaskStatus.REUSED, TaskStatus.DID_NOT_RUN, TaskStatus.READY])
def test_what_did_not_run_has_no_bar_and_is_counted_in_words(status):
    timeline = timeline_of(job(1, 1), [ran(0, 0, 0, 1), ran(1, 0, None, None, status=status)])
    assert [row["task"] for row in timeline.table()] == ["t0"]
    assert dict(timeline.counts)[status] == 1
    assert any("without a bar" in note for note in timeline.notes)


@pytest.mark.parametrize("records", [[], [ran(0, 0, None, None, status=TaskStatus.PENDING, submitted=None)]])
def test_a_run_of_which_nothing_ran_has_an_empty_chart(records):
    timeline = timeline_of(job(1), records)
    assert (timeline.start, timeline.table()) == (None, [])
    assert described(timeline).startswith("Nothing has run")
    assert timeline_svg(timeline).startswith("<svg")


def test_a_clock_that_stands_still_gives_a_bar_of_no_length():
    timeline = timeline_of(job(1), [ran(0, 0, 0, 0)])
    assert timeline.table()[0]["seconds"] == 0
    assert timeline_svg(timeline).startswith("<svg")


def test_the_critical_path_leads_to_the_end_of_the_run():
    spec = job(1, 1, 1, upstream=((), (0,), (0,)))
    timeline = timeline_of(spec, [ran(0, 0, 0, 2), ran(1, 0, 2, 3), ran(2, 0, 2, 7)])
    assert [bar.end for bar in timeline.path] == [2, 7]
    assert timeline.seconds == 7
    assert "What decided the end: t0 (p0), then t2 (p0)" in described(timeline)


def many(seconds):
    """A fan-out, one part after the other, of so many seconds each; the third fails."""
    records, start = [], 0.0
    for part, length in enumerate(seconds):
        status = TaskStatus.FAILED if part == 2 else TaskStatus.COMPLETED
        records.append(ran(0, part, start, start + length, status=status))
        start += length / 2
    return records


def test_many_parts_become_a_lane_with_those_that_failed_and_the_slowest_beside():
    timeline = timeline_of(job(60), many([1.0] * 59 + [30.0]))
    lanes = [row for row in timeline.rows if isinstance(row, Lane)]
    alone = {row.part for row in timeline.rows if isinstance(row, Row)}
    assert len(lanes) == 1
    assert {2, 59} <= alone
    assert len(alone) <= 12
    assert len(timeline.table()) == 60


@given(st.lists(st.integers(1, 50), min_size=51, max_size=80))
def test_the_area_of_a_lane_is_the_time_that_its_parts_took(seconds):
    timeline = timeline_of(job(len(seconds)), many([float(length) for length in seconds]))
    steps = steps_of(timeline.bars)
    area = sum(count * (following - start) for (start, count), (following, _) in zip(steps, steps[1:], strict=False))
    assert area == pytest.approx(sum(seconds))


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=20))
def test_every_bar_lies_within_the_chart(times):
    records = [ran(0, part, start, start + length) for part, (start, length) in enumerate(times)]
    timeline = timeline_of(job(len(times)), records)
    assert all(0 <= bar.start <= bar.end <= timeline.seconds + 1e-6 for bar in timeline.bars)


def test_a_chart_has_some_hundred_rows_at_most_and_says_what_is_left_out():
    timeline = timeline_of(job(*[1] * 1000), [ran(n, 0, n, n + 1) for n in range(1000)])
    assert len(timeline.rows) <= 310
    assert len(timeline.table()) == 1000


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_it_is_drawn_for_each_theme(theme):
    text = timeline_svg(timeline_of(job(1), [ran(0, 0, 0, 1)]), theme=theme, title="job")
    assert ("prefers-color-scheme" in text) == (theme == "auto")

"""When each attempt of a run waited and ran, in seconds from the run's first moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dtscheduler.drawing.critical import critical_path
from dtscheduler.drawing.looks import look_of
from dtscheduler.model.durations import show_duration
from dtscheduler.model.graph import topological_order
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import AttemptRecord, TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.model.text import one_line

LONGEST_NAME = 120
_LONGEST_REASON = 200
_WITHOUT_BAR = frozenset({TaskStatus.PENDING, TaskStatus.READY, TaskStatus.REUSED, TaskStatus.DID_NOT_RUN})

Part = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One attempt of one part. Times are seconds from the start of the timeline; texts are text, never markup.

    Args:
        task: Number of the task.
        part: Number of the part.
        task_name: As it is shown.
        part_name: As it is shown.
        attempt: Counted from 1.
        latest: Whether it is the attempt that counts; the others were tried again.
        status: How it ended, or that it runs.
        start: When it started.
        end: When it ended; of one that runs, the moment of looking.
        waited: How long before the start it could have started, or the attempt before it ended.
        critical: Whether its task run is on the path that decided when the run ended.
        about: Lines for whoever points at the bar.
    """

    task: int
    part: int
    task_name: str
    part_name: str
    attempt: int
    latest: bool
    status: TaskStatus
    start: float
    end: float
    waited: float
    critical: bool
    about: tuple[str, ...]

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """An attempt that started; ``able`` is when it could have."""

    key: Part
    record: TaskRunRecord | AttemptRecord
    able: datetime
    started: datetime
    ended: datetime


def bars_of(
    spec: JobSpec, task_runs: Iterable[TaskRunRecord], attempts: Iterable[AttemptRecord], now: datetime | None
) -> tuple[datetime | None, list[Bar]]:
    """The first moment of a run (None where nothing ran) and its bars, task by task, each after all it waits for.

    Args:
        spec: Of the job.
        task_runs: Of one run, in any order.
        attempts: The ones before those that count.
        now: When what runs counts as ended; None stands for the latest moment known.
    """
    by_key = {(one.task, one.part): one for one in task_runs}
    started: list[TaskRunRecord | AttemptRecord] = [
        one for one in by_key.values() if one.started and one.status not in _WITHOUT_BAR
    ]
    started += [one for one in attempts if one.started and (one.task, one.part) in by_key]
    if not started:
        return None, []
    now = now or max(moment for one in started for moment in (one.started, one.ended) if moment)
    found = _timed(started, now)
    critical = _critical(spec, found)
    first = min(one.able for one in found)
    names = {task: one_line(name, LONGEST_NAME) for task, name in {(k[0], r.task_name) for k, r in by_key.items()}}
    rank = {task: position for position, task in enumerate(topological_order(spec.upstream))}
    found.sort(key=lambda one: (rank[one.key[0]], one.key, one.started, one.record.attempt))
    return first, [_bar(spec, one, first, by_key[one.key], names, critical) for one in found]


def _timed(records: Iterable[TaskRunRecord | AttemptRecord], now: datetime) -> list[_Attempt]:
    """Nothing ends before it starts and nothing waits while it runs, whatever the clocks of the machines said."""
    found: list[_Attempt] = []
    before: dict[Part, datetime] = {}
    for record in sorted(records, key=lambda one: (one.attempt, isinstance(one, TaskRunRecord))):
        if record.started is None:
            continue
        key = record.task, record.part
        able = max(record.submitted or record.started, before.get(key, record.submitted or record.started))
        ended = now if record.status is TaskStatus.RUNNING else record.ended or record.started
        before[key] = ended = max(ended, record.started)
        able = min(able, record.started)
        found.append(_Attempt(key=key, record=record, able=able, started=record.started, ended=ended))
    return found


def _critical(spec: JobSpec, found: Iterable[_Attempt]) -> set[Part]:
    ends = [replace(one.record, ended=one.ended) for one in found if isinstance(one.record, TaskRunRecord)]
    return {(one.task, one.part) for one in critical_path(spec.upstream, ends)}


def _bar(
    spec: JobSpec,
    attempt: _Attempt,
    first: datetime,
    task_run: TaskRunRecord,
    names: dict[int, str],
    critical: set[Part],
) -> Bar:
    task, part = attempt.key
    task_name, part_name = names[task], one_line(task_run.part_name, LONGEST_NAME)
    latest = attempt.record is task_run
    start = (attempt.started - first).total_seconds()
    waited = (attempt.started - attempt.able).total_seconds()
    size = len(spec.tasks[task].parts)
    return Bar(
        task=task,
        part=part,
        task_name=task_name,
        part_name=part_name,
        attempt=attempt.record.attempt,
        latest=latest,
        status=attempt.record.status,
        start=start,
        end=(attempt.ended - first).total_seconds(),
        waited=waited,
        critical=attempt.key in critical,
        about=(
            f"{task_name}, part {part} of {size:,}: {part_name}" if size > 1 else task_name,
            *_said(attempt, waited, latest),
        ),
    )


def _said(attempt: _Attempt, waited: float, latest: bool) -> Sequence[str]:
    record = attempt.record
    took = show_duration(attempt.ended - attempt.started)
    known = record.ended is not None or record.status is TaskStatus.RUNNING
    outcome = f"{look_of(record.status).word} · {took if known else 'nobody saw the end'}"
    lines = [outcome if latest and record.attempt <= 1 else f"{outcome} · attempt {record.attempt}"]
    after = f", after waiting {show_duration(waited)}" if waited >= 0.001 else ""
    lines.append(f"started {instant(attempt.started)}{after}")
    return [*lines, one_line(record.reason, _LONGEST_REASON)] if record.reason else lines


def instant(moment: datetime) -> str:
    """A moment in UTC to the second, as one reads it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

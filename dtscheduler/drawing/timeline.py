"""What happened when in a run: bars for its attempts, the chain that decided its end, and all of it as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from dtscheduler.drawing.bars import Bar, Part, bars_of, instant
from dtscheduler.drawing.diagram import summary
from dtscheduler.drawing.lanes import MOST_OUTSTANDING, MOST_PARTS, Lane, Line, Row, lines_of
from dtscheduler.drawing.looks import MOST_TELLING
from dtscheduler.model.durations import show_duration
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import AttemptRecord, TaskRunRecord
from dtscheduler.model.status import TaskStatus

_MOST_NAMED = 6

Counts = tuple[tuple[TaskStatus, int], ...]


class TimelineRow(TypedDict):
    """An attempt in the table: ``start`` and ``end`` are in UTC, ``seconds`` and ``waited`` are seconds."""

    task: str
    part: str
    attempt: int
    status: str
    start: datetime
    end: datetime
    seconds: float
    waited: float
    critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When the attempts of a run waited and ran. Texts are one line each, without secrets; text, never markup.

    Args:
        start: Its first moment, in UTC; None where nothing ran.
        seconds: How long it is.
        bars: All attempts that started, task by task, also those that no row of their own shows.
        rows: What is drawn, from top to bottom, at most about 300.
        counts: How many task runs have which status, the most telling first.
        earlier: The same for attempts that were tried again.
        going: Whether something still runs; the end is then the moment of looking.
        notes: What no row shows, in words.
    """

    start: datetime | None = None
    seconds: float = 0.0
    bars: tuple[Bar, ...] = ()
    rows: tuple[Line, ...] = ()
    counts: Counts = ()
    earlier: Counts = ()
    going: bool = False
    notes: tuple[str, ...] = ()

    @property
    def path(self) -> tuple[Bar, ...]:
        """The bars of the task runs that decided when the run ended, earliest first."""
        return tuple(sorted((bar for bar in self.bars if bar.critical), key=lambda bar: (bar.start, bar.end)))

    def table(self) -> list[TimelineRow]:
        """The same as rows: each attempt that started, in the order of the bars."""
        if self.start is None:
            return []
        return [_table_row(self.start, bar) for bar in self.bars]


def timeline_of(
    spec: JobSpec,
    task_runs: Sequence[TaskRunRecord],
    attempts: Sequence[AttemptRecord] = (),
    *,
    now: datetime | None = None,
) -> Timeline:
    """Draw up when a run did what. What was reused or did not run has no bar and is counted in words.

    Args:
        spec: Of the job.
        task_runs: Of one run, in any order.
        attempts: Those before the ones that count.
        now: Where bars of what runs end; without it, at the latest moment that is known.
    """
    start, bars = bars_of(spec, task_runs, attempts, now)
    rows = lines_of(bars, [len(task.parts) for task in spec.tasks])
    counts = _counted(one.status for one in {(one.task, one.part): one for one in task_runs}.values())
    earlier = _counted(bar.status for bar in bars if not bar.latest)
    return Timeline(
        start=start,
        seconds=max((bar.end for bar in bars), default=0.0),
        bars=tuple(bars),
        rows=rows,
        counts=counts,
        earlier=earlier,
        going=any(bar.status is TaskStatus.RUNNING for bar in bars),
        notes=_notes(bars, rows, counts, earlier),
    )


def described(timeline: Timeline) -> str:
    """Say in a few sentences what is to be seen."""
    if timeline.start is None:
        return _sentences(["nothing has run", *timeline.notes])
    length = show_duration(timeline.seconds)
    said = [f"{summary(timeline.counts)}, in {length} from {instant(timeline.start)}"]
    names = list(dict.fromkeys(_name(bar) for bar in timeline.path))
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED // 2], f"{len(names) - _MOST_NAMED:,} more", *names[-_MOST_NAMED // 2 :]]
    if len(names) > 1:
        said.append(f"what decided the end: {', then '.join(names)}")
    return _sentences([*said, *timeline.notes])


def _sentences(said: Iterable[str]) -> str:
    return ". ".join(text[:1].upper() + text[1:] for text in said)


def _name(bar: Bar) -> str:
    return bar.task_name if bar.part_name == bar.task_name else f"{bar.task_name} ({bar.part_name})"


def _counted(statuses: Iterable[TaskStatus]) -> Counts:
    found = Counter(statuses)
    return tuple((status, found[status]) for status in MOST_TELLING if status in found)


def _notes(bars: Sequence[Bar], rows: Sequence[Line], counts: Counts, earlier: Counts) -> tuple[str, ...]:
    notes = []
    shown: set[tuple[Part, int, float]] = {
        ((bar.task, bar.part), bar.attempt, bar.start) for row in rows if isinstance(row, Row) for bar in row.bars
    }
    ran = Counter(bar.status for bar in bars if bar.latest)
    without = [(status, count - ran[status]) for status, count in counts if count > ran[status]]
    if without:
        notes.append(f"without a bar: {summary(without)}")
    if earlier:
        total = sum(count for _, count in earlier)
        notes.append(f"{total:,} earlier attempt{'s' if total > 1 else ''}, tried again: {summary(earlier)}")
    if any(isinstance(row, Lane) and row.task is not None for row in rows):
        notes.append(
            f"of more than {MOST_PARTS} parts, rows show at most {MOST_OUTSTANDING}: failed ones and the slowest"
        )
    hidden = len(bars) - len(shown)
    if hidden:
        notes.append(f"{hidden:,} of {len(bars):,} attempts have no bar of their own; the table has them all")
    return tuple(notes)


def _table_row(start: datetime, bar: Bar) -> TimelineRow:
    return TimelineRow(
        task=bar.task_name,
        part=bar.part_name,
        attempt=bar.attempt,
        status=bar.status.value,
        start=start + timedelta(seconds=bar.start),
        end=start + timedelta(seconds=bar.end),
        seconds=bar.seconds,
        waited=bar.waited,
        critical=bar.critical,
    )

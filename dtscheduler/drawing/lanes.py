"""The rows of a timeline: one for each part, or for very many parts how many of them ran at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from dtscheduler.drawing.bars import Bar
from dtscheduler.model.status import TaskStatus

MOST_PARTS = 50
MOST_OUTSTANDING = 10
MOST_ROWS = 300
_MOST_BARS = 600
_MOST_BARS_OF_A_ROW = 40
_WELL = frozenset({TaskStatus.COMPLETED, TaskStatus.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One part: ``bars`` are its attempts, earliest first. A part of a fan-out stands under its heading or lane."""

    label: str
    task: int
    part: int
    in_fan_out: bool
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A fan-out whose parts follow: how many of them ran, and from when to when, in seconds from the start."""

    label: str
    task: int
    parts: int
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Many parts in one row.

    Args:
        label: Name of the task, or what else it holds.
        task: Number of the task; None where it holds those of many tasks.
        parts: How many parts ran.
        steps: From which second on how many ran at a time; the last step is down to 0.
        peak: The most that ran at a time; parts that took no time at all count for none.
    """

    label: str
    task: int | None
    parts: int
    steps: tuple[tuple[float, int], ...]
    peak: int


Line = Row | Heading | Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A task: what stands above its rows, if anything, and its rows."""

    head: Heading | Lane | None
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]


def lines_of(bars: Sequence[Bar], sizes: Sequence[int]) -> tuple[Line, ...]:
    """The rows of a timeline, at most about 300; the last lane holds what has no other place.

    Args:
        bars: Of all attempts, those of a task together, those of a part earliest first.
        sizes: How many parts each task has.
    """
    groups = [_group(task, tuple(found), sizes[task]) for task, found in groupby(bars, key=lambda one: one.task)]
    kept = _kept(groups)
    lines: list[Line] = []
    left: list[Bar] = []
    for number, group in enumerate(groups):
        rows = [row for place, row in enumerate(group.rows) if (number, place) in kept]
        if not rows and (number, -1) not in kept:
            left += group.bars
            continue
        if group.head:
            lines.append(group.head)
        lines += rows
        if not isinstance(group.head, Lane):
            drawn = {row.part for row in rows}
            left += [bar for bar in group.bars if bar.part not in drawn]
    return tuple(_within_bars(lines)) + ((_rest(left),) if left else ())


def steps_of(bars: Iterable[Bar]) -> tuple[tuple[float, int], ...]:
    """From which second on how many ran at a time; the area below is the sum of the bars' seconds."""
    changes: Counter[float] = Counter()
    for bar in bars:
        if bar.end > bar.start:
            changes[bar.start] += 1
            changes[bar.end] -= 1
    steps, running = [], 0
    for moment in sorted(changes):
        if changes[moment]:
            running += changes[moment]
            steps.append((moment, running))
    return tuple(steps)


def _group(task: int, bars: tuple[Bar, ...], size: int) -> _Group:
    by_part = [tuple(found) for _, found in groupby(bars, key=lambda one: one.part)]
    fan_out = size > 1
    rows = tuple(
        Row(
            label=found[0].part_name if fan_out else found[0].task_name,
            task=task,
            part=found[0].part,
            in_fan_out=fan_out,
            bars=found,
        )
        for found in by_part
    )
    label = bars[0].task_name
    if not fan_out:
        return _Group(head=None, rows=rows, bars=bars)
    if len(rows) <= MOST_PARTS:
        start, end = min(bar.start for bar in bars), max(bar.end for bar in bars)
        heading = Heading(label=label, task=task, parts=len(rows), start=start, end=end)
        return _Group(head=heading, rows=rows, bars=bars)
    return _Group(head=_lane(label, task, len(rows), bars), rows=_outstanding(rows), bars=bars)


def _lane(label: str, task: int | None, parts: int, bars: Iterable[Bar]) -> Lane:
    steps = steps_of(bars)
    return Lane(label=label, task=task, parts=parts, steps=steps, peak=max((count for _, count in steps), default=0))


def _rest(bars: Sequence[Bar]) -> Lane:
    parts = len({(bar.task, bar.part) for bar in bars})
    return _lane(f"{parts:,} more task run{'s' if parts > 1 else ''}", None, parts, bars)


def _outstanding(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Those of many parts that one asks for: the critical one, the failed ones (half of the room), the slowest."""
    by_weight = sorted(rows, key=_weight)
    bad = [row for row in by_weight if row.bars[-1].critical or row.bars[-1].status not in _WELL]
    slow = sorted(rows, key=lambda row: -row.bars[-1].seconds)
    found = dict.fromkeys(row.part for row in [*bad[: MOST_OUTSTANDING // 2], *slow[:MOST_OUTSTANDING], *bad])
    chosen = set(list(found)[:MOST_OUTSTANDING])
    return tuple(row for row in rows if row.part in chosen)


def _weight(row: Row) -> tuple[int, float]:
    """What should be seen first: what decided the end, what failed, what runs, what took long."""
    last = row.bars[-1]
    seconds = sum(bar.seconds for bar in row.bars)
    if last.critical:
        return 0, -seconds
    return 1 if last.status not in _WELL else 2 if last.status is TaskStatus.RUNNING else 3, -seconds


def _kept(groups: Sequence[_Group]) -> set[tuple[int, int]]:
    """Group and place of the rows for which there is room; place -1 is a lane without rows."""
    wanted = [
        (_weight(row), number, place) for number, group in enumerate(groups) for place, row in enumerate(group.rows)
    ]
    wanted += [
        ((1, -sum(bar.seconds for bar in group.bars)), number, -1)
        for number, group in enumerate(groups)
        if isinstance(group.head, Lane)
    ]
    kept: set[tuple[int, int]] = set()
    headed: set[int] = set()
    room = MOST_ROWS - 1
    for _, number, place in sorted(wanted):
        new_head = groups[number].head is not None and number not in headed
        needed = (place >= 0) + new_head
        if needed > room:
            continue
        room -= needed
        headed.add(number)
        kept.add((number, place))
    return kept


def _within_bars(lines: Sequence[Line]) -> list[Line]:
    """With the latest attempts only, where there are very many."""
    rows = sum(isinstance(line, Row) for line in lines)
    most = min(_MOST_BARS_OF_A_ROW, _MOST_BARS // max(rows, 1))
    return [_with_latest(line, most) if isinstance(line, Row) else line for line in lines]


def _with_latest(row: Row, most: int) -> Row:
    if len(row.bars) <= most:
        return row
    return Row(label=row.label, task=row.task, part=row.part, in_fan_out=row.in_fan_out, bars=row.bars[-most:])

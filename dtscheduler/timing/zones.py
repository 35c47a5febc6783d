"""How the wall clock of a zone and real time go together, counted in whole seconds since the start of year 1.

Looking once a day finds every change: no zone changes its clock twice within three days.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 86_400
ORIGIN = datetime(1, 1, 1, tzinfo=UTC)
LAST_DAY = datetime.max.toordinal() - 1
LAST_SECOND = (LAST_DAY + 1) * DAY - 1
_WALL_ORIGIN = datetime(1, 1, 1)


def seconds_of(instant: datetime) -> int:
    """An aware datetime as seconds, rounded down; instants beyond the ends of UTC's calendar have theirs too."""
    return whole_seconds(instant - ORIGIN)


def instant_of(seconds: int) -> datetime:
    """The aware datetime in UTC that so many seconds stand for."""
    return ORIGIN + timedelta(seconds=seconds)


def whole_seconds(span: timedelta) -> int:
    """A timedelta in seconds, rounded down."""
    return span.days * DAY + span.seconds


def offset_at(zone: ZoneInfo, seconds: int) -> int:
    """How many seconds the wall clock of a zone is ahead of UTC at an instant."""
    if not DAY <= seconds <= LAST_SECOND - DAY:  # so near to an end, the local time may have no datetime
        seconds = min(max(seconds, DAY), LAST_SECOND - DAY)
    return _offset(instant_of(seconds).astimezone(zone))


def instant_of_label(zone: ZoneInfo, wall_seconds: int) -> int:
    """When the wall clock shows a label first; for a label that is skipped, the first instant after the gap."""
    label = (_WALL_ORIGIN + timedelta(seconds=wall_seconds)).replace(tzinfo=zone)
    before = _offset(label)
    instant = wall_seconds - before
    if offset_at(zone, instant) == before:
        return instant
    return _change_between(zone, wall_seconds - _offset(label.replace(fold=1)), instant)


def instant_of_wall_clock(zone: ZoneInfo, wall: datetime) -> datetime:
    """When the wall clock of a zone first shows a naive time, or the first instant after the gap that skips it."""
    whole = wall.replace(microsecond=0)
    instant = instant_of(instant_of_label(zone, whole_seconds(whole - _WALL_ORIGIN)))
    return instant + timedelta(microseconds=wall.microsecond)


def stretches(zone: ZoneInfo, start: int) -> Iterator[tuple[int, int, int]]:
    """Cut the rest of a day of UTC where the offset changes: starts, ends (not included) and offsets."""
    today = start // DAY
    end = (today + 1) * DAY
    offset = _midnight_offset(zone, today)
    if offset == _midnight_offset(zone, today + 1):
        yield start, end, offset
        return
    change = _change_between(zone, today * DAY, end)
    if start < change:
        yield start, change, offset
    yield max(start, change), end, offset_at(zone, change)


@lru_cache(maxsize=8192)
def _midnight_offset(zone: ZoneInfo, day: int) -> int:
    return offset_at(zone, day * DAY)


def _change_between(zone: ZoneInfo, early: int, late: int) -> int:
    """The first instant with a new offset, between two instants whose offsets differ."""
    before = offset_at(zone, early)
    while late - early > 1:
        middle = (early + late) // 2
        if offset_at(zone, middle) == before:
            early = middle
        else:
            late = middle
    return late


def _offset(local: datetime) -> int:
    offset = local.utcoffset()
    assert offset is not None  # noqa: S101 # a ZoneInfo always knows its offset
    return whole_seconds(offset)

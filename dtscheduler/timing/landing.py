"""Which times of the wall clock fire at an instant, and what a clock change has done to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from dtscheduler.model.schedule import TimeSchedule
from dtscheduler.timing.levels import levels_of

_MINUTE = timedelta(minutes=1)
_JUST_BEFORE = timedelta(microseconds=1)


class ClockChange(Enum):
    """What a clock change does to a fire, in words."""

    NONE = ""
    SKIPPED = "clocks skip this time; fires right after"
    MERGED = "clocks skip an earlier time; both are one fire"
    FIRST = "this time comes twice; fires the first time"
    BOTH = "this time comes twice; fires both times"
    PASSED = "this time comes twice; fired the first time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """An instant as a schedule sees it.

    ``local`` is what the wall clock shows then; ``labels`` are the times that fire then, in order: none, the one shown,
    those that the clock skips just before, or all of these.
    """

    local: datetime
    labels: tuple[datetime, ...]
    change: ClockChange


def landing_of(schedule: TimeSchedule, instant: datetime) -> Landing:
    """See what fires at an aware instant. Raises ``OverflowError`` where the local time has no date."""
    levels = levels_of(schedule)
    local = local_time(schedule.timezone, instant)
    shown = local.replace(tzinfo=None, fold=0)
    matching = levels.match(shown)
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    if levels.follows_clock:
        change = ClockChange.BOTH if matching and twice else ClockChange.NONE
        return Landing(local=local, labels=(shown,) if matching else (), change=change)
    skipped = [label for label in _skipped_before(local) if levels.match(label)]
    labels = (*skipped, shown) if matching and local.fold == 0 else tuple(skipped)
    return Landing(local=local, labels=labels, change=_change(bool(skipped), matching, local.fold == 1, twice))


def local_time(zone: str, instant: datetime) -> datetime:
    """An instant on the clock of a zone, as it is really shown."""
    return instant.astimezone(UTC).astimezone(ZoneInfo(zone))


def show_local(local: datetime) -> str:
    """``'2026-03-29 03:00 CEST'``, with seconds where there are any."""
    precision = "minutes" if local.second == local.microsecond == 0 else "auto"
    return f"{local.replace(tzinfo=None).isoformat(' ', precision)} {local.tzname()}"


def _change(skipped: bool, matching: bool, again: bool, twice: bool) -> ClockChange:
    if skipped:
        return ClockChange.MERGED if matching else ClockChange.SKIPPED
    if matching and twice:
        return ClockChange.PASSED if again else ClockChange.FIRST
    return ClockChange.NONE


def _skipped_before(local: datetime) -> list[datetime]:
    """The full minutes that the clock skips to show this time next; none unless it jumps at this very instant."""
    before, after = (local.astimezone(UTC) - _JUST_BEFORE).astimezone(local.tzinfo).utcoffset(), local.utcoffset()
    if before is None or after is None or after <= before:
        return []
    shown = local.replace(tzinfo=None, fold=0)
    label = shown - (after - before)
    if label.second:
        label += timedelta(seconds=60 - label.second)
    return [label + number * _MINUTE for number in range(-((label - shown) // _MINUTE))]

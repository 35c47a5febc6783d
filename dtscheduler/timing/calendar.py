"""When a schedule fires."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo

from dtscheduler.model.schedule import TimeSchedule
from dtscheduler.timing.levels import Levels, levels_of
from dtscheduler.timing.zones import (
    DAY,
    LAST_DAY,
    LAST_SECOND,
    instant_of,
    instant_of_label,
    offset_at,
    seconds_of,
    stretches,
    whole_seconds,
)

_MIDNIGHT_UTC = time(tzinfo=UTC)


def next_fire(schedule: TimeSchedule, after: datetime) -> datetime | None:
    """The first fire strictly after an aware datetime, in UTC; None only where the calendar (year 9999) ends."""
    return next(fires(schedule, after), None)


def fires_between(schedule: TimeSchedule, after: datetime, until: datetime) -> list[datetime]:
    """All fires strictly after one instant and not after another, in UTC."""
    return list(takewhile(lambda fire: fire <= until, fires(schedule, after)))


def fires(schedule: TimeSchedule, after: datetime) -> Iterator[datetime]:
    """All fires strictly after an aware datetime, in UTC, each later than the one before.

    A schedule in effect in all 24 hours follows the clock: every matching real minute fires. Any other fires once for
    each label of the wall clock: where it occurs twice, the first time; where it is skipped, at the first instant after
    the gap; several on one instant are one fire.
    """
    timetable = _timetable(schedule)
    return timetable.fires(seconds_of(after))


class _Timetable:
    """A schedule as tables: the times of a day, and the days of every shape of month."""

    __slots__ = ("_days_of_shape", "_levels", "_probes", "_seconds", "_spans", "_zone")

    def __init__(self, levels: Levels, zone: ZoneInfo) -> None:
        self._levels = levels
        self._zone = zone
        self._seconds, self._spans = _times(levels.minutes, levels.hours)
        ends = sorted({self._seconds[0], self._seconds[-1]})
        self._probes = [_time_of_day(end, zone, fold) for end in ends for fold in (0, 1)]
        self._days_of_shape: dict[tuple[int, int], tuple[int, ...]] = {}

    def fires(self, after: int) -> Iterator[datetime]:
        return self._real_minutes(after) if self._levels.follows_clock else self._labels(after)

    def _real_minutes(self, after: int) -> Iterator[datetime]:
        """Fires of a schedule that follows the clock, one day of UTC after the other."""
        start = max(after + 1, 0)
        while start <= LAST_SECOND:
            today = start // DAY
            day = next(self._days(today - 1), None)  # the wall clock may be a day behind UTC, or ahead
            if day is None:
                return
            if day <= today + 1:
                for begin, end, offset in stretches(self._zone, start):
                    yield from self._matching(begin + offset, end + offset, offset)
            start = (max(day, today + 2) - 1) * DAY

    def _matching(self, begin: int, end: int, offset: int) -> Iterator[datetime]:
        """Instants of the labels from one (included) to another, where the offset stays the same."""
        for day in self._days(begin // DAY):
            midnight = day * DAY
            if midnight >= end:
                return
            left, right = bisect_left(self._seconds, begin - midnight), bisect_left(self._seconds, end - midnight)
            spans = map(self._spans.__getitem__, range(left, right))
            if midnight < offset:  # this day began before the calendar of UTC does
                yield from (instant_of(midnight + second - offset) for second in self._seconds[left:right])
            else:
                yield from map(instant_of(midnight - offset).__add__, spans)

    def _labels(self, after: int) -> Iterator[datetime]:
        """Fires of a schedule that fires once for each label."""
        near = (after + offset_at(self._zone, after)) // DAY  # of later days, no label has passed
        after = max(after, -1)
        for day in self._days(near):
            there = date.fromordinal(day + 1)
            offset = self._steady_offset(there)
            if offset is None:
                for instant in self._moved(day, after):
                    if after < instant <= LAST_SECOND:
                        yield instant_of(instant)
                        after = instant
                near = day + 1
                continue
            passed = bisect_right(self._seconds, after + whole_seconds(offset) - day * DAY) if day <= near else 0
            yield from map((datetime.combine(there, _MIDNIGHT_UTC) - offset).__add__, self._spans[passed:])

    def _steady_offset(self, there: date) -> timedelta | None:
        """The offset at all labels of a day; None where one is repeated or skipped, and at the calendar's ends."""
        offset = datetime.combine(there, self._probes[0]).utcoffset()
        for probe in self._probes[1:]:
            if datetime.combine(there, probe).utcoffset() != offset:
                return None
        return offset if date.min < there < date.max else None

    def _moved(self, day: int, after: int) -> Iterator[int]:
        """The instants of the labels of a day on which the clock changes, but for those that have passed."""

        def instant(second: int) -> int:
            return instant_of_label(self._zone, day * DAY + second)

        return map(instant, self._seconds[bisect_right(self._seconds, after, key=instant) :])

    def _days(self, start: int) -> Iterator[int]:
        """The matching days from one (included) on; 0 is 1 January of year 1."""
        if start > LAST_DAY:
            return
        start = max(start, 0)
        day = date.fromordinal(start + 1)
        year, earliest = day.year, day.month
        while year < 10_000:
            for month in self._levels.months:
                if month < earliest:
                    continue
                first = date(year, month, 1).toordinal() - 1
                for matching in self._days_in(first % 7, _length(year, month)):
                    if first + matching > start:
                        yield first + matching - 1
            year, earliest = year + 1, 1

    def _days_in(self, first_weekday: int, length: int) -> tuple[int, ...]:
        shape = (first_weekday, length)
        found = self._days_of_shape.get(shape)
        if found is None:
            found = self._days_of_shape[shape] = self._levels.days.in_month(first_weekday, length)
        return found


@lru_cache(maxsize=4096)
def _timetable(schedule: TimeSchedule) -> _Timetable:
    return _Timetable(levels_of(schedule), ZoneInfo(schedule.timezone))


@lru_cache(maxsize=256)
def _times(minutes: tuple[int, ...], hours: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[timedelta, ...]]:
    """The times of a day, as seconds since midnight and as timedeltas."""
    seconds = tuple(3600 * hour + 60 * minute for hour in hours for minute in minutes)
    return seconds, tuple(timedelta(seconds=second) for second in seconds)


def _time_of_day(seconds: int, zone: ZoneInfo, fold: int) -> time:
    return time(seconds // 3600, seconds % 3600 // 60, tzinfo=zone, fold=fold)


def _length(year: int, month: int) -> int:
    if month != 2:
        return 30 + (month + month // 8) % 2
    return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28

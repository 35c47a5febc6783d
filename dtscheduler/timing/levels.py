"""Which minutes, hours, days and months a schedule asks for, once those not set have taken their meaning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from dtscheduler.model.schedule import TimeSchedule, months_of
from dtscheduler.timing.days import Days

ALL_MINUTES = tuple(range(60))
ALL_HOURS = tuple(range(24))
ALL_MONTHS = tuple(range(1, 13))


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The values that match at each level, sorted."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Days
    months: tuple[int, ...]

    @property
    def follows_clock(self) -> bool:
        """Whether every matching real minute fires, also where the clock repeats or skips some."""
        return self.hours == ALL_HOURS

    def match(self, label: datetime) -> bool:
        """Whether a time of the wall clock is a full minute that matches at every level."""
        return (
            label.minute in self.minutes
            and label.hour in self.hours
            and label.month in self.months
            and self.days.match(label)
            and label.second == label.microsecond == 0
        )


@lru_cache(maxsize=4096)
def levels_of(schedule: TimeSchedule) -> Levels:
    """Give each level its values: not set, a level coarser than the finest one set means all, a finer one the first.

    A step of months without a day means the 1st.
    """
    minute_set = bool(schedule.at_minutes) or schedule.every_minute is not None
    hour_set = bool(schedule.at_hours) or schedule.every_hour is not None
    return Levels(
        minutes=_values(schedule.at_minutes, schedule.every_minute, 60) or (0,),
        hours=_values(schedule.at_hours, schedule.every_hour, 24) or (ALL_HOURS if minute_set else (0,)),
        days=_days(schedule, finer_set=minute_set or hour_set),
        months=months_of(schedule),
    )


def _days(schedule: TimeSchedule, *, finer_set: bool) -> Days:
    if schedule.weekdays or schedule.day_of_month is not None or schedule.first_last is not None:
        return Days(weekdays=schedule.weekdays, day=schedule.day_of_month, nth=schedule.first_last)
    return Days(every=True) if finer_set and schedule.every_month is None else Days(day=1)


def _values(listed: tuple[int, ...], step: int | None, end: int) -> tuple[int, ...]:
    return listed if step is None else tuple(range(0, end, step))

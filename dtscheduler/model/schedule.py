"""When a job should run, as a value: at times, after another job, or only by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum


class Weekday(Enum):
    """Day of the week, Monday first."""

    MON = "Mon"
    TUE = "Tue"
    WED = "Wed"
    THU = "Thu"
    FRI = "Fri"
    SAT = "Sat"
    SUN = "Sun"


class Which(Enum):
    """Which of a month's Mondays, Tuesdays, ... is meant."""

    FIRST = "First"
    SECOND = "Second"
    THIRD = "Third"
    FOURTH = "Fourth"
    FIFTH = "Fifth"
    LAST = "Last"


class AfterCondition(Enum):
    """With which outcome of the preceding job a Run-After job starts."""

    SUCCESS = "on success"
    FAILURE = "on failure"
    ALWAYS = "always"


class CatchUp(Enum):
    """What is done about instants that were missed: the latest of them runs, all do, or none."""

    LATEST = "latest"
    ALL = "all"
    NONE = "none"


class Overlap(Enum):
    """What becomes of a fire while a run of the job is active: it waits, is skipped, or runs beside it."""

    WAIT = "wait"
    SKIP = "skip"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringPolicy:
    """What becomes of fires that cannot start a run at once; nothing older than the window is caught up."""

    catch_up: CatchUp = CatchUp.LATEST
    catch_up_window: timedelta = timedelta(hours=24)
    overlap: Overlap = Overlap.WAIT


AS_USUAL = FiringPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class NthWeekday:
    """A weekday chosen by its place in the month: the last Friday."""

    which: Which
    weekday: Weekday


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSchedule:
    """Fires at wall-clock times: an instant fires when minute, hour, day and month all match.

    Lists are sorted and without repeats; an empty one does not constrain. Of a list and its ``every_`` twin
    at most one is set. The day's three selectors form a union.
    """

    at_minutes: tuple[int, ...] = ()
    every_minute: int | None = None
    at_hours: tuple[int, ...] = ()
    every_hour: int | None = None
    weekdays: tuple[Weekday, ...] = ()
    day_of_month: int | None = None
    first_last: NthWeekday | None = None
    in_months: tuple[int, ...] = ()
    every_month: int | None = None
    timezone: str = "UTC"
    rundate_offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterSchedule:
    """Fires when a run of another job has ended with a matching outcome."""

    job_name: str | None = None
    job_uuid: str | None = None
    condition: AfterCondition = AfterCondition.SUCCESS
    timezone: str = "UTC"
    rundate_offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """Never fires by itself; the zone and the offset still give the rundate of runs by hand."""

    timezone: str = "UTC"
    rundate_offset: int = 0


NEVER = Never()

ScheduleSpec = TimeSchedule | AfterSchedule | Never


def months_of(schedule: TimeSchedule) -> tuple[int, ...]:
    """The months in which a schedule can fire; steps are anchored at January."""
    if schedule.every_month is not None:
        return tuple(range(1, 13, schedule.every_month))
    return schedule.in_months or tuple(range(1, 13))


def can_fire(schedule: TimeSchedule) -> bool:
    """Whether there is any day, in any year, on which the schedule fires."""
    if schedule.weekdays:
        return True
    months = months_of(schedule)
    by_weekday = schedule.first_last is not None  # every month has a fifth something; February in leap years
    by_day = schedule.day_of_month is not None and any(schedule.day_of_month <= LONGEST_MONTH[m] for m in months)
    return by_weekday or by_day or schedule.day_of_month is None


LONGEST_MONTH = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}

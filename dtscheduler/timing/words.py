"""What a schedule says, as an English sentence."""

from __future__ import annotations

from collections.abc import Sequence

from dtscheduler.model.schedule import (
    LONGEST_MONTH,
    AfterCondition,
    AfterSchedule,
    NthWeekday,
    ScheduleSpec,
    TimeSchedule,
    Which,
)
from dtscheduler.timing.days import Days, number_of
from dtscheduler.timing.levels import ALL_MINUTES, ALL_MONTHS, Levels, levels_of
from dtscheduler.timing.names import MONTHS, WEEKDAYS, counted, joined, ordinal

MOST_TIMES = 6
_OUTCOMES = {AfterCondition.SUCCESS: "completes", AfterCondition.FAILURE: "fails", AfterCondition.ALWAYS: "ends"}


def describe(schedule: ScheduleSpec) -> str:
    """Say in one sentence when a schedule fires, and for which date.

    Steps whose last gap is shorter say so.
    """
    if isinstance(schedule, TimeSchedule):
        return _when(schedule) + _for_which_date(schedule)
    zone = "" if schedule.timezone == "UTC" else f", on the calendar of {schedule.timezone}"
    after = _after(schedule) if isinstance(schedule, AfterSchedule) else "only by hand"
    return after + zone + _for_which_date(schedule)


def _after(schedule: AfterSchedule) -> str:
    job = repr(schedule.job_name) if schedule.job_name else f"the job {schedule.job_uuid}"
    return f"after {job} {_OUTCOMES[schedule.condition]}"


def _for_which_date(schedule: ScheduleSpec) -> str:
    days = schedule.rundate_offset
    if days == 0:
        return ""
    length = "the day" if abs(days) == 1 else f"{abs(days)} days"
    return f", for {length} {'before' if days < 0 else 'after'}"


def _when(schedule: TimeSchedule) -> str:
    levels = levels_of(schedule)
    days = _days(schedule, levels)
    if schedule.every_hour is not None or levels.follows_clock:
        return f"{_rhythm(schedule, levels)}{'' if days == 'every day' else ' ' + days}, {schedule.timezone}"
    return f"{_clock_times(schedule, levels)} {schedule.timezone} {days}"


def _rhythm(schedule: TimeSchedule, levels: Levels) -> str:
    """Times of schedules that go through the day in even steps."""
    step = 1 if levels.follows_clock else schedule.every_hour or 1
    hours = "every hour" if step == 1 else f"every {step} hours"
    gap = _short_gap(levels.hours, 24, "hour", "midnight")
    if levels.minutes == ALL_MINUTES or schedule.every_minute is not None:
        minutes = _minute_step(schedule.every_minute or 1) + _hour_gap(levels)
        return minutes if levels.follows_clock else f"{minutes} in every {ordinal(step)} hour from 00:00{gap}"
    return f"{hours}{gap}" if levels.minutes == (0,) else f"{hours} at {_past_the_hour(levels)}{gap}"


def _clock_times(schedule: TimeSchedule, levels: Levels) -> str:
    """Times of schedules that name their hours."""
    minutes, hours = levels.minutes, levels.hours
    in_a_row = hours == tuple(range(hours[0], hours[-1] + 1))
    stepping = minutes == ALL_MINUTES or schedule.every_minute is not None
    between = f"from {_clock(hours[0], minutes[0])} to {_clock(hours[-1], minutes[-1])}"
    if stepping and len(minutes) > 1:
        step, gap = _minute_step(schedule.every_minute or 1), _hour_gap(levels) if len(hours) > 1 else ""
        return f"{step}{gap} {between}" if in_a_row else f"{step} of the hours {joined(hours)}{gap}"
    if len(minutes) * len(hours) <= MOST_TIMES:
        return f"at {joined(_clock(hour, minute) for hour in hours for minute in minutes)}"
    if in_a_row and len(minutes) == 1:
        return f"every hour {between}"
    if in_a_row:
        return f"at {_past_the_hour(levels)} of every hour {between}"
    return f"at {_past_the_hour(levels)} of the hours {joined(hours)}"


def _minute_step(step: int) -> str:
    return "every minute" if step == 1 else f"every {step} minutes"


def _hour_gap(levels: Levels) -> str:
    return _short_gap(levels.minutes, 60, "minute", "the hour")


def _short_gap(values: Sequence[int], end: int, unit: str, before: str) -> str:
    """What is to be said when steps start anew before the last one is complete."""
    gap = end - values[-1] + values[0]
    if len(values) == 1 or gap >= values[1] - values[0]:
        return ""
    return f" (the last gap before {before} is {counted(gap, unit)})"


def _days(schedule: TimeSchedule, levels: Levels) -> str:
    days, months = levels.days, _months(schedule, levels)
    if days.every or len(days.weekdays) == 7:
        return f"every day in {months}" if months else "every day"
    of_weeks = [f"{WEEKDAYS[number_of(weekday)]}s" for weekday in days.weekdays]
    of_months = [f"the {ordinal(days.day)}"] if days.day is not None else []
    of_months += [f"the {_nth_words(days.nth)}"] if days.nth is not None else []
    found = f"on {joined(of_weeks + of_months)}"
    if not of_months:
        return (_week(days) or found) + (f" in {months}" if months else "")
    of = f" of {months or 'every month'}" if not of_weeks else f" of the month{f' in {months}' if months else ''}"
    return f"{found}{of}{' (where there is one)' if _may_be_missing(levels) else ''}"


def _nth_words(nth: NthWeekday) -> str:
    return f"{nth.which.value.lower()} {WEEKDAYS[number_of(nth.weekday)]}"


def _week(days: Days) -> str:
    numbers = [number_of(weekday) for weekday in days.weekdays]
    if len(numbers) < 3 or numbers[-1] - numbers[0] != len(numbers) - 1:
        return ""
    return f"from {WEEKDAYS[numbers[0]]} to {WEEKDAYS[numbers[-1]]}"


def _months(schedule: TimeSchedule, levels: Levels) -> str:
    if levels.months == ALL_MONTHS:
        return ""
    names = joined(MONTHS[month - 1] for month in levels.months)
    if schedule.every_month is None or len(levels.months) == 1:
        return names
    gap = _short_gap(levels.months, 12, "month", "January")
    return f"every {ordinal(schedule.every_month)} month: {names}{gap}"


def _may_be_missing(levels: Levels) -> bool:
    shortest = min(28 if month == 2 else LONGEST_MONTH[month] for month in levels.months)
    fifth = levels.days.nth is not None and levels.days.nth.which is Which.FIFTH
    return fifth or (levels.days.day is not None and levels.days.day > shortest)


def _past_the_hour(levels: Levels) -> str:
    return joined(f":{minute:02d}" for minute in levels.minutes)


def _clock(hour: int, minute: int) -> str:
    return f"{hour:02d}:{minute:02d}"

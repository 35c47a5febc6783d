"""Cron expressions and schedules, each read as the other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dtscheduler.errors import InvalidScheduleError
from dtscheduler.model.schedule import ScheduleSpec, TimeSchedule, Weekday, Which
from dtscheduler.timing.days import number_of
from dtscheduler.timing.levels import ALL_HOURS, ALL_MINUTES, ALL_MONTHS, levels_of

FIELDS = ("minute", "hour", "day of month", "month", "day of week")
_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY = range(5)
_ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = frozenset({"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"})
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WORDS = (frozenset[str](), frozenset[str](), frozenset[str](), _MONTHS, frozenset(_WEEKDAYS))
_EVERY_VALUE = (ALL_MINUTES, ALL_HOURS, tuple(range(1, 32)), ALL_MONTHS, tuple(range(7)))
_NTH = re.compile(r"([0-7]|[a-z]{3})(?:#([1-5])|l)|l([0-7])")
_WHICH = {"1": Which.FIRST, "2": Which.SECOND, "3": Which.THIRD, "4": Which.FOURTH, "5": Which.FIFTH}
_SUFFIX = {which: f"#{number}" for number, which in _WHICH.items()} | {Which.LAST: "L"}

Parameters = dict[str, object]


def parameters_from_cron(text: str) -> Parameters:
    """The parameters of the Schedule that fires like a cron expression of five fields.

    Raises:
        InvalidScheduleError: What is no cron expression, and what a Schedule cannot say, with the field and what to do.
    """
    minute, hour, day, month, weekday = _fields(text)
    days = _days(day, weekday)
    return {
        **(_level(_MINUTE, minute, "at_minutes", "every_minute") or {"every_minute": 1}),
        **_level(_HOUR, hour, "at_hours", "every_hour"),
        **days,
        **_level(_MONTH, month, "in_months", "every_month" if days else ""),
    }


def to_cron(schedule: ScheduleSpec) -> list[str]:
    """Cron expressions that together fire like a schedule, whatever the zone, apart from clock changes.

    A weekday of the month stands alone (``5L`` is the last Friday, ``5#3`` the third), for not all programs can mix it.

    Raises:
        InvalidScheduleError: A schedule without times.
    """
    if not isinstance(schedule, TimeSchedule):
        raise InvalidScheduleError("Schedule: cron can only say times; this schedule has none")
    levels = levels_of(schedule)
    minute = _written(levels.minutes, schedule.every_minute, ALL_MINUTES)
    time = f"{minute} {_written(levels.hours, schedule.every_hour, ALL_HOURS)}"
    month = _written(levels.months, schedule.every_month, ALL_MONTHS)
    days = levels.days
    if days.every or len(days.weekdays) == 7:
        return [f"{time} * {month} *"]
    found = []
    if days.day is not None or days.weekdays:
        weekdays = sorted(_cron_number(weekday) for weekday in days.weekdays)
        found.append(f"{time} {days.day or '*'} {month} {_ranges(weekdays) or '*'}")
    if days.nth is not None:
        found.append(f"{time} * {month} {_cron_number(days.nth.weekday)}{_SUFFIX[days.nth.which]}")
    return found


def _fields(text: str) -> list[str]:
    lowered = text.strip().lower()
    if lowered.startswith("@") and lowered not in _ALIASES:
        raise InvalidScheduleError(f"Schedule: cron {text!r:.60} has no time; known are {', '.join(_ALIASES)}")
    fields = _ALIASES.get(lowered, lowered).split()
    if len(fields) != len(FIELDS):
        seconds = "; a Schedule has no seconds and no years" if len(fields) in (6, 7) else ""
        raise InvalidScheduleError(
            f"Schedule: cron {text!r:.60} has {len(fields)} fields; write five: {', '.join(FIELDS)}{seconds}"
        )
    return fields


def _level(field: int, written: str, listed: str, step: str) -> Parameters:
    values = _values(field, written)
    if values is None:
        return {}
    steps = re.fullmatch(r"\*/0*([1-9]\d?)", written)
    if steps and step and len(values) > 1:
        return {step: int(steps[1])}
    return {listed: list(values)}


def _days(day: str, weekday: str) -> Parameters:
    """The selectors of the day; in cron too, two that are set form a union."""
    days, found = _values(_DAY, day), _weekdays(weekday)
    if days is not None and found:
        for field, written in ((_DAY, day), (_WEEKDAY, weekday)):
            if written.startswith("*"):  # some programs then want both to match
                raise _refused(field, written, "programs disagree on '*' beside other days; write the values out")
    if days == _EVERY_VALUE[_DAY]:
        return {}
    if days is not None and len(days) > 1:
        raise _refused(_DAY, day, "a Schedule has one day_of_month; make a Schedule for each day")
    return found if days is None else {"day_of_month": days[0], **found}


def _weekdays(written: str) -> Parameters:
    terms = written.split(",")
    special = [match for term in terms if (match := _NTH.fullmatch(term))]
    plain = ",".join(term for term in terms if not _NTH.fullmatch(term))
    if len(special) > 1:
        raise _refused(_WEEKDAY, written, "a Schedule has one weekday of the month; make a Schedule for each")
    values = _values(_WEEKDAY, plain) if plain or "" in terms else None
    found: Parameters = {}
    if values is not None:
        found["weekdays"] = [_WEEKDAYS[number].capitalize() for number in values]
    if special and not (plain and values is None):
        day, place, last = special[0].groups()
        (number,) = _values(_WEEKDAY, day or last) or ()
        which = _WHICH[place] if place else Which.LAST
        found["first_last"] = {"Weekday": _WEEKDAYS[number].capitalize(), "Which": which.value}
    return found


def _values(field: int, written: str) -> tuple[int, ...] | None:
    """The values of a field, sorted; None where it leaves everything open."""
    from croniter import croniter  # type: ignore[import-untyped] # it comes without types

    allowed = r"[\w*?,/-]+" if field in (_DAY, _WEEKDAY) else r"[\w*,/-]+"
    unknown = [word for word in re.findall(r"[a-z_]\w*", written) if word not in _WORDS[field]]
    if unknown or not written.isascii() or not re.fullmatch(allowed, written):
        raise _refused(field, written, _advice(field, unknown))
    single = re.sub(r"(?<![^,])(\w+)-\1(?:/\d+)?(?![^,])", r"\1", written)  # else 5-5 would be read as everything
    try:
        values = croniter.expand(" ".join(single if number == field else "*" for number in range(5)))[0][field]
    except ValueError:
        raise _refused(field, written, _advice(field, [])) from None
    if "*" not in values:
        return tuple(sorted(values))
    return None if "*" in written or "?" in written else _EVERY_VALUE[field]


def _advice(field: int, unknown: Sequence[str]) -> str:
    if field == _DAY and "l" in unknown:
        return "a Schedule has no last day of the month; day_of_month=1 with rundate_offset=-1 runs just after it"
    if field == _DAY and any("w" in word for word in unknown):
        return "a Schedule has no nearest working day; give weekdays or one day_of_month"
    lowest, highest = _EVERY_VALUE[field][0], _EVERY_VALUE[field][-1]
    names = {_MONTH: " or jan-dec", _WEEKDAY: " or sun-sat, 5L for the last Friday, 5#3 for the third"}.get(field, "")
    return f"allowed are *, values {lowest}-{highest}{names}, lists, ranges and steps"


def _refused(field: int, written: str, why: str) -> InvalidScheduleError:
    return InvalidScheduleError(f"Schedule: cron {FIELDS[field]} {written!r:.60}: {why}")


def _written(values: Sequence[int], step: int | None, everything: Sequence[int]) -> str:
    if values == everything:
        return "*"
    return f"*/{step}" if step is not None and len(values) > 1 else _ranges(values)


def _ranges(values: Sequence[int]) -> str:
    """``'0,9-17'``: three or more in a row are a range."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def _cron_number(weekday: Weekday) -> int:
    return (number_of(weekday) + 1) % 7

"""The parameters of a Schedule: read into a plain value, and written from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dtscheduler.api import checks
from dtscheduler.errors import InvalidJobError, InvalidScheduleError
from dtscheduler.model.schedule import (
    AfterCondition,
    AfterSchedule,
    Never,
    NthWeekday,
    ScheduleSpec,
    TimeSchedule,
    Weekday,
    Which,
    can_fire,
)

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def read(given: Mapping[str, object]) -> ScheduleSpec:
    """The plain value that the constructor's parameters stand for.

    Raises:
        InvalidScheduleError: A value that means nothing, or parameters that contradict each other.
        InvalidJobError: The same, of the kinds of values that other classes take as well.
    """
    times: dict[str, Any] = {
        "at_minutes": _numbers(given["at_minutes"], "at_minutes", 0, 59),
        "every_minute": _number(given["every_minute"], "every_minute", 1, 59),
        "at_hours": _numbers(given["at_hours"], "at_hours", 0, 23),
        "every_hour": _number(given["every_hour"], "every_hour", 1, 23),
        "weekdays": _weekdays(given["weekdays"]),
        "day_of_month": _number(given["day_of_month"], "day_of_month", 1, 31),
        "first_last": _first_last(given["first_last"]),
        "in_months": _months(given["in_months"]),
        "every_month": _number(given["every_month"], "every_month", 1, 12),
    }
    place: dict[str, Any] = {"timezone": _zone(given["timezone"]), "rundate_offset": _offset(given["rundate_offset"])}
    after = _after(given["run_after_job_name"], given["run_after_job_uuid"], given["run_after_job_condition"])
    return _spec(times, after, place)


def written(spec: ScheduleSpec) -> dict[str, Any]:
    """The constructor's parameters that give a plain value, leaving out those not set."""
    found: dict[str, Any] = {}
    if isinstance(spec, TimeSchedule):
        nth = spec.first_last
        found = {
            "at_minutes": list(spec.at_minutes),
            "every_minute": spec.every_minute,
            "at_hours": list(spec.at_hours),
            "every_hour": spec.every_hour,
            "weekdays": [day.value for day in spec.weekdays],
            "day_of_month": spec.day_of_month,
            "first_last": {"Weekday": nth.weekday.value, "Which": nth.which.value} if nth else None,
            "in_months": list(spec.in_months),
            "every_month": spec.every_month,
        }
    elif isinstance(spec, AfterSchedule):
        found = {
            "run_after_job_name": spec.job_name,
            "run_after_job_uuid": spec.job_uuid,
            "run_after_job_condition": spec.condition.value,
        }
    found["timezone"] = None if spec.timezone == "UTC" else spec.timezone
    found["rundate_offset"] = spec.rundate_offset or None
    return {name: value for name, value in found.items() if value is not None and value != []}


def instant(value: object, parameter: str) -> datetime:
    """An aware datetime."""
    from datetime import datetime

    if not isinstance(value, datetime):
        raise InvalidScheduleError(f"Schedule: {parameter} must be a datetime, not {type(value).__name__}")
    if value.utcoffset() is None:
        raise InvalidScheduleError(
            f"Schedule: {parameter} {value} has no time zone; write datetime(..., tzinfo=ZoneInfo('Europe/Paris'))"
        )
    return value


def start(after: object) -> datetime:
    """The instant after which fires are looked for; None is now."""
    from datetime import UTC, datetime

    return datetime.now(UTC) if after is None else instant(after, "after")


def count(value: object, parameter: str) -> int:
    """How many things are wanted."""
    try:
        return checks.integer(value, "Schedule", parameter, lowest=0, highest=100_000)
    except InvalidJobError as error:
        raise InvalidScheduleError(str(error)) from None


def expression(value: object) -> str:
    """A cron expression, not yet read."""
    if not isinstance(value, str):
        raise InvalidScheduleError(f"Schedule: a cron expression is a str, not {type(value).__name__}")
    return value


@contextmanager
def within_the_calendar() -> Iterator[None]:
    """Tell in words where a date is before the year 1 or after the year 9999."""
    try:
        yield
    except OverflowError:
        raise InvalidScheduleError("Schedule: the date there would be outside the years 1 to 9999") from None


def _spec(times: dict[str, Any], after: AfterSchedule | None, place: dict[str, Any]) -> ScheduleSpec:
    timed = [name for name, value in times.items() if value not in ((), None)]
    for listed, step in (("at_minutes", "every_minute"), ("at_hours", "every_hour"), ("in_months", "every_month")):
        if listed in timed and step in timed:
            raise InvalidScheduleError(f"Schedule: {listed} and {step} are both set; choose one")
    if after is not None and timed:
        raise InvalidScheduleError(
            f"Schedule: {timed[0]} and run_after_job_{'name' if after.job_name else 'uuid'} are both set; "
            "a schedule is either timed or runs after another job"
        )
    if after is not None:
        return AfterSchedule(job_name=after.job_name, job_uuid=after.job_uuid, condition=after.condition, **place)
    if not timed:
        return Never(**place)
    spec = TimeSchedule(**times, **place)
    if not can_fire(spec):
        months = ", ".join(_MONTHS[month - 1].capitalize() for month in spec.in_months) or "the months of every_month"
        raise InvalidScheduleError(f"Schedule: day_of_month={spec.day_of_month} never comes in {months}")
    return spec


def _after(name: object, uuid: object, condition: object) -> AfterSchedule | None:
    given = checks.member(condition or "on success", "Schedule", "run_after_job_condition", AfterCondition)
    job_name = checks.name(name, "Schedule", "run_after_job_name") if name not in (None, "") else None
    job_uuid = _uuid(uuid) if uuid not in (None, "") else None
    if job_name is None and job_uuid is None:
        if given is not AfterCondition.SUCCESS:
            raise InvalidScheduleError(
                "Schedule: run_after_job_condition needs run_after_job_name or run_after_job_uuid"
            )
        return None
    return AfterSchedule(job_name=job_name, job_uuid=job_uuid, condition=given)


def _uuid(value: object) -> str:
    from uuid import UUID

    try:
        return str(UUID(str(value)))
    except ValueError:
        raise InvalidScheduleError(f"Schedule: run_after_job_uuid {value!r:.60} is not a UUID") from None


def _number(value: object, name: str, lowest: int, highest: int) -> int | None:
    if value is None:
        return None
    return checks.integer(value, "Schedule", name, lowest=lowest, highest=highest)


def _numbers(value: object, name: str, lowest: int, highest: int) -> tuple[int, ...]:
    items = () if value is None else _items(value, name)
    return tuple(sorted({checks.integer(i, "Schedule", name, lowest=lowest, highest=highest) for i in items}))


def _items(value: object, name: str) -> list[object]:
    if isinstance(value, str) or hasattr(value, "__index__"):
        return [value]
    return checks.listed(value, "Schedule", name)


def _weekdays(value: object) -> tuple[Weekday, ...]:
    if value is None:
        return ()
    found = {_weekday(item, "weekdays") for item in _items(value, "weekdays")}
    return tuple(day for day in Weekday if day in found)


def _weekday(value: object, name: str) -> Weekday:
    number = _named(value, _WEEKDAYS)
    if number is None:
        raise InvalidScheduleError(
            f"Schedule: {name} {value!r:.40} is no weekday; allowed: Mon, Tue, ... or Monday, ..."
        )
    return list(Weekday)[number]


def _months(value: object) -> tuple[int, ...]:
    numbers: set[int] = set()
    for item in () if value is None else _items(value, "in_months"):
        named = _named(item, _MONTHS)
        if isinstance(item, str) and named is None:
            raise InvalidScheduleError(f"Schedule: in_months {item!r:.40} is no month; allowed: 1-12, 'Jan', 'January'")
        numbers.add(
            named + 1 if named is not None else checks.integer(item, "Schedule", "in_months", lowest=1, highest=12)
        )
    return tuple(sorted(numbers))


def _named(value: object, names: list[str]) -> int | None:
    """The place of a name among names that may be cut to three letters."""
    if not isinstance(value, str):
        return None
    folded = value.strip().lower()
    matching = [place for place, name in enumerate(names) if folded in (name, name[:3])]
    return matching[0] if matching else None


def _first_last(value: object) -> NthWeekday | None:
    if value is None or value == {}:
        return None
    if not isinstance(value, Mapping) or set(value) != {"Weekday", "Which"}:
        raise InvalidScheduleError(
            f"Schedule: first_last is {value!r:.60}; it is written {{'Weekday': 'Fri', 'Which': 'Last'}}"
        )
    which = checks.member(value["Which"], "Schedule", "first_last['Which']", Which)
    return NthWeekday(which=which, weekday=_weekday(value["Weekday"], "first_last['Weekday']"))


def _zone(value: object) -> str:
    if value in (None, ""):
        return "UTC"
    from zoneinfo import ZoneInfo

    try:
        if isinstance(value, str) and value == value.strip() and not value.startswith((".", "/")):
            return ZoneInfo(value).key
    except (KeyError, ValueError, OSError):  # unknown, path-like or a folder of zones
        pass
    raise InvalidScheduleError(
        f"Schedule: timezone {value!r:.60} is not an IANA time zone such as 'Europe/London', 'America/New_York' or 'UTC'"
    )


def _offset(value: object) -> int:
    return 0 if value is None else checks.integer(value, "Schedule", "rundate_offset", lowest=-36_600, highest=36_600)

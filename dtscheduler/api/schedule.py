"""The Schedule of a job, as users write it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

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


class Schedule:
    """When a job runs: at times of the clock, after another job, or - with no parameter - only by hand.

    Time fields form four levels: minute, hour, day, month. An instant fires when every level matches. Levels coarser
    than the finest one that is set do not constrain; finer ones take their first value: ``at_hours=[18]`` is 18:00,
    ``weekdays=['Mon']`` is Monday 00:00. The day's selectors (``weekdays``, ``day_of_month``, ``first_last``) add up.
    Schedules are equal when they say the same, and immutable. A bare int is taken where a list of ints is asked for;
    None, ``[]`` and leaving a parameter out mean "not set".

    Args:
        at_minutes: Minutes of the hour, 0 to 59.
        every_minute: Every so many minutes, 1 to 59, counted from the full hour. Not together with ``at_minutes``.
        at_hours: Hours of the day, 0 to 23.
        every_hour: Every so many hours, 1 to 23, counted from midnight. Not together with ``at_hours``.
        weekdays: Days of the week: ``'Mon'`` or ``'Monday'``, in any case.
        day_of_month: Day of the month, 1 to 31; months that are shorter are left out.
        first_last: One weekday of the month: ``{'Weekday': 'Fri', 'Which': 'Last'}``; ``Which`` is First, Second,
            Third, Fourth, Fifth or Last.
        in_months: Months, 1 to 12 or names (``'Jan'``, ``'January'``).
        every_month: Every so many months, 1 to 12, counted from January. Not together with ``in_months``.
        timezone: IANA name of the zone on whose clock the fields are read, e.g. ``'Europe/London'``. Default: UTC.
        rundate_offset: Days added to the date of the fire to give the rundate; the fire itself does not move.
        run_after_job_name: Name of the job after whose runs this one runs. Not together with time fields.
        run_after_job_uuid: The same by uuid.
        run_after_job_condition: ``'on success'``, ``'on failure'`` or ``'always'``.

    Raises:
        InvalidScheduleError: A value out of range, fields that contradict each other, an unknown zone, or a schedule
            that can never fire; the message names the parameter.
    """

    __slots__ = ("_spec",)

    @checks.known_keywords
    def __init__(
        self,
        at_minutes: Sequence[int] | int | None = None,
        every_minute: int | None = None,
        at_hours: Sequence[int] | int | None = None,
        every_hour: int | None = None,
        weekdays: Sequence[str] | str | None = None,
        day_of_month: int | None = None,
        first_last: Mapping[str, str] | None = None,
        in_months: Sequence[int | str] | int | str | None = None,
        every_month: int | None = None,
        timezone: str | None = None,
        rundate_offset: int | None = None,
        run_after_job_name: str | None = None,
        run_after_job_uuid: str | None = None,
        run_after_job_condition: str | None = None,
    ) -> None:
        try:
            times = {
                "at_minutes": _numbers(at_minutes, "at_minutes", 0, 59),
                "every_minute": _number(every_minute, "every_minute", 1, 59),
                "at_hours": _numbers(at_hours, "at_hours", 0, 23),
                "every_hour": _number(every_hour, "every_hour", 1, 23),
                "weekdays": _weekdays(weekdays),
                "day_of_month": _number(day_of_month, "day_of_month", 1, 31),
                "first_last": _first_last(first_last),
                "in_months": _months(in_months),
                "every_month": _number(every_month, "every_month", 1, 12),
            }
            place: dict[str, Any] = {"timezone": _zone(timezone), "rundate_offset": _offset(rundate_offset)}
            after = _after(run_after_job_name, run_after_job_uuid, run_after_job_condition)
            self._spec = _spec(times, after, place)
        except InvalidScheduleError:
            raise
        except InvalidJobError as error:
            raise InvalidScheduleError(str(error)) from None

    @property
    def spec(self) -> ScheduleSpec:
        """The schedule as a plain value."""
        return self._spec

    @classmethod
    def from_spec(cls, spec: ScheduleSpec) -> Schedule:
        """Make a Schedule from the plain value that another one was kept as."""
        schedule = cls.__new__(cls)
        schedule._spec = spec
        return schedule

    def to_json(self) -> str:
        """Write the schedule as JSON: an object of the parameters that are set."""
        return json.dumps(_parameters(self._spec))

    @classmethod
    def from_json(cls, text: str) -> Schedule:
        """Read what ``to_json`` wrote; the parameters are checked again."""
        try:
            parameters = json.loads(text)
        except ValueError as error:
            raise InvalidScheduleError(f"Schedule: this is not JSON: {error}") from None
        if not isinstance(parameters, dict):
            raise InvalidScheduleError("Schedule: the JSON of a schedule is an object of its parameters")
        return cls(**parameters)

    def __eq__(self, other: object) -> bool:
        return self._spec == other._spec if isinstance(other, Schedule) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._spec)

    def __repr__(self) -> str:
        return f"Schedule({', '.join(f'{name}={value!r}' for name, value in _parameters(self._spec).items())})"


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


def _parameters(spec: ScheduleSpec) -> dict[str, Any]:
    """The constructor's parameters that give this spec, leaving out those not set."""
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

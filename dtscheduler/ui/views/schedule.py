"""What is shown of a schedule while it is written: what is wrong with it, or its sentence and its next fires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from dtscheduler.api.schedule import Schedule
from dtscheduler.api.schedule_fields import written
from dtscheduler.errors import InvalidScheduleError
from dtscheduler.model.schedule import AfterSchedule, TimeSchedule

PARAMETERS = (
    "at_minutes",
    "every_minute",
    "at_hours",
    "every_hour",
    "weekdays",
    "day_of_month",
    "first_last",
    "in_months",
    "every_month",
    "timezone",
    "rundate_offset",
    "run_after_job_name",
    "run_after_job_uuid",
    "run_after_job_condition",
)
FIRES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FireRow:
    """One coming fire: on the clock of the schedule's zone, in UTC, for which rundate, and what a clock change does."""

    local: str
    utc: str
    rundate: str
    clock_change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    """A schedule in words, its next fires, and a word on why there are none."""

    sentence: str
    zone: str
    fires: tuple[FireRow, ...]
    note: str

    def columns(self) -> dict[str, list[str]]:
        """The fires as columns with their heads; the last one only where a clock changes."""
        columns = {
            f"Next fires ({self.zone})": [row.local for row in self.fires],
            "UTC": [row.utc for row in self.fires],
            "Rundate": [row.rundate for row in self.fires],
        }
        if any(row.clock_change for row in self.fires):
            columns["Clock change"] = [row.clock_change and f"⚠ {row.clock_change}" for row in self.fires]
        return columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why there is no schedule, and the parameter where that is shown; empty where it is none in particular."""

    parameter: str
    message: str


def read_schedule(parameters: Mapping[str, Any]) -> Schedule | Refused:
    """The schedule that parameters of ``Schedule(...)`` give, or what is wrong with them."""
    try:
        return Schedule(**parameters)
    except InvalidScheduleError as error:
        message = str(error).removeprefix("Schedule: ")
        places = [(message.find(name), name) for name in PARAMETERS if name in message]
        return Refused(parameter=min(places, default=(0, ""))[1], message=message)


def parameters_of(schedule: Schedule) -> dict[str, Any]:
    """The parameters of ``Schedule(...)`` that are set in a schedule."""
    return written(schedule.spec)


def schedule_view(schedule: Schedule, after: datetime | None = None) -> ScheduleView:
    """What is said of a schedule, with the fires strictly after an aware instant; by default after now."""
    preview = schedule.preview(FIRES, after)
    rows = tuple(
        FireRow(
            local=row.local,
            utc=f"{row.utc:%Y-%m-%d %H:%M}",
            rundate=row.rundate.isoformat(),
            clock_change=row.clock_change,
        )
        for row in preview
    )
    sentence = preview.description[:1].upper() + preview.description[1:]
    return ScheduleView(sentence=sentence, zone=schedule.spec.timezone, fires=rows, note=_note(schedule, bool(rows)))


def zone_names(*first: str | None) -> list[str]:
    """The time zones to choose from: those named first, UTC, and all others by name."""
    known = _all_zones()
    leading = dict.fromkeys(zone for zone in (*first, "UTC") if zone)
    return [*leading, *(zone for zone in known if zone not in leading)]


def is_zone(name: str | None) -> bool:
    """Whether a name, as a browser tells it, is a zone that a schedule takes."""
    return name in _all_zones()


@cache
def _all_zones() -> tuple[str, ...]:
    from zoneinfo import available_timezones

    return tuple(sorted(available_timezones()))


def _note(schedule: Schedule, fires: bool) -> str:
    if fires:
        return ""
    if isinstance(schedule.spec, TimeSchedule):
        return "No fire ahead."
    if isinstance(schedule.spec, AfterSchedule):
        return "It runs whenever the other job has ended so; there is no time to show."
    return "Nothing starts it by itself. Run it from here, from the command line or from Python."

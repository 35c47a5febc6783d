"""What a form for a schedule asks, how it is filled in, and what comes of what is entered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from dtscheduler.api.place import workspace
from dtscheduler.api.schedule import Schedule
from dtscheduler.errors import SchedulerError
from dtscheduler.model.schedule import AfterCondition, AfterSchedule, Never, TimeSchedule, Weekday, Which
from dtscheduler.timing.names import WEEKDAYS
from dtscheduler.ui.views.schedule import (
    Refused,
    ScheduleView,
    is_zone,
    parameters_of,
    read_schedule,
    schedule_view,
    zone_names,
)
from dtscheduler.ui.views.schedule_levels import LEVELS, Unread

MOST_JOBS = 1000
WEEKDAY_NAMES = dict(zip((day.value for day in Weekday), WEEKDAYS, strict=True))
WHICH = tuple(which.value for which in Which)
OUTCOMES = {AfterCondition.SUCCESS: "completes", AfterCondition.FAILURE: "fails", AfterCondition.ALWAYS: "ends"}


class Kind(StrEnum):
    """What makes a job run."""

    BY_HAND = "Only by hand"
    AT_TIMES = "At times"
    AFTER_A_JOB = "After a job"


class Mode(StrEnum):
    """How a level of times is given."""

    NOT_SET = "not set"
    LISTED = "listed"
    STEPS = "steps"


class Group(StrEnum):
    """Which controls stand together: what is wrong with one of them is said below them."""

    MINUTES = "Minutes"
    HOURS = "Hours"
    MONTHS = "Months"
    DAYS = "Days"
    AFTER = "After"
    PLACE = "Place"


GROUPS = {
    **{name: Group(level.label) for level in LEVELS for name in (level.listed, level.step)},
    **dict.fromkeys(("weekdays", "day_of_month", "first_last"), Group.DAYS),
    **dict.fromkeys(("run_after_job_name", "run_after_job_uuid", "run_after_job_condition"), Group.AFTER),
    **dict.fromkeys(("timezone", "rundate_offset"), Group.PLACE),
}
_ALSO_UTC = {"Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu"}
_SHOWN = {
    Kind.BY_HAND: frozenset[Group](),
    Kind.AT_TIMES: frozenset(Group) - {Group.AFTER},
    Kind.AFTER_A_JOB: frozenset({Group.AFTER, Group.PLACE}),
}
_NEEDED = {
    Kind.AT_TIMES: "Set a minute, an hour, a day or a month.",
    Kind.AFTER_A_JOB: "Choose the job that it runs after.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What stands in the controls, those that are not shown included.

    ``modes``, ``listed`` and ``steps`` are by the parameter that lists the level's values, ``"at_minutes"``; what
    was written for a list and cannot be read is an ``Unread``. ``which`` is None while no weekday of the month is
    chosen.
    """

    kind: Kind = Kind.BY_HAND
    modes: Mapping[str, Mode] = field(default_factory=dict)
    listed: Mapping[str, tuple[int, ...] | Unread] = field(default_factory=dict)
    steps: Mapping[str, int] = field(default_factory=dict)
    weekdays: tuple[str, ...] = ()
    day_of_month: int | None = None
    which: str | None = None
    weekday: str = Weekday.MON.value
    timezone: str = "UTC"
    rundate_offset: int = 0
    job_name: str | None = None
    job_uuid: str = ""
    condition: str = AfterCondition.SUCCESS.value

    def mode(self, listed: str) -> Mode:
        """How the level is given whose values this parameter lists."""
        return self.modes.get(listed, Mode.NOT_SET)

    def shows(self, group: Group) -> bool:
        """Whether these controls belong to the kind that is chosen."""
        return group in _SHOWN[self.kind]

    def parameters(self) -> dict[str, Any]:
        """The parameters of ``Schedule(...)`` that the controls of the chosen kind say."""
        found: dict[str, Any] = {}
        if self.kind is Kind.BY_HAND:
            return found
        place = {"timezone": self.timezone, "rundate_offset": self.rundate_offset}
        return (self._times() if self.kind is Kind.AT_TIMES else self._after()) | place

    def _times(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for level in LEVELS:
            mode = self.mode(level.listed)
            if mode is Mode.LISTED:
                found[level.listed] = self.listed.get(level.listed, ())
            elif mode is Mode.STEPS:
                found[level.step] = self.steps.get(level.listed, 1)
        nth = None if self.which is None else {"Weekday": self.weekday, "Which": self.which}
        return found | {"weekdays": self.weekdays, "day_of_month": self.day_of_month, "first_last": nth}

    def _after(self) -> dict[str, Any]:
        if not (self.job_name or self.job_uuid):
            return {}
        found = {"run_after_job_name": self.job_name, "run_after_job_condition": self.condition}
        return found | ({"run_after_job_uuid": self.job_uuid} if self.job_uuid else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What comes of what is entered: a schedule with what is shown of it; or what is wrong; or what is still needed.

    ``group`` is where it is wrong, None where it is nowhere in particular.
    """

    schedule: Schedule | None = None
    view: ScheduleView | None = None
    wrong: str = ""
    group: Group | None = None
    needed: str = ""


class ScheduleFormModel:
    """The form: filled with a schedule at first, changed by whoever draws it.

    Args:
        given: what it is filled with. Default: a schedule that runs only by hand.
        own_zone: the zone of who looks, as the browser or the machine names it; the first to choose.
    """

    def __init__(self, given: Schedule | None = None, own_zone: str | None = None) -> None:
        self._own = ("UTC" if own_zone in _ALSO_UTC else own_zone) if is_zone(own_zone) else None
        self.fill(Schedule() if given is None else given)

    def fill(self, schedule: Schedule) -> None:
        """Fill it anew."""
        self.given = schedule
        self.entered = _filled(schedule, self._own or "UTC")

    def change(self, **entered: Any) -> None:
        """Enter something; the names are those of ``Entered``."""
        self.entered = replace(self.entered, **entered)

    @property
    def zones(self) -> list[str]:
        """The time zones to choose from, those that are near first."""
        return zone_names(self._own, parameters_of(self.given).get("timezone"))

    def jobs(self) -> list[str]:
        """The jobs to choose from, the given one first; no others where the workspace cannot be asked."""
        given = parameters_of(self.given).get("run_after_job_name")
        first = [given] if given else []
        return [*first, *(name for name in _job_names() if name != given)]

    def outcome(self) -> Outcome:
        """What comes of what is entered; the fires are those after now."""
        entered = self.entered
        unread = _unread(entered)
        if unread is not None:
            return Outcome(wrong=unread[1].message, group=unread[0])
        kept = entered.kind is Kind.BY_HAND and isinstance(self.given.spec, Never)
        found = self.given if kept else read_schedule(entered.parameters())
        if isinstance(found, Refused):
            group = GROUPS.get(found.parameter)
            return Outcome(wrong=found.message, group=group if group and entered.shows(group) else None)
        if entered.kind is not Kind.BY_HAND and isinstance(found.spec, Never):
            return Outcome(needed=_NEEDED[entered.kind])
        return Outcome(schedule=found, view=schedule_view(found))


def _filled(schedule: Schedule, zone: str) -> Entered:
    """What the controls show for a schedule; ``zone`` is chosen where it says nothing at all."""
    given = parameters_of(schedule)
    nth = given.get("first_last") or {}
    modes = {
        level.listed: Mode.LISTED if level.listed in given else Mode.STEPS if level.step in given else Mode.NOT_SET
        for level in LEVELS
    }
    return Entered(
        kind={TimeSchedule: Kind.AT_TIMES, AfterSchedule: Kind.AFTER_A_JOB, Never: Kind.BY_HAND}[type(schedule.spec)],
        modes=modes,
        listed={level.listed: tuple(given.get(level.listed, ())) for level in LEVELS},
        steps={level.listed: given.get(level.step, 1) for level in LEVELS},
        weekdays=tuple(given.get("weekdays", ())),
        day_of_month=given.get("day_of_month"),
        which=nth.get("Which"),
        weekday=nth.get("Weekday", Weekday.MON.value),
        timezone=given.get("timezone") or ("UTC" if given else zone),
        rundate_offset=given.get("rundate_offset", 0),
        job_name=given.get("run_after_job_name"),
        job_uuid=given.get("run_after_job_uuid", ""),
        condition=given.get("run_after_job_condition", AfterCondition.SUCCESS.value),
    )


def _unread(entered: Entered) -> tuple[Group, Unread] | None:
    """The first list that is asked for and cannot be read."""
    if entered.kind is not Kind.AT_TIMES:
        return None
    for level in LEVELS:
        values = entered.listed.get(level.listed)
        if isinstance(values, Unread) and entered.mode(level.listed) is Mode.LISTED:
            return Group(level.label), values
    return None


def _job_names() -> list[str]:
    from dtscheduler.model.run import JobQuery

    try:
        return [record.name for record in workspace().jobs(JobQuery(limit=MOST_JOBS))]
    except SchedulerError:
        return []

"""Why a schedule fires at an instant, or does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dtscheduler.model.schedule import ScheduleSpec, TimeSchedule
from dtscheduler.model.tables import html_table, text_table
from dtscheduler.timing.landing import ClockChange, Landing, landing_of, local_time, show_local
from dtscheduler.timing.levels import ALL_MONTHS, Levels, levels_of
from dtscheduler.timing.names import MONTHS, WEEKDAYS, joined, ordinal
from dtscheduler.timing.words import describe

_HEADER = ("level", "required", "has", "")
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCheck:
    """One level: what the schedule asks for, what the time has, and whether that matches."""

    level: str
    required: str
    has: str
    matches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Whether and why a schedule fires at an instant; on a terminal and in a notebook it shows itself.

    Args:
        description: The schedule in words.
        instant: The instant asked about, in UTC.
        local: What the wall clock of the schedule's zone shows then.
        fires: Whether the schedule fires then.
        reason: Why it does or does not.
        levels: The levels, fine to coarse, of the time that fires, or that is shown; empty without times.
    """

    description: str
    instant: datetime
    local: str
    fires: bool
    reason: str
    levels: tuple[LevelCheck, ...]

    def __repr__(self) -> str:
        table = [text_table(_HEADER, self._cells())] if self.levels else []
        return "\n".join([*self._lines(), *table])

    def _repr_html_(self) -> str:
        return html_table(self._lines(), _HEADER if self.levels else (), self._cells())

    def _lines(self) -> list[str]:
        verdict = "fires" if self.fires else "does not fire"
        return [self.description, f"{self.local}: {verdict}, because {self.reason}"]

    def _cells(self) -> list[tuple[str, str, str, str]]:
        return [
            (check.level, check.required, check.has, "matches" if check.matches else "does not match")
            for check in self.levels
        ]


def explain(schedule: ScheduleSpec, instant: datetime) -> Explanation:
    """Explain an aware instant. Raises ``OverflowError`` where the local time has no date."""
    if isinstance(schedule, TimeSchedule):
        landing = landing_of(schedule, instant)
        checks = _checks(levels_of(schedule), landing)
        reason = _reason(landing, checks)
    else:
        landing = Landing(local=local_time(schedule.timezone, instant), labels=(), change=ClockChange.NONE)
        checks, reason = (), "it has no times"
    return Explanation(
        description=describe(schedule),
        instant=instant.astimezone(UTC),
        local=show_local(landing.local),
        fires=bool(landing.labels),
        reason=reason,
        levels=checks,
    )


def _checks(levels: Levels, landing: Landing) -> tuple[LevelCheck, ...]:
    label = landing.labels[0] if landing.labels else landing.local.replace(tzinfo=None)
    full = label.second == label.microsecond == 0
    return (
        LevelCheck(
            level="minute",
            required=_required(levels.minutes, 60),
            has=str(label.minute) if full else f"{label.minute}, not a full minute",
            matches=full and label.minute in levels.minutes,
        ),
        LevelCheck(
            level="hour",
            required=_required(levels.hours, 24),
            has=str(label.hour),
            matches=label.hour in levels.hours,
        ),
        LevelCheck(
            level="day",
            required="any" if levels.days.every else joined(levels.days.selectors(), "or"),
            has=_day(label),
            matches=levels.days.match(label),
        ),
        LevelCheck(
            level="month",
            required="any" if levels.months == ALL_MONTHS else joined((MONTHS[m - 1] for m in levels.months), "or"),
            has=MONTHS[label.month - 1],
            matches=label.month in levels.months,
        ),
    )


def _required(values: Sequence[int], count: int) -> str:
    """The values of a level, with a few examples of many."""
    if len(values) == count:
        return "any"
    if len(values) > 12:
        return f"{', '.join(map(str, values[:3]))}, ... or {values[-1]}"
    return joined(values, "or")


def _day(label: datetime) -> str:
    """``'Friday 27, the 4th and last Friday'``."""
    weekday = WEEKDAYS[label.weekday()]
    last = " and last" if (label + _WEEK).month != label.month else ""
    return f"{weekday} {label.day}, the {ordinal((label.day - 1) // 7 + 1)}{last} {weekday}"


def _reason(landing: Landing, checks: Sequence[LevelCheck]) -> str:
    shown = f"{landing.local:%H:%M}"
    skipped = landing.labels and f"{landing.labels[0]:%H:%M}"
    match landing.change:
        case ClockChange.SKIPPED:
            return f"the clocks skip {skipped}, and this is the first instant after"
        case ClockChange.MERGED:
            return f"every level matches; {skipped}, which the clocks skip, is the same fire"
        case ClockChange.FIRST:
            return f"every level matches; {shown} comes twice, and this is the first time"
        case ClockChange.BOTH:
            return f"every level matches; {shown} comes twice, and a schedule of all 24 hours fires both times"
        case ClockChange.PASSED:
            return f"{shown} comes twice, and it has fired the first time"
    wrong = [f"the {check.level}" for check in checks if not check.matches]
    return f"{joined(wrong)} {'does' if len(wrong) == 1 else 'do'} not match" if wrong else "every level matches"

"""For which rundates a backfill runs a job."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from dtscheduler.model.run import RunRecord
from dtscheduler.model.schedule import ScheduleSpec, TimeSchedule
from dtscheduler.model.status import RunStatus
from dtscheduler.timing.calendar import next_fire
from dtscheduler.timing.rundate import rundate_of

_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)


class Which(Enum):
    """The rundates that are run: those that have no run, those whose latest run failed, or all."""

    MISSING = "missing"
    FAILED = "failed"
    ALL = "all"


def rundates(schedule: ScheduleSpec, first: date, last: date) -> list[date]:
    """The rundates from ``first`` to ``last``, both included, that a schedule gives; without a timed one, every day."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if _fires_for(schedule, day)] if isinstance(schedule, TimeSchedule) else days


def chosen(dates: Iterable[date], runs: Iterable[RunRecord], which: Which) -> list[date]:
    """Those of the rundates that a backfill runs.

    A rundate is missing as long as no run of it completed, goes on or waits; it failed if the latest of its runs did.

    Args:
        dates: candidates.
        runs: the job's runs for them, the newest first.
        which: what is asked for.
    """
    if which is Which.ALL:
        return list(dates)
    by_date: dict[date, list[RunStatus]] = {}
    for run in runs:
        by_date.setdefault(run.rundate, []).append(run.status)
    return [day for day in dates if _wanted([s for s in by_date.get(day, []) if s is not RunStatus.EXPIRED], which)]


def _wanted(statuses: list[RunStatus], which: Which) -> bool:
    """Whether a rundate with runs of these statuses, the newest first, is asked for."""
    under_way = any(not status.final for status in statuses)
    if which is Which.FAILED:
        return bool(statuses) and not under_way and statuses[0] is not RunStatus.COMPLETED
    return not under_way and RunStatus.COMPLETED not in statuses


def _fires_for(schedule: TimeSchedule, rundate: date) -> bool:
    try:
        return _fires_on(schedule, rundate)
    except OverflowError:  # an end of the calendar
        return False


def _fires_on(schedule: TimeSchedule, rundate: date) -> bool:
    day = rundate - timedelta(days=schedule.rundate_offset)
    midnight = datetime.combine(day, time(), ZoneInfo(schedule.timezone)).astimezone(UTC)
    fire = next_fire(schedule, midnight - _MOMENT)
    return fire is not None and rundate_of(schedule, fire) == rundate

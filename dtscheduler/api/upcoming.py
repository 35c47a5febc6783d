"""What the schedules of the workspace are about to start."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice

from dtscheduler.model.run import JobQuery
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.schedule import AfterSchedule, TimeSchedule
from dtscheduler.timing.calendar import fires, next_fire
from dtscheduler.timing.rundate import rundate_of
from dtscheduler.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One fire that is to come; ``note`` says what would keep it from starting a run."""

    instant: datetime
    job: JobRecord
    rundate: date
    note: str


@dataclass(frozen=True, slots=True)
class NotTimed:
    """A job with no fires to come, and why in words."""

    job: JobRecord
    why: str


def upcoming(place: Workspace, jobs: list[JobRecord], count: int) -> list[Upcoming]:
    """The next fires of these jobs, the earliest first."""
    now = place.clock.now()
    return list(islice(heapq.merge(*(_of(job, now) for job in jobs), key=_urgency), count))


def coming(place: Workspace, count: int, until: datetime | None = None) -> list[Upcoming]:
    """The next fires of all jobs that may be read, the earliest first.

    Of very many jobs it looks at as many as there are to be fires, those that are due first by what the store knows:
    at more only after long without a service, when the store is behind.

    Args:
        place: the workspace.
        count: at most so many fires.
        until: none after this instant.
    """
    following = JobQuery(paused=False, order="next_fire")
    first = place.jobs(replace(following, limit=count))
    found = upcoming(place, [*first, *place.jobs(JobQuery(paused=True))], count)
    latest = found[-1].instant if len(found) == count else None
    bounds = [bound for bound in (latest, until) if bound]
    if len(first) == count and first[-1].next_fire and (not bounds or first[-1].next_fire < min(bounds)):
        rest = place.jobs(replace(following, offset=count))
        found = sorted([*found, *upcoming(place, rest, count)], key=_urgency)[:count]
    return [fire for fire in found if until is None or fire.instant <= until]


def not_timed(place: Workspace, jobs: list[JobRecord]) -> list[NotTimed]:
    """Those of the jobs that do not fire at times: they run after another one, by hand, or not at all."""
    return [NotTimed(job, why) for job in jobs if (why := _why_not_timed(place, job))]


def _why_not_timed(place: Workspace, job: JobRecord) -> str:
    paused = f"; it is paused by {job.paused_by}" if job.paused else ""
    if problem := _problem(job, place.clock.now()):
        return f"is broken: {problem}"
    if isinstance(job.schedule, AfterSchedule):
        after = job.schedule.job_uuid or job.schedule.job_name or ""
        before = place.find(after)
        title = before.name if before else job.schedule.job_name or after
        missing = "" if before else ", which does not exist (yet)"
        return f"runs after {title!r}{missing} ({job.schedule.condition.value}){paused}"
    return "" if isinstance(job.schedule, TimeSchedule) else "runs by hand only"


def _urgency(fire: Upcoming) -> tuple[datetime, int]:
    return fire.instant, fire.job.priority.rank


def _of(job: JobRecord, now: datetime) -> Iterator[Upcoming]:
    if not isinstance(job.schedule, TimeSchedule) or _problem(job, now):
        return
    note = f"paused by {job.paused_by}" if job.paused else ""
    for instant in fires(job.schedule, max(now, job.settled)):
        yield Upcoming(instant, job, rundate_of(job.schedule, instant), note)


def _problem(job: JobRecord, now: datetime) -> str:
    """Why a job's schedule cannot be followed, whether a service has found out already or not."""
    try:
        if isinstance(job.schedule, TimeSchedule):
            next_fire(job.schedule, now)
    except Exception as error:  # whatever is wrong with one schedule, the others are listed
        return f"its schedule cannot be followed ({type(error).__name__}: {error}); save the job again"
    return job.broken

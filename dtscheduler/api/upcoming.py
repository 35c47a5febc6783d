"""What the schedules of the workspace are about to start."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from dtscheduler.model.saved import JobRecord
from dtscheduler.model.schedule import AfterSchedule, TimeSchedule
from dtscheduler.timing.calendar import fires
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
class Waiting:
    """A job that runs after another one; ``missing`` tells that there is no such job."""

    job: JobRecord
    after: str
    condition: str
    missing: bool


def upcoming(place: Workspace, jobs: list[JobRecord], count: int) -> list[Upcoming]:
    """The next fires of these jobs, the earliest first."""
    now = place.clock.now()
    merged = heapq.merge(*(_of(job, now) for job in jobs), key=lambda fire: (fire.instant, fire.job.priority.rank))
    return list(islice(merged, count))


def waiting(place: Workspace, jobs: list[JobRecord]) -> list[Waiting]:
    """Those of the jobs that run after another one."""
    found = []
    for job in jobs:
        if isinstance(job.schedule, AfterSchedule):
            name = job.schedule.job_name or job.schedule.job_uuid or ""
            found.append(Waiting(job, name, job.schedule.condition.value, not place.exists(name)))
    return found


def _of(job: JobRecord, now: datetime) -> Iterator[Upcoming]:
    if not isinstance(job.schedule, TimeSchedule) or job.broken:
        return
    note = f"paused by {job.paused_by}" if job.paused else ""
    for instant in fires(job.schedule, max(now, job.settled)):
        yield Upcoming(instant, job, rundate_of(job.schedule, instant), note)

"""What becomes of a job's instants: decided as values, written by the store in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from dtscheduler.model.run import RunRecord
from dtscheduler.model.saved import JobRecord


@dataclass(frozen=True, slots=True)
class Skipped:
    """An instant for which nothing runs, with the reason in words."""

    scheduled: datetime
    rundate: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FireStep:
    """All of a job's instants up to ``settled``: the runs they start, and those that are skipped.

    Args:
        job: the job as it was when this was decided; a job that was changed since is left alone.
        settled: up to which instant.
        next_fire: when to look at the job again; None for never.
        runs: new runs.
        skipped: instants that get an expired run; they are many after a long absence.
        template: how an expired run looks apart from its instant.
        broken: why the schedule cannot be followed any more.
    """

    job: JobRecord
    settled: datetime
    next_fire: datetime | None
    runs: tuple[RunRecord, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    template: RunRecord | None = None
    broken: str = ""

"""What becomes of the instants of schedules, in a database."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, case, delete, func, or_, select, update

from dtscheduler.model.firing import FireStep
from dtscheduler.model.names import name_key
from dtscheduler.model.priority import Priority
from dtscheduler.model.run import RunRecord
from dtscheduler.model.saved import JobRecord
from dtscheduler.model.status import RunStatus
from dtscheduler.stores.legible import legible
from dtscheduler.stores.saving import LOOK_NOW
from dtscheduler.stores.sql import rows
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.tables import jobs, runs

_JOB_COLUMNS = [jobs.c[name] for name in rows.JOB]
_RUN_COLUMNS = [runs.c[name] for name in rows.RUN]
_INSERTED = tuple(column.name for column in runs.columns if column.name != "id")
_ACTIVE = [status.value for status in RunStatus if not status.final]


class SqlFiring:
    """The part of a store that the service asks for what is due."""

    def __init__(self, database: Database) -> None:
        self._database = database
        new = database.insert(runs).on_conflict_do_nothing()
        self._add_runs = database.prepare(new, _INSERTED)

    def due_jobs(self, now: datetime, limit: int) -> list[JobRecord]:
        """Jobs to look at, the most urgent first."""
        due = select(*_JOB_COLUMNS).where(jobs.c.next_fire <= rows.micros(now))
        with self._database.reading() as connection:
            found = connection.execute(
                due.order_by(_urgency(jobs.c.priority), jobs.c.next_fire, jobs.c.id).limit(limit)
            ).all()
        return [rows.job_record(row) for row in found]

    def next_due(self) -> datetime | None:
        """When the next job is due."""
        with self._database.reading() as connection:
            found: datetime | None = rows.moment(connection.execute(select(func.min(jobs.c.next_fire))).scalar())
        return found

    def advance(self, steps: Sequence[FireStep]) -> list[int]:
        """Write what has become of jobs' instants, in one transaction; the ids of the jobs not changed since.

        An instant that has a run already gets no other.
        """
        with self._database.writing() as connection:
            in_order = sorted(range(len(steps)), key=lambda n: steps[n].job.id)  # else two could wait for each other
            settled = {number for number in in_order if _settle(connection, steps[number])}
            done = [steps[number] for number in sorted(settled)]
            added = [row for step in done for row in _rows_of(step)]
            if added:
                connection.exec_driver_sql(self._add_runs, added)
        return [step.job.id for step in done]

    def start(self, runs: Sequence[RunRecord]) -> None:
        """Write runs for instants ahead of the step they belong to; an instant that has a run gets no other."""
        if runs:
            with self._database.writing() as connection:
                connection.exec_driver_sql(self._add_runs, [_row(rows.run_values(run)) for run in runs])

    def busy_jobs(self) -> set[int]:
        """The ids of jobs with runs that have not ended."""
        active = select(runs.c.job_id).where(runs.c.status.in_(_ACTIVE), runs.c.job_id.is_not(None)).distinct()
        with self._database.reading() as connection:
            return set(connection.execute(active).scalars())

    def mark_broken(self, job: JobRecord, reason: str) -> None:
        """Take a job out of the schedule until it is saved again, unless it was since."""
        values = {"broken": legible(reason), "next_fire": None}
        same = jobs.c.id == job.id, jobs.c.version == job.version
        with self._database.writing() as connection:
            connection.execute(update(jobs).where(*same).values(values))

    def look_again(self, now: datetime, tolerance: timedelta) -> int:
        """After the clock was set back: follow schedules from ``now`` where they were followed further."""
        latest = rows.micros(now + tolerance)
        ahead = and_(jobs.c.settled > latest, jobs.c.next_fire.is_not(None))
        later = jobs.c.schedule_since > latest
        with self._database.reading() as connection:
            if connection.execute(select(jobs.c.id).where(or_(ahead, later)).limit(1)).first() is None:
                return 0
        with self._database.writing() as connection:
            mistaken = and_(runs.c.status == RunStatus.EXPIRED.value, runs.c.scheduled > rows.micros(now))
            of_these = runs.c.job_id.in_(select(jobs.c.id).where(ahead))
            connection.execute(delete(runs).where(mistaken, of_these))
            connection.execute(update(jobs).where(later).values(schedule_since=rows.micros(now)))
            anew = {"settled": rows.micros(now), "next_fire": rows.micros(LOOK_NOW)}
            return connection.execute(update(jobs).where(ahead).values(anew)).rowcount

    def run_after_jobs(self, job: JobRecord) -> list[JobRecord]:
        """The jobs whose schedule says that they run after this one."""
        theirs = or_(jobs.c.after_key == name_key(job.name), jobs.c.after_uuid == job.uuid)
        with self._database.reading() as connection:
            found = connection.execute(select(*_JOB_COLUMNS).where(theirs).order_by(jobs.c.id)).all()
        return [rows.job_record(row) for row in found]

    def unfollowed(self, limit: int) -> list[RunRecord]:
        """Runs of saved jobs that have ended and whose Run-After jobs have not been started, the earliest first."""
        ended = runs.c.followed.is_(False), runs.c.ended.is_not(None)
        return self._sound(select(*_RUN_COLUMNS).where(*ended).order_by(runs.c.ended).limit(limit))

    def follow(self, run_ids: Sequence[int], runs_after: Sequence[RunRecord]) -> None:
        """Write the runs that come after runs, each once, and that this is done."""
        with self._database.writing() as connection:
            connection.execute(update(runs).where(runs.c.id.in_(run_ids)).values(followed=True))
            if runs_after:
                connection.exec_driver_sql(self._add_runs, [_row(rows.run_values(run)) for run in runs_after])

    def claimable(self, limit: int, accounts: Collection[str] | None) -> list[RunRecord]:
        """Submitted runs that may begin, by priority, then by age; only those that run as one of the accounts."""
        ready = runs.c.status == RunStatus.READY.value, runs.c.lease_epoch == 0
        ours = [] if accounts is None else [runs.c.run_as.in_(accounts)]
        order = _urgency(runs.c.priority), runs.c.submitted, runs.c.id
        return self._sound(select(*_RUN_COLUMNS).where(*ready, *ours).order_by(*order).limit(limit))

    def begun(self) -> list[RunRecord]:
        """Runs that have had a driver and have not ended."""
        active = runs.c.status.in_([RunStatus.READY.value, RunStatus.RUNNING.value]), runs.c.lease_epoch > 0
        return self._sound(select(*_RUN_COLUMNS).where(*active))

    def pulse(self) -> tuple[tuple[Any, ...], ...]:
        """What changes whenever a run is added to those that have not ended, goes on, or ends, and its job changes."""
        counted = select(runs.c.status, func.count(), func.sum(runs.c.id)).where(runs.c.status.in_(_ACTIVE))
        waiting = select(runs.c.job_id).where(runs.c.status == RunStatus.SCHEDULED.value)
        of_jobs = select(func.sum(jobs.c.version), func.count(jobs.c.paused)).where(jobs.c.id.in_(waiting))
        with self._database.reading() as connection:
            found = connection.execute(counted.group_by(runs.c.status)).all()
            waits = any(status == RunStatus.SCHEDULED.value for status, _, _ in found)
            return tuple(tuple(row) for row in (*found, *(connection.execute(of_jobs).all() if waits else ())))

    def _sound(self, chosen: Select[Any]) -> list[RunRecord]:
        """Runs to act on. Those that are damaged are closed when they are met, or they would be met for ever."""
        while True:
            damaged: dict[int, str] = {}
            with self._database.reading() as connection:
                found = rows.run_records(connection.execute(chosen).all(), damaged)
            if not damaged:
                return found
            with self._database.writing() as connection:
                for run_id, reason in damaged.items():
                    rows.logger.error("run %s is closed: %s", run_id, reason)
                    closed = {**_CLOSED, "reason": legible(reason), "ended": runs.c.submitted}
                    connection.execute(update(runs).where(runs.c.id == run_id).values(closed))


_CLOSED = {"status": RunStatus.FAILED.value, "followed": True, "lease_holder": None, "lease_until": None}


def _urgency(priority: Any) -> Any:
    ranks = {level.value: level.rank for level in Priority}
    return case(ranks, value=priority, else_=len(ranks))


def _settle(connection: Connection, step: FireStep) -> bool:
    """Move a job on, unless it was moved on or saved since the step was decided."""
    seen = step.job
    same = jobs.c.version == seen.version, jobs.c.settled == rows.micros(seen.settled), jobs.c.deleted.is_(None)
    pause = jobs.c.paused == rows.micros(seen.paused) if seen.paused else jobs.c.paused.is_(None)
    values = {"settled": rows.micros(step.settled), "next_fire": rows.micros(step.next_fire)}
    return bool(connection.execute(update(jobs).where(jobs.c.id == seen.id, *same, pause).values(values)).rowcount)


def _rows_of(step: FireStep) -> list[rows.Row]:
    """The new runs of a step in order of their instants; the expired ones, which may be many, are copies of one row."""
    started = [_row(rows.run_values(run)) for run in step.runs]
    if step.template is None or not step.skipped:
        return started
    added = []
    values = rows.run_values(step.template)
    places = [_INSERTED.index(name) for name in ("uuid", "scheduled", "rundate", "reason")]
    row = list(_row(values))
    prefix = uuid.uuid4().hex[:22]  # rows in the order of their index are written twice as fast
    for number, skipped in enumerate(step.skipped):
        facts = (
            f"{prefix}{number:010x}",
            rows.micros(skipped.scheduled),
            skipped.rundate.isoformat(),
            legible(skipped.reason),
        )
        for place, fact in zip(places, facts, strict=True):
            row[place] = fact
        added.append(tuple(row))
    instant = _INSERTED.index("scheduled")
    return sorted([*added, *started], key=lambda values: values[instant] or 0)  # ids in the order of instants


def _row(values: dict[str, Any]) -> rows.Row:
    return tuple(values[name] for name in _INSERTED)

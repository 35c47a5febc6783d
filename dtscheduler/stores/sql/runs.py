"""Runs, task runs and attempts in a database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, insert, select, update

from dtscheduler.errors import LeaseLostError, NotFoundError
from dtscheduler.model.alert import AlertRecord
from dtscheduler.model.job import JobSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.run import AttemptRecord, RunChange, RunQuery, RunRecord, TaskRunRecord
from dtscheduler.model.status import FINAL_RUN, RunStatus, TaskStatus
from dtscheduler.stores.legible import legible
from dtscheduler.stores.specs import spec_hash, write_spec
from dtscheduler.stores.sql import rows
from dtscheduler.stores.sql.access import among_readable, readable_run
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.jobs import write_once
from dtscheduler.stores.sql.outbox import ALERT_INSERTED
from dtscheduler.stores.sql.tables import attempts, codes, outbox, reusable, runs, task_runs
from dtscheduler.stores.sql.wording import contains, holds, unindexed

RUN_COLUMNS = [runs.c[name] for name in rows.RUN]
TASK_RUN_COLUMNS = [task_runs.c[name] for name in rows.TASK_RUN]
_ATTEMPT_COLUMNS = [attempts.c[name] for name in rows.ATTEMPT]
_CHANGING = rows.TASK_RUN[rows.TASK_RUN.index("status") :]
_FINAL = [status.value for status in FINAL_RUN]
_MOST_PARAMETERS = 500
_FEW = 8
NEWEST = runs.c.submitted.desc(), runs.c.id.desc()
_REUSABLE_COLUMNS = [task_runs.c.run_id if column is task_runs.c.from_run else column for column in TASK_RUN_COLUMNS]


class SqlRuns:
    """The run part of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._put_alerts = database.prepare(insert(outbox), ALERT_INSERTED)
        # Rows by the thousand go to the driver directly, as tuples; SQLAlchemy would take longer than the database.
        self._add_task_runs = database.prepare(insert(task_runs), ("run_id", *rows.TASK_RUN))
        self._update_task_runs = database.prepare(_task_run_update(), (*_CHANGING, "of_run", "of_task", "of_part"))
        self._find_reusable = database.prepare(_latest_of_one(), ("fingerprint",))
        self._put_attempts = database.prepare(_attempt_upsert(database), ("run_id", *rows.ATTEMPT))

    def add_run(self, run: RunRecord, spec: JobSpec, task_runs: Sequence[TaskRunRecord]) -> RunRecord:
        """Write a new run with all its task runs and its spec; returns it with its id and its spec's hash."""
        body = write_spec(spec)
        run = replace(run, spec_hash=spec_hash(body))
        with self._database.writing() as connection:
            write_once(self._database, connection, run.spec_hash, body)
            run = _insert_run(connection, run)
            self._insert_task_runs(connection, run.id, task_runs)
        return run

    def submit(self, runs: Sequence[RunRecord]) -> list[RunRecord]:
        """Write runs that wait to be driven, without task runs, in one transaction; returns them with their ids."""
        with self._database.writing() as connection:
            return [_insert_run(connection, run) for run in runs]

    def move(self, run_id: int, before: RunStatus, change: RunChange) -> bool:
        """Change a run that nobody has driven yet, if it still has the status ``before``."""
        untouched = update(runs).where(runs.c.id == run_id, runs.c.status == before.value, runs.c.lease_epoch == 0)
        with self._database.writing() as connection:
            values = _changes(change) | ({"followed": True} if change.status is RunStatus.EXPIRED else {})
            return bool(connection.execute(untouched.values(values)).rowcount)

    def plan_run(self, run_id: int, epoch: int, *, code: str, task_runs: Sequence[TaskRunRecord]) -> None:
        """Write the task runs of a run that was submitted without; only the holder of its lease may."""
        with self._database.writing() as connection:
            _write_run(connection, run_id, epoch, {"code": code})
            self._insert_task_runs(connection, run_id, task_runs)

    def _insert_task_runs(self, connection: Connection, run_id: int, records: Sequence[TaskRunRecord]) -> None:
        if records:
            added = [(run_id, r.task, r.part, r.task_name, r.part_name, *rows.task_run_row(r)) for r in records]
            connection.exec_driver_sql(self._add_task_runs, added)

    def runs(self, query: RunQuery) -> list[RunRecord]:
        """Runs, newest first."""
        newest_first = select(*RUN_COLUMNS).order_by(*NEWEST)
        if query.limit is None:
            chosen = newest_first.where(*conditions(query)).offset(query.offset or None)
        else:  # the numbers of those on the page are found in an index alone
            chosen = newest_first.where(runs.c.id.in_(page_of(query)))
        with self._database.reading() as connection:
            found = connection.execute(chosen).all()
        return rows.run_records(found)

    def task_runs(self, run_id: int) -> list[TaskRunRecord]:
        """All task runs of a run, in order of task and part."""
        chosen = select(*TASK_RUN_COLUMNS).where(task_runs.c.run_id == run_id)
        with self._database.reading() as connection:
            found = connection.execute(chosen.order_by(task_runs.c.task, task_runs.c.part)).all()
            if not found:
                require_run(connection, run_id)
        return [rows.task_run_record(row) for row in found]

    def attempts(self, run_id: int) -> list[AttemptRecord]:
        """The attempts of a run that did not decide, in order of task, part and attempt."""
        chosen = select(*_ATTEMPT_COLUMNS).where(attempts.c.run_id == run_id)
        with self._database.reading() as connection:
            found = connection.execute(chosen.order_by(*_ATTEMPT_COLUMNS[:3])).all()
            if not found:
                require_run(connection, run_id)
        return [rows.attempt_record(row) for row in found]

    def take_lease(self, run_id: int, *, holder: str, until: datetime, from_epoch: int) -> int | None:
        """Become the run's driver if its lease is still the one counted ``from_epoch``; the new epoch, or None."""
        lease = {"lease_holder": holder, "lease_until": rows.micros(until), "lease_epoch": from_epoch + 1}
        free = update(runs).where(runs.c.id == run_id, runs.c.lease_epoch == from_epoch, runs.c.status.not_in(_FINAL))
        with self._database.writing() as connection:
            if connection.execute(free.values(lease)).rowcount:
                return from_epoch + 1
            require_run(connection, run_id)
            return None

    def record(
        self,
        run_id: int,
        epoch: int,
        *,
        lease_until: datetime | None,
        change: RunChange | None = None,
        task_runs: Sequence[TaskRunRecord] = (),
        attempts: Sequence[AttemptRecord] = (),
        alerts: Sequence[AlertRecord] = (),
    ) -> None:
        """Write what changed, in one transaction, and prolong the lease; ``lease_until`` None gives it up.

        Raises ``LeaseLostError`` and writes nothing when the run has another driver by now.
        """
        task_run_rows = [(*rows.task_run_row(r), run_id, r.task, r.part) for r in task_runs]
        attempt_rows = [(run_id, *rows.attempt_row(r)) for r in attempts]
        with self._database.writing() as connection:
            _write_run(connection, run_id, epoch, _lease(lease_until) | _changes(change))
            if task_run_rows:
                result = connection.exec_driver_sql(self._update_task_runs, task_run_rows)
                if result.rowcount != len(task_run_rows):
                    raise NotFoundError(f"run {run_id} lacks {len(task_run_rows) - result.rowcount} of these task runs")
            if attempt_rows:
                connection.exec_driver_sql(self._put_attempts, attempt_rows)
            if alerts:
                connection.exec_driver_sql(self._put_alerts, [tuple(rows.alert_values(a).values()) for a in alerts])

    def request_stop(self, run_id: int, by: str) -> None:
        """Ask whoever drives the run to stop it; a run that has ended stays as it is."""
        active = update(runs).where(runs.c.id == run_id, runs.c.status.not_in(_FINAL))
        with self._database.writing() as connection:
            if not connection.execute(active.values(stop_requested_by=by)).rowcount:
                require_run(connection, run_id)

    def keep_code(self, code_hash: str, body: str) -> None:
        """Keep what a run knows of its code, under its hash."""
        known = select(codes.c.hash).where(codes.c.hash == code_hash)
        with self._database.reading() as connection:
            if connection.execute(known).first():
                return
        with self._database.writing() as connection:
            connection.execute(self._database.insert(codes).values(hash=code_hash, body=body).on_conflict_do_nothing())

    def code(self, code_hash: str) -> str | None:
        """What was kept under a hash; None where there is nothing."""
        with self._database.reading() as connection:
            return connection.execute(select(codes.c.body).where(codes.c.hash == code_hash)).scalar()

    def seconds_taken(self, run_ids: Collection[int]) -> dict[str, list[float]]:
        """How long the task runs that completed in some runs took, in seconds, by the name of their task."""
        took = (task_runs.c.ended - task_runs.c.started).label("took")
        timed = task_runs.c.started.is_not(None), task_runs.c.ended.is_not(None)
        done = task_runs.c.status == TaskStatus.COMPLETED.value, *timed
        chosen = select(task_runs.c.task_name, took).where(task_runs.c.run_id.in_(run_ids), *done)
        found: dict[str, list[float]] = {}
        with self._database.reading() as connection:
            for name, micros in connection.execute(chosen):
                found.setdefault(name, []).append(micros / 1e6)
        return found

    def reusable(self, fingerprints: Iterable[str]) -> dict[str, TaskRunRecord]:
        """For each fingerprint that completed before: the latest such task run, ``from_run`` its run."""
        wanted = list(dict.fromkeys(fingerprints))
        with self._database.reading() as connection:
            if len(wanted) <= _FEW:  # a run asks task by task: without putting a statement together each time
                records = self._latest_of_each(connection, wanted)
            else:
                chunks = (wanted[n : n + _MOST_PARAMETERS] for n in range(0, len(wanted), _MOST_PARAMETERS))
                records = (record for chunk in chunks for record in _latest_completed(connection, chunk))
            return {record.fingerprint: record for record in records}

    def _latest_of_each(self, connection: Connection, fingerprints: list[str]) -> Iterator[TaskRunRecord]:
        for fingerprint in fingerprints:
            row = connection.exec_driver_sql(self._find_reusable, (fingerprint,)).first()
            if row is not None:
                yield rows.task_run_record(tuple(row))


def _insert_run(connection: Connection, run: RunRecord) -> RunRecord:
    new_id = connection.execute(insert(runs).returning(runs.c.id), rows.run_values(run)).scalar_one()
    return replace(run, id=new_id)


def _task_run_update() -> Any:
    key = (task_runs.c.run_id, "of_run"), (task_runs.c.task, "of_task"), (task_runs.c.part, "of_part")
    changed: dict[str, Any] = {name: bindparam(name) for name in _CHANGING}
    return update(task_runs).where(*(column == bindparam(name) for column, name in key)).values(changed)


def _attempt_upsert(database: Database) -> Any:
    """An attempt that is written again, by a driver that does not know it was written, replaces itself."""
    written = database.insert(attempts)
    changed = {name: written.excluded[name] for name in rows.ATTEMPT if name not in attempts.primary_key.columns}
    return written.on_conflict_do_update(index_elements=list(attempts.primary_key.columns), set_=changed)


def _lease(until: datetime | None) -> dict[str, Any]:
    return {"lease_until": rows.micros(until)} if until else {"lease_until": None, "lease_holder": None}


def _changes(change: RunChange | None) -> dict[str, Any]:
    if change is None:
        return {}
    values = {
        "status": change.status and change.status.value,
        "reason": None if change.reason is None else legible(change.reason),
        "started": rows.micros(change.started),
        "ended": rows.micros(change.ended),
        "code": change.code,
    }
    return {name: value for name, value in values.items() if value is not None}


def _write_run(connection: Connection, run_id: int, epoch: int, values: dict[str, Any]) -> None:
    """Write to the run's own row, if this driver still has its lease."""
    leased = update(runs).where(runs.c.id == run_id, runs.c.lease_epoch == epoch, runs.c.lease_holder.is_not(None))
    if connection.execute(leased.values(values)).rowcount:
        return
    require_run(connection, run_id)
    raise LeaseLostError(f"run {run_id} is driven by another process now, or by none; nothing was written")


def require_run(connection: Connection, run_id: int) -> None:
    """Raise ``NotFoundError`` where there is no such run."""
    if connection.execute(select(runs.c.id).where(runs.c.id == run_id)).first() is None:
        raise NotFoundError(f"there is no run {run_id}")


def page_of(query: RunQuery) -> Select[tuple[int]]:
    """The numbers of the runs on the page that a query asks for."""
    chosen = select(runs.c.id).where(*conditions(query)).order_by(*NEWEST)
    return chosen.offset(query.offset or None).limit(query.limit)


def conditions(query: RunQuery) -> Iterator[ColumnElement[bool]]:
    """What a run is to fulfil that a query asks for."""
    plain = {runs.c.id: query.id, runs.c.uuid: query.uuid, runs.c.tag: query.tag, runs.c.owner: query.owner}
    yield from (column == value for column, value in plain.items() if value is not None)
    if query.job_id is not None:
        yield runs.c.job_id == query.job_id
    if query.trigger is not None:
        yield runs.c.trigger == query.trigger.value
    if query.scheduled is not None:
        yield runs.c.scheduled == rows.micros(query.scheduled)
    if query.after_run is not None:
        yield runs.c.after_run == query.after_run
    if query.rundates is not None:
        first, last = query.rundates
        yield runs.c.rundate.between(first.isoformat(), last.isoformat())
    if query.job_name is not None:
        yield runs.c.job_name_key == name_key(query.job_name)
    if query.job_text:
        yield contains(runs.c.job_name_key, name_key(query.job_text))
    if query.newest is not None:
        yield runs.c.id <= query.newest
    if query.label is not None:
        yield holds(runs.c.labels, rows.label_text(query.label))
    if query.lineage is not None:
        yield runs.c.lineage == query.lineage
    if not query.reruns:
        yield runs.c.rerun_of.is_(None)
    if query.statuses is not None:
        few = not any(status.final for status in query.statuses)
        yield (runs.c.status if few else unindexed(runs.c.status)).in_([status.value for status in query.statuses])
    if query.since is not None:
        yield runs.c.submitted >= rows.micros(query.since)
    if query.until is not None:
        yield runs.c.submitted < rows.micros(query.until)
    if query.reader is not None:
        few = query.id is not None or query.uuid is not None
        yield readable_run(query.reader) if few else among_readable(query.reader)


def _latest_of_one() -> Any:
    """The task runs with a fingerprint whose result may be taken, the latest first, in the columns ``TASK_RUN``."""
    key = bindparam("fingerprint", type_=task_runs.c.fingerprint.type)
    chosen = select(*_REUSABLE_COLUMNS).where(reusable(task_runs), task_runs.c.fingerprint == key)
    return chosen.order_by(task_runs.c.run_id.desc(), task_runs.c.task.desc(), task_runs.c.part.desc())


def _latest_completed(connection: Connection, fingerprints: list[str]) -> Iterator[TaskRunRecord]:
    """Of each fingerprint the task run in the latest run."""
    other = task_runs.alias()
    later = exists().where(
        reusable(other), other.c.fingerprint == task_runs.c.fingerprint, other.c.run_id > task_runs.c.run_id
    )
    chosen = select(*_REUSABLE_COLUMNS).where(reusable(task_runs), task_runs.c.fingerprint.in_(fingerprints), ~later)
    return map(rows.task_run_record, connection.execute(chosen.order_by(task_runs.c.task, task_runs.c.part)).all())

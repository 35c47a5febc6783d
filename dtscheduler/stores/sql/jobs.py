"""Jobs, their versions and their specs in a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, collate, insert, literal, select, update

from dtscheduler.errors import NotFoundError
from dtscheduler.model.job import JobSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.run import JobQuery
from dtscheduler.model.saved import JobRecord, JobVersion
from dtscheduler.stores.saving import first_version, next_version
from dtscheduler.stores.specs import read_spec, spec_hash, write_spec
from dtscheduler.stores.sql import rows
from dtscheduler.stores.sql.access import readable
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.tables import job_versions, jobs, runs, specs
from dtscheduler.stores.sql.wording import contains, holds

_JOB_COLUMNS = [jobs.c[name] for name in rows.JOB]
_VERSION_COLUMNS = [job_versions.c[name] for name in rows.VERSION]


class SqlJobs:
    """The job part of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_job(
        self, spec: JobSpec, *, saved_by: str, now: datetime, run_as: str = "", next_fire: datetime | None = None
    ) -> JobRecord:
        """Save a job under its name; a new version only if it differs from the latest one."""
        latest = self._latest(spec.name)
        if latest:  # the spelling under which it was saved first stays
            spec = replace(spec, name=latest.name)
        body = write_spec(spec)
        digest = spec_hash(body)
        if latest and latest.spec_hash == digest and not latest.broken:
            return latest
        first = first_version(spec, digest, saved_by=saved_by, run_as=run_as, now=now, next_fire=next_fire)
        with self._database.writing() as connection:
            write_once(self._database, connection, digest, body)
            latest = self._latest_for_update(connection, first)
            if latest.version and latest.spec_hash == digest and not latest.broken:  # just saved by another process
                return latest
            record = next_version(latest, first)
            connection.execute(update(jobs).where(jobs.c.id == record.id).values(rows.job_values(record)))
            version = {"job_id": record.id, "version": record.version, "spec_hash": digest, "saved_by": saved_by}
            connection.execute(insert(job_versions).values(**version, saved=rows.micros(now)))
            return record

    def pause(self, job_id: int, *, paused: datetime | None, by: str) -> None:
        """Pause a job since then, or let it go on (None)."""
        values = {"paused": rows.micros(paused), "paused_by": by if paused else ""}
        with self._database.writing() as connection:
            if not connection.execute(update(jobs).where(*_there(job_id)).values(values)).rowcount:
                raise NotFoundError(f"there is no job {job_id}")

    def delete_job(self, job_id: int, now: datetime) -> None:
        """Take a job off the list; its runs stay, and its name is free."""
        gone: dict[str, Any] = {"deleted": rows.micros(now), "next_fire": None, "after_key": None, "after_uuid": None}
        gone |= {"name_key": literal("deleted:") + jobs.c.uuid}
        with self._database.writing() as connection:
            if not connection.execute(update(jobs).where(*_there(job_id)).values(gone)).rowcount:
                raise NotFoundError(f"there is no job {job_id}")
            access = ("owner", "group", "permissions")  # as they were at the end: being deleted opens no run
            last = {name: select(jobs.c[name]).where(jobs.c.id == job_id).scalar_subquery() for name in access}
            connection.execute(update(runs).where(runs.c.job_id == job_id).values(last))

    def keep_spec(self, spec: JobSpec) -> str:
        """Keep a spec; its hash."""
        body = write_spec(spec)
        with self._database.writing() as connection:
            write_once(self._database, connection, spec_hash(body), body)
        return spec_hash(body)

    def jobs(self, query: JobQuery) -> list[JobRecord]:
        """Saved jobs in the order that the query asks for."""
        chosen = select(*_JOB_COLUMNS).where(*conditions(query)).order_by(*self._order(query))
        with self._database.reading() as connection:
            found = connection.execute(chosen.offset(query.offset or None).limit(query.limit)).all()
        return [rows.job_record(row) for row in found]

    def versions(self, job_id: int) -> list[JobVersion]:
        """All versions of a job, oldest first."""
        chosen = select(*_VERSION_COLUMNS).where(job_versions.c.job_id == job_id).order_by(job_versions.c.version)
        with self._database.reading() as connection:
            found = connection.execute(chosen).all()
        if not found:
            raise NotFoundError(f"there is no job {job_id}")
        return [rows.version_record(row) for row in found]

    def spec(self, spec_hash: str) -> JobSpec:
        """Read a spec back. Raises ``NotFoundError``."""
        with self._database.reading() as connection:
            body = connection.execute(select(specs.c.body).where(specs.c.hash == spec_hash)).scalar()
        if body is None:
            raise NotFoundError(f"there is no spec {spec_hash}")
        return read_spec(body)

    def _order(self, query: JobQuery) -> list[ColumnElement[Any]]:
        # a server may sort texts by the rules of a language; Python and SQLite go by the letters' numbers
        name = jobs.c.name if self._database.is_sqlite else collate(jobs.c.name, "C")
        if query.order == "name":
            return [name]
        fires = case((jobs.c.paused.is_(None), jobs.c.next_fire), else_=None)
        return [fires.nulls_last(), name]

    def _latest(self, name: str) -> JobRecord | None:
        found = self.jobs(JobQuery(name=name))
        return found[0] if found else None

    def _latest_for_update(self, connection: Connection, first: JobRecord) -> JobRecord:
        """The job of that name, made if it is new, and locked until the transaction ends."""
        values = rows.job_values(replace(first, version=0))
        connection.execute(self._database.insert(jobs).values(values).on_conflict_do_nothing())
        chosen = select(*_JOB_COLUMNS).where(jobs.c.name_key == name_key(first.name)).with_for_update()
        return rows.job_record(connection.execute(chosen).one())


def _there(job_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return jobs.c.id == job_id, jobs.c.deleted.is_(None)


def write_once(database: Database, connection: Connection, digest: str, body: str) -> None:
    """Write a spec, unless it is there."""
    connection.execute(database.insert(specs).values(hash=digest, body=body).on_conflict_do_nothing())


def conditions(query: JobQuery) -> list[ColumnElement[bool]]:
    """What a job is to fulfil that a query asks for."""
    plain = {jobs.c.id: query.id, jobs.c.uuid: query.uuid, jobs.c.tag: query.tag, jobs.c.owner: query.owner}
    found = [column == value for column, value in plain.items() if value is not None]
    found.append(jobs.c.deleted.is_(None))
    if query.name is not None:
        found.append(jobs.c.name_key == name_key(query.name))
    if query.text:
        found.append(contains(jobs.c.name_key, name_key(query.text)))
    if query.paused is not None:
        found.append(jobs.c.paused.is_not(None) if query.paused else jobs.c.paused.is_(None))
    if query.label is not None:
        found.append(holds(jobs.c.labels, rows.label_text(query.label)))
    if query.reader is not None:
        found.append(readable(query.reader, jobs))
    return found

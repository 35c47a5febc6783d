"""Jobs, their versions and their specs in a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from dtscheduler.errors import NotFoundError
from dtscheduler.model.job import JobSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.run import JobQuery
from dtscheduler.model.saved import JobRecord, JobVersion
from dtscheduler.stores.specs import read_spec, spec_hash, write_spec
from dtscheduler.stores.sql import rows
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.tables import job_versions, jobs, specs

_JOB_COLUMNS = [jobs.c[name] for name in rows.JOB]
_VERSION_COLUMNS = [job_versions.c[name] for name in rows.VERSION]


class SqlJobs:
    """The job part of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_job(self, spec: JobSpec, *, saved_by: str, now: datetime) -> JobRecord:
        """Save a job under its name; a new version only if it differs from the latest one."""
        latest = self._latest(spec.name)
        if latest:  # the spelling under which it was saved first stays
            spec = replace(spec, name=latest.name)
        body = write_spec(spec)
        digest = spec_hash(body)
        if latest and latest.spec_hash == digest:
            return latest
        with self._database.writing() as connection:
            keep_spec(self._database, connection, digest, body)
            latest = self._latest_for_update(connection, _first_version(spec, digest, now))
            if latest.version and latest.spec_hash == digest:  # another process has just saved the same
                return latest
            record = _next_version(latest, spec, digest, now)
            connection.execute(update(jobs).where(jobs.c.id == record.id).values(_changing(record)))
            version = {"job_id": record.id, "version": record.version, "spec_hash": digest, "saved_by": saved_by}
            connection.execute(insert(job_versions).values(**version, saved=rows.micros(now)))
            return record

    def jobs(self, query: JobQuery) -> list[JobRecord]:
        """Saved jobs in order of their names."""
        with self._database.reading() as connection:
            found = connection.execute(select(*_JOB_COLUMNS).where(*_conditions(query))).all()
        return sorted(map(rows.job_record, found), key=lambda job: job.name)

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

    def _latest(self, name: str) -> JobRecord | None:
        found = self.jobs(JobQuery(name=name))
        return found[0] if found else None

    def _latest_for_update(self, connection: Connection, first: JobRecord) -> JobRecord:
        """The job of that name, made if it is new, and locked until the transaction ends."""
        values = {name: getattr(first, name) for name in rows.JOB if name != "id"} | _changing(first)
        values |= {"name_key": name_key(first.name), "created": rows.micros(first.created)}
        connection.execute(self._database.insert(jobs).values(values).on_conflict_do_nothing())
        chosen = select(*_JOB_COLUMNS).where(jobs.c.name_key == name_key(first.name)).with_for_update()
        return rows.job_record(connection.execute(chosen).one())


def keep_spec(database: Database, connection: Connection, digest: str, body: str) -> None:
    """Write a spec, once."""
    connection.execute(database.insert(specs).values(hash=digest, body=body).on_conflict_do_nothing())


def _first_version(spec: JobSpec, digest: str, now: datetime) -> JobRecord:
    return JobRecord(
        id=0,
        uuid=str(uuid4()),
        name=spec.name,
        version=0,
        spec_hash=digest,
        tag=spec.tag,
        labels=spec.labels,
        owner=spec.access.owner,
        group=spec.access.group,
        created=now,
        saved=now,
    )


def _next_version(latest: JobRecord, spec: JobSpec, digest: str, now: datetime) -> JobRecord:
    return replace(
        latest,
        version=latest.version + 1,
        spec_hash=digest,
        tag=spec.tag,
        labels=spec.labels,
        owner=spec.access.owner,
        group=spec.access.group,
        saved=now,
    )


def _changing(job: JobRecord) -> dict[str, Any]:
    """The columns in which one version of a job differs from another."""
    plain = {name: getattr(job, name) for name in ("version", "spec_hash", "tag", "owner", "group")}
    return {**plain, "labels": rows.labels_text(job.labels), "saved": rows.micros(job.saved)}


def _conditions(query: JobQuery) -> list[ColumnElement[bool]]:
    plain = {jobs.c.id: query.id, jobs.c.uuid: query.uuid, jobs.c.tag: query.tag, jobs.c.owner: query.owner}
    conditions = [column == value for column, value in plain.items() if value is not None]
    if query.name is not None:
        conditions.append(jobs.c.name_key == name_key(query.name))
    if query.label is not None:
        conditions.append(func.replace(jobs.c.labels, rows.label_text(query.label), "") != jobs.c.labels)
    return conditions

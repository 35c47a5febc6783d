"""A store in memory, for tests and for runs that nobody needs to remember."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import uuid4

from dtscheduler.errors import LeaseLostError, NotFoundError, WorkspaceError
from dtscheduler.model.job import JobSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.run import AttemptRecord, JobQuery, RunChange, RunQuery, RunRecord, TaskRunRecord
from dtscheduler.model.saved import ImageRecord, JobRecord, JobVersion
from dtscheduler.model.status import TaskStatus
from dtscheduler.stores.legible import legible
from dtscheduler.stores.specs import read_spec, spec_hash, write_spec


class MemoryStore:
    """Everything in dictionaries, behind one lock; it behaves like the store in a database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._specs: dict[str, str] = {}
        self._jobs: dict[str, JobRecord] = {}
        self._versions: dict[int, list[JobVersion]] = {}
        self._runs: dict[int, RunRecord] = {}
        self._task_runs: dict[int, dict[tuple[int, int], TaskRunRecord]] = {}
        self._attempts: dict[int, dict[tuple[int, int, int], AttemptRecord]] = {}
        self._images: dict[tuple[str, str], ImageRecord] = {}

    def save_job(self, spec: JobSpec, *, saved_by: str, now: datetime) -> JobRecord:
        """Save a job under its name; a new version only if it differs from the latest one."""
        with self._lock:
            latest = self._jobs.get(name_key(spec.name))
            if latest:  # the spelling under which it was saved first stays
                spec = replace(spec, name=latest.name)
            body = write_spec(spec)
            digest = spec_hash(body)
            if latest and latest.spec_hash == digest:
                return latest
            record = JobRecord(
                id=latest.id if latest else len(self._jobs) + 1,
                uuid=latest.uuid if latest else str(uuid4()),
                name=spec.name,
                version=latest.version + 1 if latest else 1,
                spec_hash=digest,
                tag=spec.tag,
                labels=spec.labels,
                owner=spec.access.owner,
                group=spec.access.group,
                created=latest.created if latest else now,
                saved=now,
            )
            version = JobVersion(
                job_id=record.id, version=record.version, spec_hash=digest, saved=now, saved_by=saved_by
            )
            self._specs[digest] = body
            self._jobs[name_key(spec.name)] = record
            self._versions.setdefault(record.id, []).append(version)
            return record

    def jobs(self, query: JobQuery) -> list[JobRecord]:
        """Saved jobs in order of their names."""
        with self._lock:
            return sorted((job for job in self._jobs.values() if _job_matches(job, query)), key=lambda job: job.name)

    def versions(self, job_id: int) -> list[JobVersion]:
        """All versions of a job, oldest first."""
        with self._lock:
            if job_id not in self._versions:
                raise NotFoundError(f"there is no job {job_id}")
            return list(self._versions[job_id])

    def spec(self, spec_hash: str) -> JobSpec:
        """Read a spec back. Raises ``NotFoundError``."""
        with self._lock:
            body = self._specs.get(spec_hash)
        if body is None:
            raise NotFoundError(f"there is no spec {spec_hash}")
        return read_spec(body)

    def add_run(self, run: RunRecord, spec: JobSpec, task_runs: Sequence[TaskRunRecord]) -> RunRecord:
        """Write a new run with all its task runs and its spec; returns it with its id and its spec's hash."""
        body = write_spec(spec)
        with self._lock:
            if any(other.uuid == run.uuid for other in self._runs.values()):
                raise WorkspaceError(f"there is a run {run.uuid} already")
            run = replace(run, id=len(self._runs) + 1, spec_hash=spec_hash(body), reason=legible(run.reason))
            self._specs[run.spec_hash] = body
            self._runs[run.id] = run
            self._task_runs[run.id] = {(record.task, record.part): _legible_task_run(record) for record in task_runs}
            self._attempts[run.id] = {}
            return run

    def runs(self, query: RunQuery) -> list[RunRecord]:
        """Runs, newest first."""
        with self._lock:
            found = [run for run in self._runs.values() if _run_matches(run, query)]
        return sorted(found, key=lambda run: (run.submitted, run.id), reverse=True)[: query.limit]

    def task_runs(self, run_id: int) -> list[TaskRunRecord]:
        """All task runs of a run, in order of task and part."""
        with self._lock:
            self._run(run_id)
            return [record for _, record in sorted(self._task_runs[run_id].items())]

    def attempts(self, run_id: int) -> list[AttemptRecord]:
        """The attempts of a run that did not decide, in order of task, part and attempt."""
        with self._lock:
            self._run(run_id)
            return [record for _, record in sorted(self._attempts[run_id].items())]

    def take_lease(self, run_id: int, *, holder: str, until: datetime, from_epoch: int) -> int | None:
        """Become the run's driver if its lease is still the one counted ``from_epoch``; the new epoch, or None."""
        with self._lock:
            run = self._run(run_id)
            if run.lease_epoch != from_epoch:
                return None
            self._runs[run_id] = replace(run, lease_holder=holder, lease_until=until, lease_epoch=from_epoch + 1)
            return from_epoch + 1

    def record(
        self,
        run_id: int,
        epoch: int,
        *,
        lease_until: datetime | None,
        change: RunChange | None = None,
        task_runs: Sequence[TaskRunRecord] = (),
        attempts: Sequence[AttemptRecord] = (),
    ) -> None:
        """Write what changed, in one transaction, and prolong the lease; ``lease_until`` None gives it up.

        Raises ``LeaseLostError`` and writes nothing when the run has another driver by now.
        """
        with self._lock:
            run = self._run(run_id)
            if run.lease_epoch != epoch or run.lease_holder is None:
                raise LeaseLostError(f"run {run_id} is driven by another process now, or by none; nothing was written")
            changed = {(record.task, record.part): _legible_task_run(record) for record in task_runs}
            if unknown := changed.keys() - self._task_runs[run_id].keys():
                raise NotFoundError(f"run {run_id} lacks {len(unknown)} of these task runs")
            holder = run.lease_holder if lease_until else None
            self._runs[run_id] = replace(run, lease_holder=holder, lease_until=lease_until, **_changes(change))
            self._task_runs[run_id].update(changed)
            self._attempts[run_id].update({(r.task, r.part, r.attempt): _legible_attempt(r) for r in attempts})

    def request_stop(self, run_id: int, by: str) -> None:
        """Ask whoever drives the run to stop it; a run that has ended stays as it is."""
        with self._lock:
            run = self._run(run_id)
            if not run.status.final:
                self._runs[run_id] = replace(run, stop_requested_by=by)

    def reusable(self, fingerprints: Iterable[str]) -> dict[str, TaskRunRecord]:
        """For each fingerprint that completed before: the latest such task run."""
        wanted = set(fingerprints) - {""}
        with self._lock:
            kept = [record for _, records in sorted(self._task_runs.items()) for _, record in sorted(records.items())]
        completed = [record for record in kept if record.status is TaskStatus.COMPLETED and record.result_key]
        return {record.fingerprint: record for record in completed if record.fingerprint in wanted}

    def put_image(self, image: ImageRecord) -> None:
        """Register an image, or replace the one of that name and tag."""
        with self._lock:
            self._images[image.name, image.tag] = image

    def images(self) -> list[ImageRecord]:
        """All images in order of name and tag."""
        with self._lock:
            return [image for _, image in sorted(self._images.items())]

    def problems(self) -> list[str]:
        """What is wrong with the store: nothing can be."""
        return []

    def close(self) -> None:
        """Nothing to give back; what is kept stays readable."""

    def _run(self, run_id: int) -> RunRecord:
        if run_id not in self._runs:
            raise NotFoundError(f"there is no run {run_id}")
        return self._runs[run_id]


def _legible_task_run(record: TaskRunRecord) -> TaskRunRecord:
    return replace(
        record, reason=legible(record.reason), preview=legible(record.preview), traceback=legible(record.traceback)
    )


def _legible_attempt(record: AttemptRecord) -> AttemptRecord:
    return replace(record, reason=legible(record.reason), traceback=legible(record.traceback))


def _changes(change: RunChange | None) -> dict[str, Any]:
    if change is None:
        return {}
    values = {field.name: getattr(change, field.name) for field in fields(change)}
    changed = {name: value for name, value in values.items() if value is not None}
    return changed | {"reason": legible(changed["reason"])} if "reason" in changed else changed


def _job_matches(job: JobRecord, query: JobQuery) -> bool:
    return (
        query.id in (None, job.id)
        and query.uuid in (None, job.uuid)
        and (query.name is None or name_key(query.name) == name_key(job.name))
        and (query.label is None or query.label in job.labels)
        and query.tag in (None, job.tag)
        and query.owner in (None, job.owner)
    )


def _run_matches(run: RunRecord, query: RunQuery) -> bool:
    return (
        query.id in (None, run.id)
        and query.uuid in (None, run.uuid)
        and (query.job_name is None or name_key(query.job_name) == name_key(run.job_name))
        and (query.label is None or query.label in run.labels)
        and query.tag in (None, run.tag)
        and query.owner in (None, run.owner)
        and (query.statuses is None or run.status in query.statuses)
        and (query.since is None or run.submitted >= query.since)
        and (query.until is None or run.submitted < query.until)
    )

"""A store in memory, for tests and for runs that nobody needs to remember."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from uuid import uuid4

from dtscheduler.errors import LeaseLostError, NotFoundError, WorkspaceError
from dtscheduler.model.access import Identity
from dtscheduler.model.alert import AlertRecord, Channel
from dtscheduler.model.firing import FireStep
from dtscheduler.model.job import JobSpec
from dtscheduler.model.names import name_key
from dtscheduler.model.run import AttemptRecord, JobQuery, RunChange, RunQuery, RunRecord, TaskRunRecord
from dtscheduler.model.saved import ImageRecord, JobRecord, JobVersion
from dtscheduler.model.service import ServiceRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.stores.legible import legible
from dtscheduler.stores.matching import in_order, job_matches, page_of, runs_after, same_identity
from dtscheduler.stores.memory_looking import MemoryLooking
from dtscheduler.stores.memory_pruning import MemoryPruning
from dtscheduler.stores.memory_reports import MemoryReports
from dtscheduler.stores.saving import FARTHEST, LOOK_NOW, first_version, next_version
from dtscheduler.stores.specs import read_spec, spec_hash, write_spec


class MemoryStore(MemoryPruning, MemoryReports, MemoryLooking):
    """Everything in dictionaries, behind one lock; it behaves like the store in a database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._specs: dict[str, str] = {}
        self._codes: dict[str, str] = {}
        self._jobs: dict[str, JobRecord] = {}
        self._versions: dict[int, list[JobVersion]] = {}
        self._runs: dict[int, RunRecord] = {}
        self._task_runs: dict[int, dict[tuple[int, int], TaskRunRecord]] = {}
        self._attempts: dict[int, dict[tuple[int, int, int], AttemptRecord]] = {}
        self._images: dict[tuple[str, str], ImageRecord] = {}
        self._followed: set[int] = set()
        self._outbox: dict[int, AlertRecord] = {}
        self._services: dict[str, ServiceRecord] = {}
        self._job_count = self._run_count = 0

    def save_job(
        self, spec: JobSpec, *, saved_by: str, now: datetime, run_as: str = "", next_fire: datetime | None = None
    ) -> JobRecord:
        """Save a job under its name; a new version only if it differs from the latest one."""
        with self._lock:
            latest = self._jobs.get(name_key(spec.name))
            if latest:  # the spelling under which it was saved first stays
                spec = replace(spec, name=latest.name)
            digest = self._keep(spec)
            if latest and latest.spec_hash == digest and not latest.broken:
                return latest
            self._job_count += latest is None
            first = first_version(spec, digest, saved_by=saved_by, run_as=run_as, now=now, next_fire=next_fire)
            record = next_version(latest, first) if latest else replace(first, id=self._job_count)
            version = JobVersion(
                job_id=record.id, version=record.version, spec_hash=digest, saved=now, saved_by=saved_by
            )
            self._jobs[name_key(spec.name)] = record
            self._versions.setdefault(record.id, []).append(version)
            return record

    def pause(self, job_id: int, *, paused: datetime | None, by: str) -> None:
        """Pause a job since then, or let it go on (None)."""
        with self._lock:
            self._change_job(self._job(job_id), paused=paused, paused_by=by if paused else "")

    def delete_job(self, job_id: int, now: datetime) -> None:
        """Take a job off the list; its runs stay, and its name is free."""
        with self._lock:
            job = self._jobs.pop(name_key(self._job(job_id).name))
            for run in [run for run in self._runs.values() if run.job_id == job_id]:
                closed = replace(run, owner=job.owner, group=job.group, permissions=job.permissions)
                self._runs[run.id] = closed

    def keep_spec(self, spec: JobSpec) -> str:
        """Keep a spec; its hash."""
        with self._lock:
            return self._keep(spec)

    def due_jobs(self, now: datetime, limit: int) -> list[JobRecord]:
        """Jobs to look at, the most urgent first."""
        with self._lock:
            due = [job for job in self._jobs.values() if job.next_fire and job.next_fire <= now]
        return sorted(due, key=lambda job: (job.priority.rank, job.next_fire, job.id))[:limit]

    def next_due(self) -> datetime | None:
        """When the next job is due."""
        with self._lock:
            return min((job.next_fire for job in self._jobs.values() if job.next_fire), default=None)

    def advance(self, steps: Sequence[FireStep]) -> list[int]:
        """Write what has become of jobs' instants; the ids of the jobs that were not changed since."""
        done = []
        with self._lock:
            for step in steps:
                job = self._jobs.get(name_key(step.job.name))
                if job is None or _place_of(job) != _place_of(step.job):
                    continue
                self._change_job(job, settled=step.settled, next_fire=step.next_fire)
                done.append(job.id)
                for run in sorted((*step.runs, *_expired(step)), key=lambda run: run.scheduled or run.submitted):
                    self._add(run)
        return done

    def start(self, runs: Sequence[RunRecord]) -> None:
        """Write runs for instants ahead of the step they belong to; an instant that has a run gets no other."""
        with self._lock:
            for run in runs:
                self._add(run)

    def busy_jobs(self) -> set[int]:
        """The ids of jobs with runs that have not ended."""
        with self._lock:
            return {run.job_id for run in self._runs.values() if run.job_id and not run.status.final}

    def mark_broken(self, job: JobRecord, reason: str) -> None:
        """Take a job out of the schedule until it is saved again, unless it was since."""
        with self._lock:
            latest = self._jobs.get(name_key(job.name))
            if latest and (latest.id, latest.version) == (job.id, job.version):
                self._change_job(latest, broken=legible(reason), next_fire=None)

    def look_again(self, now: datetime, tolerance: timedelta) -> int:
        """After the clock was set back: follow schedules from ``now`` where they were followed further."""
        with self._lock:
            ahead = [job for job in self._jobs.values() if job.settled > now + tolerance and job.next_fire]
            ids = {job.id for job in ahead}
            for run in list(self._runs.values()):
                if run.job_id in ids and run.status is RunStatus.EXPIRED and run.scheduled and run.scheduled > now:
                    del self._runs[run.id]
            for job in ahead:
                self._change_job(job, settled=now, next_fire=LOOK_NOW)
            for job in [job for job in self._jobs.values() if job.schedule_since > now + tolerance]:
                self._change_job(job, schedule_since=now)
            return len(ahead)

    def run_after_jobs(self, job: JobRecord) -> list[JobRecord]:
        """The jobs whose schedule says that they run after this one."""
        with self._lock:
            return [other for other in self._jobs.values() if runs_after(other, job)]

    def unfollowed(self, limit: int) -> list[RunRecord]:
        """Runs of saved jobs that have ended and whose Run-After jobs have not been started, the earliest first."""
        with self._lock:
            ended = [run for run in self._runs.values() if run.ended and run.status is not RunStatus.EXPIRED]
            found = [run for run in ended if run.job_id and run.id not in self._followed]
        return sorted(found, key=lambda run: run.ended or run.submitted)[:limit]

    def follow(self, run_ids: Sequence[int], runs_after: Sequence[RunRecord]) -> None:
        """Write the runs that come after runs, each once, and that this is done."""
        with self._lock:
            self._followed.update(run_ids)
            for run in runs_after:
                self._add(run)

    def claimable(self, limit: int, accounts: Collection[str] | None) -> list[RunRecord]:
        """Submitted runs that may begin, by priority, then by age; only those that run as one of the accounts."""
        with self._lock:
            ready = [run for run in self._runs.values() if run.status is RunStatus.READY and not run.lease_epoch]
        ours = [run for run in ready if accounts is None or run.run_as in accounts]
        return sorted(ours, key=lambda run: (run.priority.rank, run.submitted, run.id))[:limit]

    def begun(self) -> list[RunRecord]:
        """Runs that have had a driver and have not ended."""
        with self._lock:
            return [run for run in self._runs.values() if run.lease_epoch and not run.status.final]

    def pulse(self) -> tuple[tuple[Any, ...], ...]:
        """What changes whenever a run is added to those that have not ended, goes on, or ends."""
        with self._lock:
            active = tuple((run.id, run.status) for run in self._runs.values() if not run.status.final)
            return (*active, *((job.id, job.version, job.paused) for job in self._jobs.values()))

    def jobs(self, query: JobQuery) -> list[JobRecord]:
        """Saved jobs in the order that the query asks for."""
        with self._lock:
            found = [job for job in self._jobs.values() if job_matches(job, query)]
        return page_of(sorted(found, key=lambda job: in_order(job, query)), query)

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
        with self._lock:
            added = self._add(replace(run, spec_hash=self._keep(spec)))
            if added is None:
                raise WorkspaceError(f"there is a run {run.uuid}, or one for the same instant, already")
            self._task_runs[added.id] = {(record.task, record.part): _legible_task_run(record) for record in task_runs}
            return added

    def submit(self, runs: Sequence[RunRecord]) -> list[RunRecord]:
        """Write runs that wait to be driven, without task runs; returns them with their ids."""
        with self._lock:
            added = [found for run in runs if (found := self._add(run))]
            if len(added) == len(runs):
                return added
            for run in added:
                del self._runs[run.id]
            raise WorkspaceError("there is such a run already")

    def move(self, run_id: int, before: RunStatus, change: RunChange) -> bool:
        """Change a run that nobody has driven yet, if it still has the status ``before``."""
        with self._lock:
            run = self._run(run_id)
            if run.status is not before or run.lease_epoch:
                return False
            self._runs[run_id] = replace(run, **_changes(change))
            return True

    def plan_run(self, run_id: int, epoch: int, *, code: str, task_runs: Sequence[TaskRunRecord]) -> None:
        """Write the task runs of a run that was submitted without; only the holder of its lease may."""
        with self._lock:
            run = self._leased(run_id, epoch)
            self._runs[run_id] = replace(run, code=code)
            self._task_runs[run_id] = {(record.task, record.part): _legible_task_run(record) for record in task_runs}

    def runs(self, query: RunQuery) -> list[RunRecord]:
        """Runs, newest first."""
        with self._lock:
            return self._newest(query)

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
            if run.lease_epoch != from_epoch or run.status.final:
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
        alerts: Sequence[AlertRecord] = (),
    ) -> None:
        """Write what changed, in one transaction, and prolong the lease; ``lease_until`` None gives it up.

        Raises ``LeaseLostError`` and writes nothing when the run has another driver by now.
        """
        with self._lock:
            run = self._leased(run_id, epoch)
            changed = {(record.task, record.part): _legible_task_run(record) for record in task_runs}
            if unknown := changed.keys() - self._task_runs[run_id].keys():
                raise NotFoundError(f"run {run_id} lacks {len(unknown)} of these task runs")
            holder = run.lease_holder if lease_until else None
            self._runs[run_id] = replace(run, lease_holder=holder, lease_until=lease_until, **_changes(change))
            self._task_runs[run_id].update(changed)
            self._attempts[run_id].update({(r.task, r.part, r.attempt): _legible_attempt(r) for r in attempts})
            self._put_alerts(alerts)

    def request_stop(self, run_id: int, by: str) -> None:
        """Ask whoever drives the run to stop it; a run that has ended stays as it is."""
        with self._lock:
            run = self._run(run_id)
            if not run.status.final:
                self._runs[run_id] = replace(run, stop_requested_by=by)

    def keep_code(self, code_hash: str, body: str) -> None:
        """Keep what a run knows of its code, under its hash."""
        with self._lock:
            self._codes[code_hash] = body

    def code(self, code_hash: str) -> str | None:
        """What was kept under a hash; None where there is nothing."""
        with self._lock:
            return self._codes.get(code_hash)

    def seconds_taken(self, run_ids: Collection[int]) -> dict[str, list[float]]:
        """How long the task runs that completed in some runs took, in seconds, by the name of their task."""
        found: dict[str, list[float]] = {}
        with self._lock:
            for record in (r for run_id in run_ids for r in self._task_runs.get(run_id, {}).values()):
                if record.status is TaskStatus.COMPLETED and record.started and record.ended:
                    found.setdefault(record.task_name, []).append((record.ended - record.started).total_seconds())
        return found

    def reusable(self, fingerprints: Iterable[str]) -> dict[str, TaskRunRecord]:
        """For each fingerprint that completed before: the latest such task run, ``from_run`` its run."""
        wanted = set(fingerprints) - {""}
        with self._lock:
            kept = [
                replace(record, from_run=run_id)
                for run_id, records in sorted(self._task_runs.items())
                for _, record in sorted(records.items())
            ]
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

    def add_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Put alerts into the outbox; ``id`` is ignored."""
        with self._lock:
            self._put_alerts(alerts)

    def alerts(
        self, *, pending: bool = False, limit: int | None = None, reader: Identity | None = None
    ) -> list[AlertRecord]:
        """Alerts, newest first; or only those that are still to be sent, or that are about what may be read."""
        with self._lock:
            newest = sorted(self._outbox.values(), key=lambda alert: -alert.id)
            found = [alert for alert in newest if alert.next_try or not pending]
            return [alert for alert in found if reader is None or reader.admin or self._readable(alert, reader)][:limit]

    def claim_alerts(self, now: datetime, until: datetime) -> list[AlertRecord]:
        """All alerts that are due; nobody else gets them until then, or until they are updated."""
        with self._lock:
            planned = [(alert, alert.next_try) for alert in self._outbox.values() if alert.next_try]
            due = [alert for alert, when in planned if not now < when <= now + FARTHEST]
            self._outbox.update({alert.id: replace(alert, next_try=until) for alert in due})
            return [self._outbox[alert.id] for alert in due]

    def update_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Write what has become of alerts."""
        with self._lock:
            self._outbox.update({alert.id: alert for alert in alerts})

    def last_sent(self, since: datetime) -> dict[tuple[Channel, str], datetime]:
        """When each recipient was last told something, if since then."""
        with self._lock:
            sent = sorted((a.sent, a.channel, a.recipient) for a in self._outbox.values() if a.sent and a.sent >= since)
        return {(channel, recipient): when for when, channel, recipient in sent}

    def beat(self, service: ServiceRecord) -> None:
        """Say that a service is alive."""
        with self._lock:
            self._services[service.holder] = service

    def services(self) -> list[ServiceRecord]:
        """All services that have not signed off, the oldest first."""
        with self._lock:
            return sorted(self._services.values(), key=lambda service: service.since)

    def sign_off(self, holder: str) -> None:
        """Take a service off the list."""
        with self._lock:
            self._services.pop(holder, None)

    def problems(self) -> list[str]:
        """What is wrong with the store: nothing can be."""
        return []

    def close(self) -> None:
        """Nothing to give back; what is kept stays readable."""

    def _run(self, run_id: int) -> RunRecord:
        if run_id not in self._runs:
            raise NotFoundError(f"there is no run {run_id}")
        return self._runs[run_id]

    def _leased(self, run_id: int, epoch: int) -> RunRecord:
        run = self._run(run_id)
        if run.lease_epoch != epoch or run.lease_holder is None:
            raise LeaseLostError(f"run {run_id} is driven by another process now, or by none; nothing was written")
        return run

    def _add(self, run: RunRecord) -> RunRecord | None:
        """Keep a new run, unless there is one of its identity."""
        if any(same_identity(run, other) for other in self._runs.values()):
            return None
        self._run_count += 1
        run = replace(run, id=self._run_count, reason=legible(run.reason))
        self._runs[run.id], self._task_runs[run.id], self._attempts[run.id] = run, {}, {}
        return run

    def _readable(self, alert: AlertRecord, reader: Identity) -> bool:
        if alert.run_id is not None:
            return bool(self._matching(RunQuery(id=alert.run_id, reader=reader)))
        return any(job_matches(job, JobQuery(name=alert.job_name, reader=reader)) for job in self._jobs.values())

    def _keep(self, spec: JobSpec) -> str:
        body = write_spec(spec)
        digest = spec_hash(body)
        self._specs[digest] = body
        return digest

    def _job(self, job_id: int) -> JobRecord:
        found = [job for job in self._jobs.values() if job.id == job_id]
        if not found:
            raise NotFoundError(f"there is no job {job_id}")
        return found[0]

    def _change_job(self, job: JobRecord, **changes: Any) -> None:
        self._jobs[name_key(job.name)] = replace(job, **changes)

    def _put_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        for alert in alerts:
            number = max(self._outbox, default=0) + 1
            self._outbox[number] = replace(alert, id=number, text=legible(alert.text))


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


def _place_of(job: JobRecord) -> tuple[object, ...]:
    return job.id, job.version, job.settled, job.paused


def _expired(step: FireStep) -> Iterator[RunRecord]:
    for skipped in step.skipped:
        if step.template:
            expired = replace(step.template, uuid=uuid4().hex, scheduled=skipped.scheduled)
            yield replace(expired, rundate=skipped.rundate, reason=skipped.reason)

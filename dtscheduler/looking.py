"""What can be looked at in a workspace, by those who may: jobs, runs, task runs, and figures of very many of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from dtscheduler.errors import InvalidJobError, NotFoundError
from dtscheduler.gate import Gate
from dtscheduler.hosting import Host
from dtscheduler.model.access import Identity, Right
from dtscheduler.model.alert import AlertRecord
from dtscheduler.model.figures import DayFigures, TaskCount
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import (
    AttemptRecord,
    JobQuery,
    RunQuery,
    RunRecord,
    TaskRunPage,
    TaskRunQuery,
    TaskRunRecord,
)
from dtscheduler.model.saved import ImageRecord, JobRecord, JobVersion
from dtscheduler.model.service import ServiceRecord
from dtscheduler.ports import Clock, ResultCache, Store
from dtscheduler.triage.failures import failures_of
from dtscheduler.triage.grouping import FailureGroup

MOST_RUNS = 2**31 - 1
MOST_DAYS = 366
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Instant:
    """What an instant is for a job: the version in force then, and the run it has."""

    job: JobRecord
    version: JobVersion | None
    run: RunRecord | None


class Looking:
    """The use cases that change nothing, for one identity. What it may not read, it does not find.

    Args:
        host: knows where jobs, runs, results and logs are kept.
    """

    def __init__(self, host: Host) -> None:
        self.host = host

    @property
    def identity(self) -> Identity:
        """Who uses this door."""
        return self.host.identity

    @property
    def user(self) -> str:
        return self.identity.user

    @property
    def home(self) -> Path:
        return self.host.home

    @property
    def clock(self) -> Clock:
        return self.host.clock

    @property
    def store(self) -> Store:
        return self.host.store

    @property
    def cache(self) -> ResultCache:
        """The results of this account."""
        return self.host.cache_of("")

    @cached_property
    def gate(self) -> Gate:
        """What says who may do what."""
        return Gate(self.store, self.identity)

    # -- jobs

    def jobs(self, query: JobQuery) -> list[JobRecord]:
        return self.store.jobs(replace(query, reader=self.identity))

    def count_jobs(self, query: JobQuery) -> int:
        """How many jobs ``jobs`` gives on all pages together."""
        return self.store.count_jobs(replace(query, reader=self.identity))

    def job(self, name_or_uuid: str, right: Right = Right.READ) -> JobRecord:
        """Find a saved job by name or uuid. Raises ``NotFoundError``, or ``AccessError`` where only reading is allowed."""
        job = self.find(name_or_uuid)
        if job is None:
            raise NotFoundError(f"there is no job {name_or_uuid!r} in this workspace ({self.home})")
        self.gate.require(right, job, f"job {job.name!r}")
        return job

    def find(self, name_or_uuid: str) -> JobRecord | None:
        """A saved job by name or uuid, if there is one that may be read."""
        if not isinstance(name_or_uuid, str):
            raise InvalidJobError(f"a job is found by its name or uuid, a str; not by {name_or_uuid!r:.60}")
        if any("\ud800" <= character <= "\udfff" for character in name_or_uuid):  # what no store can keep
            return None
        found = self.jobs(JobQuery(uuid=name_or_uuid)) or self.jobs(JobQuery(name=name_or_uuid))
        return found[0] if found else None

    def versions(self, job_id: int) -> list[JobVersion]:
        if not self.jobs(JobQuery(id=job_id)):
            raise NotFoundError(f"there is no job {job_id}")
        return self.store.versions(job_id)

    def spec(self, spec_hash: str) -> JobSpec:
        return self.store.spec(spec_hash)

    def instant(self, name_or_uuid: str, at: datetime) -> Instant:
        """What an instant is for a job: the version of the job in force then, and the run for it."""
        job = self.job(name_or_uuid)
        in_force = [version for version in self.store.versions(job.id) if version.saved <= at]
        runs = self.store.runs(RunQuery(job_id=job.id, scheduled=at, limit=1))
        return Instant(job, in_force[-1] if in_force else None, runs[0] if runs else None)

    def latest_runs(self, job_ids: Collection[int]) -> dict[int, RunRecord]:
        """The run of each of these jobs that was submitted last, by the job's id; jobs without runs are left out."""
        return self.store.latest_runs(job_ids, self.identity)

    # -- runs

    def run(self, run_id: int, right: Right = Right.READ) -> RunRecord:
        """Find a run by id. Raises ``NotFoundError``, or ``AccessError`` where only reading is allowed."""
        if type(run_id) is not int:
            raise InvalidJobError(f"a run is found by its number, an int; not by {run_id!r:.60}")
        found = self.runs(RunQuery(id=run_id)) if 0 < run_id <= MOST_RUNS else []
        if not found:
            raise NotFoundError(f"there is no run {run_id} in this workspace ({self.home})")
        run = found[0]
        jobs = self.store.jobs(JobQuery(id=run.job_id)) if run.job_id else []
        self.gate.require(right, jobs[0] if jobs else run, f"run {run_id}")
        return run

    def runs(self, query: RunQuery) -> list[RunRecord]:
        """Runs, newest first. Read all pages of one list with ``newest`` as it was at the first page."""
        return self.store.runs(replace(query, reader=self.identity))

    def count_runs(self, query: RunQuery) -> int:
        """How many runs ``runs`` gives on all pages together."""
        return self.store.count_runs(replace(query, reader=self.identity))

    def newest_run(self) -> int:
        """The number of the newest run, whoever may read it; 0 where there is none."""
        return self.store.newest_run()

    def reruns_of(self, run_ids: Collection[int]) -> dict[int, list[RunRecord]]:
        """For each of these runs: its reruns, and the reruns of those, newest first."""
        return self.store.reruns_of(run_ids, self.identity)

    def run_figures(self, query: RunQuery, days: int = 14) -> list[DayFigures]:
        """What the runs of a query amount to, one entry for each day (UTC), the last one today or that of ``until``.

        Days without runs are zeros. ``offset`` and ``limit`` of the query play no part. Raises ``InvalidJobError`` for
        other than 1 to 366 days.
        """
        if not 1 <= days <= MOST_DAYS:
            raise InvalidJobError(f"figures are of 1 to {MOST_DAYS} days, not of {days}")
        last = self.clock.now()
        if query.until is not None:
            last = min(last, max(query.until, _EARLIEST) - timedelta(microseconds=1))
        first = last.date() - timedelta(days=days - 1)
        return self.store.run_figures(replace(query, reader=self.identity), first, last.date())

    # -- task runs

    def task_runs(self, run_id: int) -> list[TaskRunRecord]:
        return self.store.task_runs(self.run(run_id).id)

    def task_run_page(self, run_id: int, page: TaskRunPage) -> list[TaskRunRecord]:
        """A page of the task runs of a run."""
        return self.store.task_run_page(self.run(run_id).id, page)

    def count_task_runs(self, run_id: int, page: TaskRunPage) -> int:
        """How many task runs there are on all pages together."""
        return self.store.count_task_runs(self.run(run_id).id, page)

    def task_run_record(self, run_id: int, task: int, part: int) -> TaskRunRecord:
        """One part of one task of a run, by their numbers, from 0. Raises ``NotFoundError``."""
        found = self.task_run_page(run_id, TaskRunPage(task=task, part=part))
        if not found:
            raise NotFoundError(f"run {run_id} has no part {part} of a task {task}")
        return found[0]

    def task_counts(self, run_id: int) -> list[TaskCount]:
        """How many parts of each task of a run have which status, in order of tasks."""
        return self.store.task_counts(self.run(run_id).id)

    def part_states(self, run_id: int) -> list[tuple[int, int, str]]:
        """Task, part and status of all task runs of a run, in order of task and part; cheap for thousands."""
        return self.store.part_states(self.run(run_id).id)

    def attempts(self, run_id: int) -> list[AttemptRecord]:
        return self.store.attempts(self.run(run_id).id)

    def failures(self, run_id: int) -> list[FailureGroup]:
        """What failed in a run, grouped by error; texts in it are masked."""
        return failures_of(self.store, self.run(run_id))

    # -- results and logs

    def results(self, run: RunRecord) -> ResultCache:
        """The cache that holds the results of a run; see ``made_elsewhere`` before one is unpickled."""
        return self.host.cache_of(run.run_as)

    def made_elsewhere(self, run: RunRecord) -> str | None:
        """The account that has made the results of a run, if it is another one: reading them would run its code here."""
        return self.host.account(run.run_as)

    def log_folder(self, run_uuid: str) -> Path:
        """The folder with the logs of a run's attempts."""
        return self.host.log_folder(run_uuid)

    def live_log(self, run: RunRecord, host: str, worker: str) -> BinaryIO | None:
        """What a worker of a run has written so far; None where there is nothing."""
        return self.host.spools(run).open_live(host, worker)

    # -- the service and what it tells

    def services(self) -> list[ServiceRecord]:
        """The services that are alive, or ended without saying so."""
        return self.store.services()

    def served(self) -> bool:
        """Whether a service is alive."""
        now = self.clock.now()
        return any(service.alive(now) for service in self.services())

    def next_fire(self) -> datetime | None:
        """When the next job that may be read fires."""
        found = self.jobs(JobQuery(paused=False, order="next_fire", limit=1))
        fire = found[0].next_fire if found else None
        return fire and max(fire, self.clock.now())

    def alerts(self, *, pending: bool = False, limit: int | None = None) -> list[AlertRecord]:
        """What is or was in the outbox about runs that may be read, newest first."""
        return self.store.alerts(pending=pending, limit=limit, reader=self.identity)

    # -- reports

    def run_rows(self, query: RunQuery, columns: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        """Runs as plain tuples; see ``ReportStore``."""
        return self.store.run_rows(replace(query, reader=self.identity), columns)

    def task_run_rows(self, query: TaskRunQuery, columns: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        """Task runs as plain tuples; see ``ReportStore``."""
        of_readable = replace(query, runs=replace(query.runs, reader=self.identity))
        return self.store.task_run_rows(of_readable, columns)

    # -- images

    def images(self) -> list[ImageRecord]:
        return self.store.images()

    def image(self, name: str, tag: str) -> ImageRecord:
        """Find a registered image. Raises ``ImageError`` with the command that registers it."""
        return self.host.finding.images.image(name, tag)

"""What the core asks of the world: a store, a cache of results, something that executes, a clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO, Protocol

from dtscheduler.model.access import Identity
from dtscheduler.model.alert import AlertRecord, Channel, Message
from dtscheduler.model.call import EntrypointInfo, Environment, Event, PartCall, TaskSetup, Wanted
from dtscheduler.model.figures import DayFigures, TaskCount
from dtscheduler.model.firing import FireStep
from dtscheduler.model.job import JobSpec
from dtscheduler.model.pruning import PastAlert, PastRun, RunsRemoved
from dtscheduler.model.run import (
    AttemptRecord,
    JobQuery,
    RunChange,
    RunQuery,
    RunRecord,
    TaskRunPage,
    TaskRunQuery,
    TaskRunRecord,
)
from dtscheduler.model.saved import ImageRecord, JobRecord, JobVersion
from dtscheduler.model.service import ServiceRecord
from dtscheduler.model.status import RunStatus


class JobStore(Protocol):
    """Where jobs are kept, with all their versions."""

    def save_job(
        self, spec: JobSpec, *, saved_by: str, now: datetime, run_as: str = "", next_fire: datetime | None = None
    ) -> JobRecord:
        """Save a job under its name; a new version only if it differs from the latest one.

        Args:
            spec: the job.
            saved_by: who saves it.
            now: the time; fires up to it are the business of the version before.
            run_as: the account its tasks run under.
            next_fire: the first fire after ``now``.
        """

    def jobs(self, query: JobQuery) -> list[JobRecord]:
        """Saved jobs in the order that the query asks for."""

    def versions(self, job_id: int) -> list[JobVersion]:
        """All versions of a job, oldest first."""

    def spec(self, spec_hash: str) -> JobSpec:
        """Read a spec back. Raises ``NotFoundError``."""

    def pause(self, job_id: int, *, paused: datetime | None, by: str) -> None:
        """Pause a job since then, or let it go on (None)."""

    def delete_job(self, job_id: int, now: datetime) -> None:
        """Take a job off the list; its runs stay, and its name is free."""


class FireStore(Protocol):
    """What the service asks: which jobs are due, and what has become of their instants."""

    def due_jobs(self, now: datetime, limit: int) -> list[JobRecord]:
        """Jobs to look at, the most urgent first; one whose row cannot be read says so in ``broken``."""

    def next_due(self) -> datetime | None:
        """When the next job is due."""

    def advance(self, steps: Sequence[FireStep]) -> list[int]:
        """Write what has become of jobs' instants, in one transaction; the ids of the jobs that were not changed since.

        An instant that has a run already gets no other.
        """

    def start(self, runs: Sequence[RunRecord]) -> None:
        """Write runs for instants ahead of the step they belong to; an instant that has a run gets no other."""

    def busy_jobs(self) -> set[int]:
        """The ids of jobs with runs that have not ended."""

    def mark_broken(self, job: JobRecord, reason: str) -> None:
        """Take a job out of the schedule until it is saved again, unless it was since."""

    def look_again(self, now: datetime, tolerance: timedelta) -> int:
        """After the clock was set back: follow schedules from ``now`` where they were followed further.

        Expired runs of instants after ``now`` are taken back. Returns how many jobs that concerned.
        """

    def run_after_jobs(self, job: JobRecord) -> list[JobRecord]:
        """The jobs whose schedule says that they run after this one."""

    def unfollowed(self, limit: int) -> list[RunRecord]:
        """Runs of saved jobs that have ended, whose Run-After jobs have not been started, the earliest first.

        Expired runs are not among them.
        """

    def follow(self, run_ids: Sequence[int], runs_after: Sequence[RunRecord]) -> None:
        """Write the runs that come after runs, each once, and that this is done."""

    def claimable(self, limit: int, accounts: Collection[str] | None) -> list[RunRecord]:
        """Submitted runs that may begin, by priority, then by age; only those that run as one of the accounts."""

    def begun(self) -> list[RunRecord]:
        """Runs that have had a driver and have not ended."""

    def pulse(self) -> tuple[tuple[Any, ...], ...]:
        """What changes whenever a run is added to those that have not ended, goes on, or ends."""


class RunStore(Protocol):
    """Where runs and task runs are kept. A run is written only by the holder of its lease."""

    def submit(self, runs: Sequence[RunRecord]) -> list[RunRecord]:
        """Write runs that wait to be driven, without task runs, in one transaction; returns them with their ids."""

    def move(self, run_id: int, before: RunStatus, change: RunChange) -> bool:
        """Change a run that nobody has driven yet, if it still has the status ``before``."""

    def plan_run(self, run_id: int, epoch: int, *, code: str, task_runs: Sequence[TaskRunRecord]) -> None:
        """Write the task runs of a run that was submitted without; only the holder of its lease may."""

    def keep_spec(self, spec: JobSpec) -> str:
        """Keep a spec; its hash."""

    def add_run(self, run: RunRecord, spec: JobSpec, task_runs: Sequence[TaskRunRecord]) -> RunRecord:
        """Write a new run with all its task runs and its spec; returns it with its id. ``run.id`` is ignored."""

    def runs(self, query: RunQuery) -> list[RunRecord]:
        """Runs, newest first."""

    def task_runs(self, run_id: int) -> list[TaskRunRecord]:
        """All task runs of a run, in order of task and part."""

    def attempts(self, run_id: int) -> list[AttemptRecord]:
        """The attempts of a run that did not decide, in order of task, part and attempt."""

    def take_lease(self, run_id: int, *, holder: str, until: datetime, from_epoch: int) -> int | None:
        """Become the run's driver if its lease is still the one counted ``from_epoch``; the new epoch, or None."""

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

    def request_stop(self, run_id: int, by: str) -> None:
        """Ask whoever drives the run to stop it."""

    def reusable(self, fingerprints: Iterable[str]) -> dict[str, TaskRunRecord]:
        """For each fingerprint that completed before: the latest such task run, ``from_run`` its run."""

    def keep_code(self, code_hash: str, body: str) -> None:
        """Keep what a run knows of its code, under its hash."""

    def code(self, code_hash: str) -> str | None:
        """What was kept under a hash; None where there is nothing."""

    def seconds_taken(self, run_ids: Collection[int]) -> dict[str, list[float]]:
        """How long the task runs that completed in some runs took, in seconds, by the name of their task."""


class ReportStore(Protocol):
    """Runs and task runs as plain tuples, for tables of them.

    Times and lengths of time are in microseconds, times since 1970 UTC; rundates are ISO text, labels a JSON list,
    statuses and the like their values. Rows come in chunks, of one state of the store, which others may go on writing.
    """

    def run_rows(self, query: RunQuery, columns: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        """Runs, newest first.

        Args:
            query: which.
            columns: of ``run, job, version, status, reason, rundate, trigger, submitted, scheduled, started, ended, waited,
                duration, owner, group, tag, labels, priority, submitted_by, rerun_of, lineage`` and, of all task runs
                together, ``n_tasks, completed, reused, failed, did_not_run, cpu_seconds, peak_memory_mb``.
        """

    def task_run_rows(self, query: TaskRunQuery, columns: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        """Task runs, those of the newest run first, then in order of task and part.

        Args:
            query: which.
            columns: of ``run, job, rundate, task, part, part_name, status, reason, attempt, submitted, started, ended,
                waited, duration, cpu_seconds, peak_memory_mb, result_bytes, worker, host, from_run, patched_by``.
        """


class LookStore(Protocol):
    """What screens ask of a store with very many runs: counts, figures and pages. ``reader``: what may be read."""

    def count_jobs(self, query: JobQuery) -> int:
        """How many saved jobs a query finds on all its pages."""

    def count_runs(self, query: RunQuery) -> int:
        """How many runs a query finds on all its pages."""

    def newest_run(self) -> int:
        """The number of the newest run; 0 where there is none."""

    def latest_runs(self, job_ids: Collection[int], reader: Identity | None = None) -> dict[int, RunRecord]:
        """The run of each of these jobs that was submitted last, by the job's id; jobs without runs are left out."""

    def reruns_of(self, run_ids: Collection[int], reader: Identity | None = None) -> dict[int, list[RunRecord]]:
        """For each of these runs: its reruns and theirs, newest first."""

    def run_figures(self, query: RunQuery, first: date, last: date) -> list[DayFigures]:
        """What the runs of a query amount to, for each day from the first to the last one, on all its pages."""

    def task_counts(self, run_id: int) -> list[TaskCount]:
        """How many parts of each task of a run have which status, in order of tasks."""

    def part_states(self, run_id: int) -> list[tuple[int, int, str]]:
        """Task, part and status of all task runs of a run, in order of task and part."""

    def task_run_page(self, run_id: int, page: TaskRunPage) -> list[TaskRunRecord]:
        """A page of the task runs of a run."""

    def count_task_runs(self, run_id: int, page: TaskRunPage) -> int:
        """How many task runs of a run there are on all pages."""


class PruneStore(Protocol):
    """What removes old runs, and says what those that stay refer to. Others may write meanwhile."""

    def past_runs(self) -> Iterator[PastRun]:
        """All runs, the highest number first, read a page at a time."""

    def runs_of(self, uuids: Collection[str]) -> dict[str, PastRun]:
        """Those of the runs that there are, by uuid."""

    def task_run_counts(self, run_ids: Collection[int]) -> dict[int, int]:
        """How many task runs each of these runs has; those that have none are left out."""

    def remove_runs(self, run_ids: Collection[int]) -> RunsRemoved:
        """Remove runs with all that is theirs, in one transaction.

        Runs that have not ended stay, and so do those that a run which stays repeats, or of which somebody is to be told.
        """

    def own_results(self, places: Collection[tuple[int, int, int]]) -> set[str]:
        """The keys of the results of task runs, given by run, task and part."""

    def borrowed_results(self, run_ids: Collection[int] | None = None) -> Iterator[tuple[int, str]]:
        """Results that task runs, of all runs or of these, took from other runs: the run that took it, and the key."""

    def code_keys(self) -> set[str]:
        """The keys of all functions kept by value that a spec names."""

    def past_alerts(self, before: datetime) -> Iterator[PastAlert]:
        """Alerts from before then with which nothing more is done, read a page at a time."""

    def remove_alerts(self, alert_ids: Collection[int]) -> int:
        """Remove alerts with which nothing more is done; how many."""

    def remove_unreferred(self) -> int:
        """Remove the specs and codes that no job, version or run refers to, a few at a time; how many."""

    def compact(self) -> int:
        """Give free disk space back where that blocks nobody for long; how many bytes."""


class ImageStore(Protocol):
    """Where registered images are kept."""

    def put_image(self, image: ImageRecord) -> None:
        """Register an image, or replace the one of that name and tag."""

    def images(self) -> list[ImageRecord]:
        """All images in order of name and tag."""


class OutboxStore(Protocol):
    """What people are to be told, until they have been."""

    def add_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Put alerts into the outbox; ``id`` is ignored."""

    def alerts(
        self, *, pending: bool = False, limit: int | None = None, reader: Identity | None = None
    ) -> list[AlertRecord]:
        """Alerts, newest first; or only those that are still to be sent.

        ``reader``: only those about runs, or jobs where they are about no run, that this identity may read.
        """

    def claim_alerts(self, now: datetime, until: datetime) -> list[AlertRecord]:
        """All alerts that are due; nobody else gets them until then, or until they are updated."""

    def update_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Write what has become of alerts."""

    def last_sent(self, since: datetime) -> dict[tuple[Channel, str], datetime]:
        """When each recipient was last told something, if since then."""


class ServiceStore(Protocol):
    """Which services are alive."""

    def beat(self, service: ServiceRecord) -> None:
        """Say that a service is alive."""

    def services(self) -> list[ServiceRecord]:
        """All services that have not signed off, the oldest first."""

    def sign_off(self, holder: str) -> None:
        """Take a service off the list."""


class Store(
    JobStore, FireStore, RunStore, ReportStore, LookStore, PruneStore, ImageStore, OutboxStore, ServiceStore, Protocol
):
    """All that is kept, in one place."""

    def problems(self) -> list[str]:
        """What is wrong with the store, in words; empty when it is sound."""

    def close(self) -> None:
        """Give its connections back."""


class ResultCache(Protocol):
    """Where results are kept, as bytes, by key. What is read back is what was written, or it is a miss."""

    def put(self, key: str, payload: bytes | BinaryIO, note: str = "") -> str:
        """Keep a payload and a short note; returns the key under which they are found from now on.

        Raises ``ResultError`` with the reason (disk full, ...).
        """

    def get(self, key: str) -> bytes | BinaryIO:
        """The payload, as bytes or as an open file. Raises ``ResultMissingError`` where it is missing or damaged."""

    def note(self, key: str) -> str | None:
        """The note kept with a key; None where there is no such entry."""

    def find(self, keys: Iterable[str]) -> dict[str, str]:
        """For those keys given to ``put`` that have an entry: the key that ``put`` returned."""

    def missing(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys returned by ``put`` that have no entry."""

    def keys(self, after: str = "") -> Iterator[str]:
        """The keys of all entries, as ``put`` returned them, in an order of its own; those after a key only.

        Raises ``ResultError`` at the end where some entries could not be listed.
        """

    def sizes(self, keys: Iterable[str], *, idle_seconds: float = 0.0) -> dict[str, int]:
        """The sizes in bytes of those of the keys that have an entry, last written at least so long ago.

        Raises ``ResultError`` where they cannot be looked up.
        """

    def remove(self, keys: Iterable[str], *, idle_seconds: float = 0.0) -> int:
        """Remove the entries that ``sizes`` would give; how many bytes that freed.

        Raises ``ResultError`` where some of them could not be removed; the others are.
        """

    def close(self) -> None:
        """Give files back."""


class Executor(Protocol):
    """Where task code executes: is given calls, and gives events back. Used by one thread.

    ``blocks`` tells that ``wait`` executes the calls itself, so that what has to be written must be written before.
    """

    blocks: bool

    def start(self, environment: Environment, parts: int, wanted: list[Wanted]) -> None:
        """Get ready for so many parts of these functions, before there is anything to do."""

    def describe(self, environment: Environment, wanted: list[Wanted]) -> list[EntrypointInfo | str]:
        """Look functions up where they would execute: what is known of each, or why it cannot be used."""

    def prepare(self, setup: TaskSetup) -> None:
        """Make the calls of a task known; its inputs are complete."""

    def submit(self, call: PartCall) -> bool:
        """Take a call if there is room for it now; False leaves it with the caller."""

    def wait(self, timeout: float) -> list[Event]:
        """What has happened, after at most ``timeout`` seconds; at once when something has."""

    def cancel(self, *, grace_seconds: float) -> None:
        """End all calls: ask, wait, then kill. Their outcomes come through ``wait`` as stopped."""

    def close(self) -> None:
        """End all processes and give everything back."""


class Alerter(Protocol):
    """The way to people."""

    def deliver(self, channel: Channel, recipient: str, message: Message, message_id: str) -> None:
        """Deliver a message; the same one has the same id. Raises ``AlertError`` with what to do."""


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The time, aware and in UTC."""

    def monotonic(self) -> float:
        """Seconds that only ever advance, for durations."""

"""What the core asks of the world: a store, a cache of results, something that executes, a clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol

from dtscheduler.model.call import EntrypointInfo, Environment, Event, PartCall, TaskSetup, Wanted
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import AttemptRecord, JobQuery, RunChange, RunQuery, RunRecord, TaskRunRecord
from dtscheduler.model.saved import ImageRecord, JobRecord, JobVersion


class JobStore(Protocol):
    """Where jobs are kept, with all their versions."""

    def save_job(self, spec: JobSpec, *, saved_by: str, now: datetime) -> JobRecord:
        """Save a job under its name; a new version only if it differs from the latest one."""

    def jobs(self, query: JobQuery) -> list[JobRecord]:
        """Saved jobs in order of their names."""

    def versions(self, job_id: int) -> list[JobVersion]:
        """All versions of a job, oldest first."""

    def spec(self, spec_hash: str) -> JobSpec:
        """Read a spec back. Raises ``NotFoundError``."""


class RunStore(Protocol):
    """Where runs and task runs are kept. A run is written only by the holder of its lease."""

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
    ) -> None:
        """Write what changed, in one transaction, and prolong the lease; ``lease_until`` None gives it up.

        Raises ``LeaseLostError`` and writes nothing when the run has another driver by now.
        """

    def request_stop(self, run_id: int, by: str) -> None:
        """Ask whoever drives the run to stop it."""

    def reusable(self, fingerprints: Iterable[str]) -> dict[str, TaskRunRecord]:
        """For each fingerprint that completed before: the latest such task run."""


class ImageStore(Protocol):
    """Where registered images are kept."""

    def put_image(self, image: ImageRecord) -> None:
        """Register an image, or replace the one of that name and tag."""

    def images(self) -> list[ImageRecord]:
        """All images in order of name and tag."""


class Store(JobStore, RunStore, ImageStore, Protocol):
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


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The time, aware and in UTC."""

    def monotonic(self) -> float:
        """Seconds that only ever advance, for durations."""

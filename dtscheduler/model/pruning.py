"""What pruning has to know of a run, and what becomes of what it removes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from dtscheduler.model.status import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """What decides whether a run may go. A row that cannot be read is told as one of a run that has not ended."""

    id: int
    uuid: str
    job_name: str
    job_id: int | None
    status: RunStatus
    submitted: datetime
    ended: datetime | None
    scheduled: datetime | None
    rerun_of: int | None
    lineage: int | None
    followed: bool
    owner: str
    group: str
    permissions: str
    run_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAlert:
    """A row of the outbox with which nothing more is done: ``run`` is None where its run is gone or it has none."""

    id: int
    job_name: str
    run: PastRun | None


@dataclass(frozen=True, slots=True)
class RunsRemoved:
    """Which runs went, with how many task runs."""

    run_ids: frozenset[int]
    task_runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What pruning removed, or, where ``dry_run``, what it would remove.

    ``by_job`` counts runs by the name of their job; ``oldest`` and ``newest`` say when the first and the last of them
    ended. Sizes are in bytes; ``store_bytes`` is what the store's file shrank by. ``specs`` counts what was kept of
    jobs and of code that nothing refers to any more. ``problems`` are parts that could not be pruned, ``notes`` what was
    left alone, both in words.
    """

    dry_run: bool
    by_job: dict[str, int] = field(default_factory=dict)
    oldest: datetime | None = None
    newest: datetime | None = None
    task_runs: int = 0
    results: int = 0
    result_bytes: int = 0
    logs: int = 0
    log_bytes: int = 0
    alerts: int = 0
    specs: int = 0
    store_bytes: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def runs(self) -> int:
        return sum(self.by_job.values())

    @property
    def bytes_freed(self) -> int:
        return self.result_bytes + self.log_bytes + self.store_bytes

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to remove."""
        return not (self.by_job or self.results or self.logs or self.alerts or self.specs)

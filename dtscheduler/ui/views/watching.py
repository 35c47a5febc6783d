"""What is said of a run while it goes on: how far it is, what it waits for, and about how long it still takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dtscheduler.api.handle import NO_SERVICE
from dtscheduler.drawing.looks import MOST_TELLING, look_of
from dtscheduler.model.durations import show_duration
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunRecord
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.model.text import one_line
from dtscheduler.running.estimate import estimate

Counts = tuple[tuple[TaskStatus, int], ...]
ByTask = Mapping[int, Mapping[TaskStatus, int]]

FEWEST_MEASURED = 5
LONGEST_REASON = 2_000
_COMPUTED = (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.OUT_OF_MEMORY, TaskStatus.FAILED_AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A run at one moment. Texts are one line each, with secrets masked; they are text, never markup.

    Args:
        run_id: Its number.
        job: Name of its job.
        status: How it stands.
        reason: Why it ended as it did, or what it waits for; may be empty.
        counts: How many task runs have which status, the most telling first.
        elapsed: Seconds since it started; None before.
        left: Seconds that it still takes, about; None where nothing tells.
    """

    run_id: int
    job: str
    status: RunStatus
    reason: str
    counts: Counts
    elapsed: float | None = None
    left: float | None = None

    @property
    def total(self) -> int:
        """How many task runs there are; 0 where they are not planned yet."""
        return sum(count for _, count in self.counts)

    @property
    def ended(self) -> int:
        """How many of them have ended, in whatever status."""
        return sum(count for status, count in self.counts if status.final)

    @property
    def time(self) -> str:
        """``3m 05s so far, about 1m 20s left``, or ``in 4m 10s`` once it has ended; may be empty."""
        if self.elapsed is None:
            return ""
        length = show_duration(self.elapsed)
        if self.status.final:
            return f"in {length}"
        return f"{length} so far" + (f", about {rounded(self.left)} left" if self.left is not None else "")

    @property
    def progress(self) -> str:
        """``1,203 of 1,760 task runs have ended``."""
        if not self.total:
            return "no task runs yet" if not self.status.final else "no task runs"
        if self.ended == self.total:
            return f"{self.total:,} task run{' has' if self.total == 1 else 's have'} ended"
        return f"{self.ended:,} of {self.total:,} task runs have ended"

    @property
    def sentence(self) -> str:
        """All of it in words, for those who do not see the picture."""
        listed = ", ".join(f"{count:,} {look_of(status).word}" for status, count in self.counts)
        said = self.progress + (f": {listed}" if listed else "")
        return f"{said}. {self.time[:1].upper()}{self.time[1:]}." if self.time else f"{said}."


def watched(
    run: RunRecord, by_task: ByTask, now: datetime, *, left: float | None = None, waits_for: str = ""
) -> Watched:
    """Say how a run stands.

    Args:
        run: The run.
        by_task: How many task runs of each task, by its number, have which status.
        now: The moment of looking.
        left: Seconds that it still takes, about; see ``seconds_left``.
        waits_for: What it waits for, where it has not begun.
    """
    found: Counter[TaskStatus] = Counter()
    for counts in by_task.values():
        found.update(counts)
    end = run.ended or (now if not run.status.final else None)
    reason = run.reason if run.status.final else waits_for or run.reason
    return Watched(
        run_id=run.id,
        job=one_line(run.job_name, 200),
        status=run.status,
        reason=one_line(reason, LONGEST_REASON),
        counts=tuple((status, found[status]) for status in MOST_TELLING if found[status]),
        elapsed=max(0.0, (end - run.started).total_seconds()) if run.started and end else None,
        left=None if run.status.final else left,
    )


def waiting(run: RunRecord, *, served: bool) -> str:
    """What a run waits for that nobody drives yet; empty where it goes on, or has ended."""
    if run.status is RunStatus.SCHEDULED:
        return "waits for another run of its job"
    if run.status is not RunStatus.READY or run.lease_epoch:
        return ""
    return "waits for the service to begin it" if served else f"waits: {NO_SERVICE}"


def seconds_left(
    spec: JobSpec,
    by_task: ByTask,
    history: Mapping[str, Sequence[float]],
    *,
    elapsed: float | None,
    capacity: tuple[int, int],
) -> float | None:
    """About how long a run still takes: by what its tasks took before, else by its own pace; None if nothing tells.

    Args:
        spec: The job.
        by_task: How many task runs of each task have which status.
        history: Seconds that completed parts took in earlier runs, by the name of their task.
        elapsed: Seconds since the run started.
        capacity: CPU in MHz and memory in MB of the machine.
    """
    open_parts = {task: sum(n for status, n in counts.items() if not status.final) for task, counts in by_task.items()}
    to_run = {task: count for task, count in open_parts.items() if count}
    if not to_run:
        return 0.0
    found = estimate(spec, to_run, history, cpu_mhz=capacity[0], memory_mb=capacity[1])
    if found.median_seconds is not None and not found.unknown:
        return found.median_seconds
    computed = sum(n for counts in by_task.values() for status, n in counts.items() if status in _COMPUTED)
    if elapsed is None or computed < FEWEST_MEASURED:
        return None
    return elapsed / computed * sum(to_run.values())


def rounded(seconds: float) -> str:
    """A length that is only about right: ``less than a second``, ``40 s``, ``3m 20s``."""
    if seconds < 0.95:
        return "less than a second"
    step = 1 if seconds < 20 else 5 if seconds < 120 else 10 if seconds < 600 else 60
    steady = round(seconds / step) * step
    return f"{steady:.0f} s" if steady < 60 else show_duration(float(steady))

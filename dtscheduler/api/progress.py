"""How a run is shown while it is driven in this process: a line a task, on a terminal live, elsewhere as tasks end."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

from dtscheduler.api.front import front
from dtscheduler.model.durations import show_duration
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.secrets import masked_text
from dtscheduler.model.shown import printable
from dtscheduler.model.status import TaskStatus
from dtscheduler.running.progress import Progress

if TYPE_CHECKING:
    from dtscheduler.api.handle import Run

MOST_LINES = 40
FAILED_LOG_LINES = 5
FAILURES_SHOWN = 3
_BAD = (TaskStatus.FAILED, TaskStatus.OUT_OF_MEMORY, TaskStatus.FAILED_AFTER, TaskStatus.STOPPED)


class Display(Protocol):
    """Shows where a run stands, whenever it is told."""

    def __call__(self, progress: Progress) -> None: ...

    def close(self) -> None:
        """Leave the screen as it should be, whatever has happened."""


def display_for(spec: JobSpec, wanted: bool | None) -> Display | None:
    """What shows progress: live bars on a terminal, plain lines elsewhere, None where nothing is wanted here."""
    if not _wanted(wanted) or front() is not None:
        return None
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from dtscheduler.api.live import LiveLines

        return LiveLines(spec)
    return PlainLines(spec)


def shown(run: Run, wanted: bool | None) -> AbstractContextManager[None]:
    """Shows a run that is driven within the block, where the user sits at a notebook."""
    sitting = front()
    return sitting.showing(run) if sitting is not None and _wanted(wanted) else nullcontext()


class PlainLines:
    """Writes a line when a task has ended; of jobs with many tasks only those that failed."""

    def __init__(self, spec: JobSpec) -> None:
        self._told: set[int] = set()
        self._names = [task.name for task in spec.tasks]
        self._quiet = len(spec.tasks) > MOST_LINES

    def __call__(self, progress: Progress) -> None:
        for number, name in enumerate(self._names):
            counts = progress.counts[number]
            if number in self._told or not all(status.final for status in +counts):
                continue
            if not progress.done and counts[TaskStatus.DID_NOT_RUN] == sum(counts.values()):
                continue  # told last: what kept it from running still executes
            self._told.add(number)
            if not self._quiet or any(counts[status] for status in _BAD):
                print(f"{printable(name)}: {count_text(counts)}", file=sys.stderr)

    def close(self) -> None:
        """Nothing has to be put right."""


def count_text(counts: dict[TaskStatus, int]) -> str:
    """``'completed'``, or ``'34 completed, 2 failed'`` for a fan-out."""
    present = [(status, counts[status]) for status in TaskStatus if counts[status]]
    if len(present) == 1 and present[0][1] == 1:
        return present[0][0].value
    return ", ".join(f"{count} {status.value}" for status, count in present)


def announce_takeover(run_id: int, wanted: bool | None) -> None:
    """Say that a run goes on that was interrupted, instead of a new one being made."""
    if _wanted(wanted):
        print(f"run {run_id} was interrupted; it goes on with what it has", file=sys.stderr)


def announce_end(run: Run, wanted: bool | None) -> None:
    """Say how a run ended; of failures the last lines of their logs, and how to see more."""
    if not _wanted(wanted) or front() is not None:
        return
    print(ending(run), file=sys.stderr)


def ending(run: Run) -> str:
    """How a run ended; of failures the last lines of their logs, and how to see more."""
    record = run.record
    if not record.status.final:
        return f"run {run.id} was interrupted; go on with: dtscheduler resume {run.id}"
    took = f" in {show_duration(record.ended - record.started)}" if record.ended and record.started else ""
    lines = [f"run {run.id} of {record.job_name!r} {record.status}{took}: {_reason(record.reason)}"]
    alike: dict[tuple[str, str], list[TaskRunRecord]] = {}
    for task_run in run.records():
        if task_run.status in _BAD:
            alike.setdefault((task_run.task_name, task_run.reason), []).append(task_run)
    for failed in list(alike.values())[:FAILURES_SHOWN]:
        lines += _failure(run, failed)
    if len(alike) > FAILURES_SHOWN:
        lines.append(f"  and {len(alike) - FAILURES_SHOWN} other failures: dtscheduler show {run.id}")
    return "\n".join(lines)


def _failure(run: Run, failed: list[TaskRunRecord]) -> list[str]:
    """What is said of parts that failed alike: the first, and how many there are."""
    first = failed[0]
    part = f" {first.part_name!r}" if first.part_name != first.task_name else ""
    others = f" (and {len(failed) - 1} more parts alike)" if len(failed) > 1 else ""
    return [
        f"  {first.task_name!r}{part} {first.status}: {_reason(first.reason)}{others}",
        *(f"    | {_reason(line)}" for line in _log_lines(run, first.task_name, first.part)),
        f"    more: dtscheduler logs {run.id} {first.task_name!r}{part}",
    ]


def _reason(text: str) -> str:
    return printable(masked_text(text))


def _log_lines(run: Run, task: str, part: int) -> list[str]:
    from dtscheduler.api.logs import last_lines
    from dtscheduler.errors import NotFoundError

    try:
        return last_lines(run.log(task, part), FAILED_LOG_LINES)
    except NotFoundError:
        return []


def _wanted(wanted: bool | None) -> bool:
    return wanted if wanted is not None else os.environ.get("DTSCHEDULER_PROGRESS", "1") != "0"

"""What a report of a run is made of, read once from the workspace."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import zip_longest
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dtscheduler.errors import SchedulerError
from dtscheduler.executors.logs import log_path
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import AttemptRecord, RunRecord, TaskRunRecord
from dtscheduler.model.text import last_lines
from dtscheduler.triage.grouping import FailureGroup
from dtscheduler.workspace import Workspace

MOST_SAMPLES = 20
LOG_LINES, LOG_WIDTH = 60, 300
_LOG_BYTES = 2**17
_COLOURING = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True, slots=True)
class Sample:
    """One failed part of a group that is shown in full; ``log`` is masked, ``no_log`` says why there is none."""

    record: TaskRunRecord
    log: str
    no_log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that a report shows. ``spec`` is None where what was kept of the job cannot be read any more.

    ``samples`` are those of each group, in the order of ``groups``. ``zone`` is that of the job's schedule, ``now`` the
    time at which the report is made, ``elsewhere`` the account that made the results, if it is another one.
    """

    run: RunRecord
    spec: JobSpec | None
    records: Sequence[TaskRunRecord]
    attempts: Sequence[AttemptRecord]
    groups: Sequence[FailureGroup]
    samples: Sequence[Sequence[Sample]]
    zone: tzinfo
    now: datetime
    elsewhere: str | None = None


def material(workspace: Workspace, run_id: int) -> Material:
    """Read all that a report of a run shows. Raises ``NotFoundError``, or ``AccessError``."""
    run = workspace.run(run_id)
    spec = _spec(workspace, run)
    records = workspace.task_runs(run_id)
    groups = workspace.failures(run_id)
    return Material(
        run=run,
        spec=spec,
        records=records,
        attempts=workspace.attempts(run_id),
        groups=groups,
        samples=_samples(groups, records, workspace.log_folder(run.uuid)),
        zone=_zone(spec),
        now=workspace.clock.now(),
        elsewhere=workspace.made_elsewhere(run),
    )


def last_of(text: str) -> str:
    """The last lines of a log or a traceback, masked, and without the colours meant for a terminal."""
    return last_lines(_COLOURING.sub("", text), LOG_LINES, LOG_WIDTH)


def _spec(workspace: Workspace, run: RunRecord) -> JobSpec | None:
    try:
        return workspace.spec(run.spec_hash)
    except SchedulerError:
        return None


def _zone(spec: JobSpec | None) -> tzinfo:
    try:
        return ZoneInfo(spec.schedule.timezone) if spec and spec.schedule.timezone not in ("", "UTC") else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):  # written by a machine that knows more zones
        return UTC


def _samples(groups: Sequence[FailureGroup], records: Sequence[TaskRunRecord], folder: Path) -> list[list[Sample]]:
    by_place = {(record.task, record.part): record for record in records}
    found: list[list[Sample]] = [[] for _ in groups]
    for group, part in _in_turn(groups):
        if record := by_place.get((groups[group].task, part)):
            found[group].append(_sample(record, folder))
    return found


def _in_turn(groups: Sequence[FailureGroup]) -> Iterator[tuple[int, int]]:
    """The first part of every group, then the second of each, until there are enough."""
    count = 0
    for parts in zip_longest(*(group.parts[:MOST_SAMPLES] for group in groups[:MOST_SAMPLES])):
        for group, part in enumerate(parts):
            if part is not None and count < MOST_SAMPLES:
                count += 1
                yield group, part


def _sample(record: TaskRunRecord, folder: Path) -> Sample:
    try:
        text = _end_of(log_path(folder, record.task, record.part, record.attempt))
    except FileNotFoundError:
        return Sample(record, "", "There is no log: the attempt printed nothing, or its log has been removed.")
    except OSError as error:
        return Sample(record, "", f"The log cannot be read: {error.strerror or type(error).__name__}.")
    return Sample(record, last_of(text), "")


def _end_of(path: Path) -> str:
    """The end of a log, from the start of a line on; no link is followed, and nothing but a file is waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 # of a descriptor
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileNotFoundError(path)
        start = max(0, os.fstat(descriptor).st_size - _LOG_BYTES)
        file.seek(start)
        text = file.read(_LOG_BYTES).decode("utf-8", "backslashreplace")
    # what is left of a line that was cut could be a secret without its key
    return text.partition("\n")[2] or "…" if start else text

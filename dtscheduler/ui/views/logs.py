"""What a log shows on a screen: the end of it, secrets masked, also while its attempt executes."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dtscheduler.errors import NotFoundError, SchedulerError
from dtscheduler.executors.logs import log_path
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.secrets import masked_text
from dtscheduler.model.shown import printable
from dtscheduler.model.status import TaskStatus
from dtscheduler.model.text import last_lines

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace

MOST_BYTES = 2**17
MOST_LINES = 1_000
WIDEST_LINE = 2_000
COLOURING = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTail:
    """The end of a log, as text, never markup.

    ``whole`` tells whether that is all of it, ``said`` why there is none, or whose log it is.
    """

    text: str
    whole: bool = True
    said: str = ""


def log_tail(place: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int | None = None) -> LogTail:
    """The end of the log of an attempt of a task run; of the latest by default.

    Of a task run that was reused it is the log of the one that computed the result.
    """
    said = ""
    if record.status is TaskStatus.REUSED and record.from_run is not None:
        found = computed_by(place, record)
        if found is None:
            return LogTail(text="", said=f"The result is that of run {record.from_run}, which is not there any more.")
        (run, record), said = found, f"This is the log of run {record.from_run}, which computed the result."
    number = attempt or record.attempt
    if not number:
        return LogTail(text="", said="It has not begun.")
    try:
        content, whole = _end(place, run, record, number)
    except OSError as error:
        return LogTail(text="", said=f"The log cannot be read: {error.strerror or type(error).__name__}.")
    text = last_lines(COLOURING.sub("", content), MOST_LINES, WIDEST_LINE)
    executes = record.status is TaskStatus.RUNNING and number == record.attempt
    if not text.strip():
        said = said or ("It has printed nothing yet." if executes else "It printed nothing.")
    return LogTail(text=text, whole=whole and content.count("\n") <= MOST_LINES, said=said)


def whole_log(place: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int | None = None) -> str:
    """All of a log as a file for whoever downloads it: secrets masked, control characters written out."""
    if record.status is TaskStatus.REUSED and (found := computed_by(place, record)):
        run, record = found
    file = _opened(place, run, record, attempt or record.attempt)
    if file is None:
        return ""
    with file:
        content = file.read().decode("utf-8", "backslashreplace")
    return printable(masked_text(COLOURING.sub("", content)), lines=True)


def computed_by(place: Workspace, record: TaskRunRecord) -> tuple[RunRecord, TaskRunRecord] | None:
    """The run and the task run that computed a reused result, if they are still there."""
    if record.from_run is None:
        return None
    try:
        run = place.run(record.from_run)
        alike = _at(place, run.id, record)
    except SchedulerError:
        return None
    if alike is None or alike.result_key != record.result_key:
        every = place.task_runs(run.id)
        alike = next((found for found in every if found.result_key == record.result_key), None)
    return (run, alike) if alike else None


def _at(place: Workspace, run_id: int, record: TaskRunRecord) -> TaskRunRecord | None:
    try:
        return place.task_run_record(run_id, record.task, record.part)
    except NotFoundError:
        return None


def _end(place: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int) -> tuple[str, bool]:
    """The last bytes of a log from the start of a line on, and whether they are all of it."""
    file = _opened(place, run, record, attempt)
    if file is None:
        return "", True
    with file:
        start = max(0, file.seek(0, os.SEEK_END) - MOST_BYTES)
        file.seek(start)
        text = file.read(MOST_BYTES).decode("utf-8", "backslashreplace")
    # what is left of a line that was cut could be a secret without its key
    return (text.partition("\n")[2] or "…" if start else text), not start


def _opened(place: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int) -> BinaryIO | None:
    try:
        return _open_file(log_path(place.log_folder(run.uuid), record.task, record.part, attempt))
    except FileNotFoundError:
        if record.status is not TaskStatus.RUNNING or attempt != record.attempt:
            return None
    return place.live_log(run, record.host, record.worker)


def _open_file(path: Path) -> BinaryIO:
    """Open a log; no link is followed, and nothing but a file is waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(path)
    return open(descriptor, "rb")  # noqa: PTH123 # of a descriptor; the caller closes it

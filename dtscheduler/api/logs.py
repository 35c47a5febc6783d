"""The logs of attempts, as users read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dtscheduler.errors import NotFoundError
from dtscheduler.executors.logs import log_path, spool_path
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.status import TaskStatus

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace


def log_file(workspace: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int | None = None) -> Path:
    """Where the log of an attempt lies, the latest by default; while that executes, its worker's spool.

    An attempt that printed nothing has no file.
    """
    number = attempt or record.attempt
    path = log_path(workspace.log_folder(run.uuid), record.task, record.part, number)
    executing = record.status is TaskStatus.RUNNING and number == record.attempt
    return spool_path(workspace.spool_folder(), record.host, record.worker) if executing and not path.exists() else path


def read_log(workspace: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int | None = None) -> str:
    """The text of a log; bytes that are not UTF-8 are shown as escapes. Raises ``NotFoundError``."""
    if attempt is not None and not 1 <= attempt <= record.attempt:
        raise NotFoundError(
            f"task {record.task_name!r} of run {run.id} has no attempt {attempt}; it made {record.attempt}"
        )
    try:
        return log_file(workspace, run, record, attempt).read_bytes().decode("utf-8", "backslashreplace")
    except FileNotFoundError:
        return ""


def last_lines(text: str, count: int) -> list[str]:
    """The last lines of a log that are not empty."""
    return [line for line in text.splitlines() if line.strip()][-count:]

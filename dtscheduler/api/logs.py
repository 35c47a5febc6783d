"""The logs of attempts, as users read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dtscheduler.errors import NotFoundError
from dtscheduler.model.run import RunRecord, TaskRunRecord

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace


def log_file(workspace: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int | None = None) -> Path:
    """Where the log of an attempt lies, whether it is there or not; the latest attempt by default."""
    return workspace.log_folder(run, record.task) / f"{record.part}.{attempt or record.attempt}.log"


def read_log(workspace: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int | None = None) -> str:
    """The text of a log; bytes that are not UTF-8 are shown as escapes. Raises ``NotFoundError``."""
    if attempt is not None and not 1 <= attempt <= record.attempt:
        raise NotFoundError(
            f"task {record.task_name!r} of run {run.id} has no attempt {attempt}; it made {record.attempt}"
        )
    if record.attempt == 0:
        return ""
    try:
        return log_file(workspace, run, record, attempt).read_bytes().decode("utf-8", "backslashreplace")
    except FileNotFoundError:
        raise NotFoundError(f"the log of {record.task_name}/{record.part_name} of run {run.id} was removed") from None


def last_lines(text: str, count: int) -> list[str]:
    """The last lines of a log that are not empty."""
    return [line for line in text.splitlines() if line.strip()][-count:]

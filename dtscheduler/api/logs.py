"""The logs of attempts, as users read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dtscheduler.errors import NotFoundError
from dtscheduler.executors.logs import log_path
from dtscheduler.model.run import RunQuery, RunRecord, TaskRunRecord
from dtscheduler.model.status import TaskStatus

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace


def read_log(workspace: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int | None = None) -> str:
    """The text of a log; bytes that are not UTF-8 are shown as escapes. Raises ``NotFoundError``.

    Of a task run that was reused it is the log of the one that computed the result.
    """
    if record.status is TaskStatus.REUSED and record.from_run is not None:
        run, record = _computed_in(workspace, run, record)
    if attempt is not None and not 1 <= attempt <= record.attempt:
        raise NotFoundError(
            f"task {record.task_name!r} of run {run.id} has no attempt {attempt}; it made {record.attempt}"
        )
    return _content(workspace, run, record, attempt or record.attempt).decode("utf-8", "backslashreplace")


def _computed_in(workspace: Workspace, run: RunRecord, record: TaskRunRecord) -> tuple[RunRecord, TaskRunRecord]:
    """The run and task run that a reused result comes from, if they are still there."""
    source = workspace.runs(RunQuery(id=record.from_run))
    for found in workspace.task_runs(source[0].id) if source else []:
        if found.result_key == record.result_key:
            return source[0], found
    return run, record


def _content(workspace: Workspace, run: RunRecord, record: TaskRunRecord, attempt: int) -> bytes:
    """The log of an attempt; while it executes, what its worker has written so far. One that prints nothing has none."""
    try:
        return log_path(workspace.log_folder(run.uuid), record.task, record.part, attempt).read_bytes()
    except FileNotFoundError:
        if record.status is not TaskStatus.RUNNING or attempt != record.attempt:
            return b""
    live = workspace.live_log(run, record.host, record.worker)
    if live is None:
        return b""
    with live:
        return live.read()


def last_lines(text: str, count: int) -> list[str]:
    """The last lines of a log that are not empty."""
    return [line for line in text.splitlines() if line.strip()][-count:]

"""The log of a task run: its end, as it grows; each attempt by itself; all of it to download."""

from __future__ import annotations

import streamlit as st

from dtscheduler.api.place import workspace
from dtscheduler.errors import NotFoundError
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.ui.streamlit.notices import errors_shown
from dtscheduler.ui.streamlit.remembered import kept
from dtscheduler.ui.views.logs import MOST_LINES, LogTail, log_tail, whole_log

EVERY_SECONDS = 1.0
HEIGHT = 360
LINES_SEEN = 14


def show_log(run_id: int, task: int, part: int, *, key: str, live: bool = True) -> None:
    """Show the log of a task run; while that executes, as it grows.

    Args:
        run_id: the run.
        task: number of the task.
        part: number of the part.
        key: tells it apart from other logs on the page.
        live: whether it looks by itself again and again; not within what does that already.
    """
    with errors_shown():
        record = workspace().task_run_record(run_id, task, part)
        attempt = _chosen_attempt(record, key)
        executes = record.status is TaskStatus.RUNNING and attempt == record.attempt
        if live:
            st.fragment(_show, run_every=EVERY_SECONDS if executes else None)(
                run_id, task, part, attempt, key, executes
            )
        else:
            _show(run_id, task, part, attempt, key, False)


def _chosen_attempt(record: TaskRunRecord, key: str) -> int:
    if record.attempt < 2:
        return record.attempt
    latest = record.attempt
    numbers = list(range(1, latest + 1))
    found = st.segmented_control(
        "Attempt",
        numbers,
        default=latest,
        required=True,
        key=f"{key} attempt of {latest}",
        format_func=lambda number: f"{number} (latest)" if number == latest else f"{number}",
    )
    return found if found in numbers else latest


def _show(run_id: int, task: int, part: int, attempt: int, key: str, executes: bool) -> None:
    with errors_shown():
        place = workspace()
        try:
            run, record = place.run(run_id), place.task_run_record(run_id, task, part)
        except NotFoundError:
            st.text(f"Run {run_id} is not there any more.")
            return
        if executes and (record.status is not TaskStatus.RUNNING or record.attempt != attempt):
            st.rerun()
        tail = _tail(run, record, attempt, key)
        if tail.said:
            st.caption(tail.said)
        if tail.text.strip():
            tall = tail.text.count("\n") > LINES_SEEN
            with st.container(height=HEIGHT if tall else "content", autoscroll=True, border=False):
                st.code(tail.text, language=None, wrap_lines=True)
            _download(run, record, attempt, key, whole=tail.whole)


def _tail(run: RunRecord, record: TaskRunRecord, attempt: int, key: str) -> LogTail:
    """The end of a log; one that does not grow any more is read once."""
    place = workspace()
    if record.status is TaskStatus.RUNNING and attempt == record.attempt:
        return log_tail(place, run, record, attempt)
    cause = (place.user, run.uuid, record.task, record.part, record.status, attempt)
    return kept(f"{key} tail", cause, lambda: log_tail(place, run, record, attempt))


def _download(run: RunRecord, record: TaskRunRecord, attempt: int, key: str, *, whole: bool) -> None:
    place = workspace()
    if not whole:
        st.caption(f"These are its last {MOST_LINES:,} lines at most; the file has all of it.")
    st.download_button(
        "Download the log",
        lambda: whole_log(place, run, record, attempt),
        file_name=f"run-{run.id}-{record.task}.{record.part}.{attempt}.log",
        mime="text/plain",
        key=f"{key} download",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )

"""Files to download from a page: made when somebody clicks, of exactly what was on the screen."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from dtscheduler.model.run import RunQuery, TaskRunPage
from dtscheduler.reports.columns import RUN_COLUMNS, TASK_RUN_COLUMNS
from dtscheduler.reports.export import write_rows
from dtscheduler.stores.memory_reports import task_run_row
from dtscheduler.workspace import Workspace

_OF_RUN = ("run", "job", "rundate")


def file_button(label: str, name: str, write: Callable[[], bytes], key: str, help: str | None = None) -> None:
    """A button that downloads a table as CSV; the page does not run again for it.

    Args:
        label: of the button, Markdown.
        name: of the file.
        write: gives what is in it; called in a thread of its own, which knows nothing of who looks.
        key: of the widget.
        help: what stands beside it, Markdown.
    """
    st.download_button(
        label, write, file_name=name, mime="text/csv", key=key, on_click="ignore", icon=":material/download:", help=help
    )


def runs_csv(place: Workspace, query: RunQuery) -> Callable[[], bytes]:
    """What writes all runs of a query, on all its pages, as CSV with the columns of ``runs_report``."""
    every = replace(query, offset=0, limit=None)

    def write() -> bytes:
        file = io.BytesIO()
        write_rows(place.run_rows(every, list(RUN_COLUMNS)), RUN_COLUMNS, file)
        return file.getvalue()

    return write


def task_runs_csv(place: Workspace, run_id: int, page: TaskRunPage) -> Callable[[], bytes]:
    """What writes all task runs of a run that are asked for, on all pages, with the columns of ``tasks_report``."""
    every = replace(page, offset=0, limit=None)
    own = [column for column in TASK_RUN_COLUMNS if column not in _OF_RUN]

    def write() -> bytes:
        run, file = place.run(run_id), io.BytesIO()
        head = (run.id, run.job_name, run.rundate.isoformat())
        rows = [(*head, *task_run_row(own, record)) for record in place.task_run_page(run_id, every)]
        kinds = {column: TASK_RUN_COLUMNS[column] for column in (*_OF_RUN, *own)}
        write_rows([rows] if rows else [], kinds, file)
        return file.getvalue()

    return write

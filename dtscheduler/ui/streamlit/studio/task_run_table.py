"""The task runs of a run as a table, paged in the store: filters, order, and CSV of exactly what is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any, Literal, cast

import streamlit as st

from dtscheduler.api.place import workspace
from dtscheduler.drawing.looks import look_of
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunRecord, TaskRunPage
from dtscheduler.model.status import TaskStatus
from dtscheduler.reports.page.wording import counted, name
from dtscheduler.ui.streamlit import figures, marks
from dtscheduler.ui.streamlit.downloads import file_button, task_runs_csv
from dtscheduler.ui.streamlit.filters import viewers_zone
from dtscheduler.ui.streamlit.notices import errors_shown
from dtscheduler.ui.streamlit.remembered import kept
from dtscheduler.ui.streamlit.studio.task_run_panel import select
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.run import TaskRunRow, sign, spec_of, task_run_rows

A_PAGE = 50
EVERY_SECONDS = 2.0
MOST_TASKS = 500
Order = Literal["part", "duration", "memory", "started"]
ORDERS: dict[str, Order] = {"in order": "part", "longest": "duration", "largest": "memory", "latest": "started"}


def task_run_table(run: RunRecord) -> None:
    """Show the task runs of a run; the one whose row is clicked is selected. It looks again until the run has ended."""
    spec = kept(f"spec of {run.id}", run.spec_hash, lambda: spec_of(workspace().spec, run))
    asked = _filters(spec)
    every = EVERY_SECONDS if not run.status.final else None
    st.fragment(_table, run_every=every)(run.id, asked)


def _filters(spec: JobSpec | None) -> TaskRunPage:
    names = [task.name for task in spec.tasks[:MOST_TASKS]] if spec else []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        task = None
        if len(names) > 1:
            task = st.selectbox(
                "Task",
                range(len(names)),
                index=None,
                format_func=lambda number: name(names[number]),
                key="task runs of",
                placeholder="All",
                width=200,
            )
        text = st.text_input("Part", key="task runs text", placeholder="Part of a name", type="search", width=180)
        statuses = st.multiselect(
            "Status",
            [status.value for status in TaskStatus],
            key="task runs statuses",
            placeholder="Any",
            format_func=lambda value: look_of(TaskStatus(value)).word,
            width=220,
        )
        order = st.segmented_control("Order", list(ORDERS), default="in order", required=True, key="task runs order")
    return TaskRunPage(
        task=task if isinstance(task, int) and task < len(names) else None,
        text=(text or "").strip(),
        statuses=tuple(TaskStatus(value) for value in statuses if value in set(TaskStatus)) or None,
        order=ORDERS.get(str(order), "part"),
    )


def _table(run_id: int, asked: TaskRunPage) -> None:
    with errors_shown():
        place, zone = workspace(), viewers_zone()
        run = place.run(run_id)
        spec = kept(f"spec of {run_id}", run.spec_hash, lambda: spec_of(place.spec, run))
        total = place.count_task_runs(run_id, asked)
        if not total:
            st.info("No task run is like that." if asked != TaskRunPage() else "The run has no task runs yet.")
            return
        body = st.container()
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            number = _page(total)
            said = f"{counted(total, 'task run')} · times on the clock of {literal(figures.zone_key(zone))}"
            st.caption(said, width="content")
            file_button("CSV", f"task-runs-{run_id}.csv", task_runs_csv(place, run_id, asked), "task runs csv")
        found = place.task_run_page(run_id, replace(asked, offset=(number - 1) * A_PAGE, limit=A_PAGE))
        with body:
            _rows(task_run_rows(found, spec, place.clock.now()), zone)


def _page(total: int) -> int:
    pages = -(-total // A_PAGE)
    if pages < 2:
        return 1
    if isinstance(now := st.session_state.get("task runs page"), int) and now > pages:
        st.session_state["task runs page"] = pages
    return st.pagination(pages, key="task runs page")


def _rows(rows: Sequence[TaskRunRow], zone: tzinfo) -> None:
    columns = _columns(rows, zone)
    places = [row.place for row in rows]
    key = f"task runs {hash(tuple(places))}"  # a selection is that of a row: it must not outlive the rows
    st.dataframe(
        marks.in_colours(figures.frame_of_rows(map(_cells, rows), columns), "Status"),
        hide_index=True,
        key=key,
        on_select=lambda: _chosen(key, places),
        selection_mode=["single-row", "single-cell"],  # a click anywhere on a row selects it
        column_config=columns,
        placeholder="",
        height=560 if len(rows) > 15 else "content",
        alt="Task runs",
    )


def _chosen(key: str, places: Sequence[tuple[int, int]]) -> None:
    state = cast(Any, st.session_state[key])
    rows = figures.chosen_rows(state) or [cell[0] for cell in state["selection"]["cells"]]
    if rows and rows[0] < len(places):
        select(*places[rows[0]])
    st.rerun()


def _cells(row: TaskRunRow) -> dict[str, Any]:
    return {
        "Task": row.task,
        "Part": row.part,
        "Status": sign(row.status),
        "Attempt": row.attempts or None,
        "Started": row.started,
        "Wall time": row.wall,
        "CPU time": row.cpu,
        "Peak memory": row.peak,
        "Asked": row.asked,
        "Of it": row.memory,
        "Reason": row.reason,
    }


def _columns(rows: Sequence[TaskRunRow], zone: tzinfo) -> dict[str, Any]:
    text = st.column_config.TextColumn
    columns = {
        "Task": text(width=130, pinned=True),
        "Part": text(width=140),
        "Status": text(width=110),
        "Attempt": st.column_config.NumberColumn(width=65),
        "Started": st.column_config.DatetimeColumn(
            format="D MMM, HH:mm:ss", timezone=figures.zone_key(zone), width=120
        ),
        "Wall time": text(width=85, alignment="right"),
        "CPU time": text(width=85, alignment="right"),
        "Peak memory": text(width=100, alignment="right"),
        "Asked": text(width=80, alignment="right", help="Memory that the task asks for"),
        "Of it": st.column_config.ProgressColumn(
            "Of what was asked", format="percent", min_value=0, max_value=1, width=135
        ),
        "Reason": text(width="large"),
    }
    if not any(row.part for row in rows):
        columns.pop("Part")
    return columns

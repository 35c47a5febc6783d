"""All about the task run that is selected on the page of a run: its log, its result as text, and what it got."""

from __future__ import annotations

import streamlit as st

from dtscheduler.api.place import workspace
from dtscheduler.errors import NotFoundError
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunRecord, TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.model.text import last_lines
from dtscheduler.ui.streamlit import marks
from dtscheduler.ui.streamlit.filters import viewers_zone
from dtscheduler.ui.streamlit.links import link
from dtscheduler.ui.streamlit.logs import show_log
from dtscheduler.ui.streamlit.notices import errors_shown
from dtscheduler.ui.streamlit.remembered import kept
from dtscheduler.ui.streamlit.studio.rerun_panel import rerun_from
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.inputs import inputs_of
from dtscheduler.ui.views.run import preview, spec_of, task_run_facts, titled

VIEWS = ("Log", "Result", "Inputs", "Facts")


def selected() -> tuple[int, int] | None:
    """The numbers of the task and the part that the address names: ``/run?id=12&task=1&part=3``."""
    task, part = st.query_params.get("task", ""), st.query_params.get("part", "0")
    numbers = [int(text) for text in (task, part) if text.isascii() and text.isdecimal() and len(text) < 8]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def select(task: int, part: int) -> bool:
    """Select a task run; whether another one was selected before."""
    if selected() == (task, part):
        return False
    st.query_params["task"], st.query_params["part"] = str(task), str(part)
    return True


def _deselect() -> None:
    for parameter in ("task", "part"):
        st.query_params.pop(parameter, None)


def task_run_panel(run: RunRecord, task: int, part: int) -> None:
    """Show all about a task run of a run."""
    place = workspace()
    try:
        record = place.task_run_record(run.id, task, part)
    except NotFoundError:
        st.caption(f"Run {run.id} has no task run of that number.")
        return
    spec = kept(f"spec of {run.id}", run.spec_hash, lambda: spec_of(place.spec, run))
    with st.container(border=True, key="task run"), errors_shown():
        _head(run, record, spec)
        log, result, inputs, known = st.tabs(VIEWS, key="of task run", on_change="rerun")
        if log.open:
            with log:
                show_log(run.id, task, part, key=f"log {run.id} {task} {part}")
        if result.open:
            with result:
                _result(record)
        if inputs.open:
            with inputs:
                _inputs(run, record, spec)
        if known.open:
            with known:
                _facts(record, spec)


def _head(run: RunRecord, record: TaskRunRecord, spec: JobSpec | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        marks.show_status(record.status)
        st.subheader(literal(titled(record)), width="content", anchor=False)
        if run.status.final and spec:
            task = spec.tasks[record.task]
            names = run.id, task.name, record.part_name if task.parallel else ""
            st.button("Run again from here", icon=":material/replay:", type="tertiary", on_click=rerun_from, args=names)
        st.button("Close", icon=":material/close:", type="tertiary", on_click=_deselect, key="close task run")
    if record.reason:
        st.text(last_lines(record.reason, 20, 1_000))


def _result(record: TaskRunRecord) -> None:
    if record.status is TaskStatus.REUSED and record.from_run:
        link("run", f"It was computed by run {record.from_run}", id=str(record.from_run))
    if record.traceback and not record.status.succeeded:
        st.code(last_lines(record.traceback, 200, 2_000), language=None, wrap_lines=True)
    elif text := preview(record):
        st.caption("What its worker wrote of it; the value itself stays in the cache.")
        st.code(text, language=None, wrap_lines=True)
    else:
        st.caption("It has no result yet." if not record.status.final else "It has no result.")


def _inputs(run: RunRecord, record: TaskRunRecord, spec: JobSpec | None) -> None:
    found = inputs_of(workspace(), run, record, spec)
    if found.configuration:
        st.caption("Configuration")
        st.code(found.configuration, language="json", wrap_lines=True)
    if found.note:
        st.caption(found.note)
    if found.upstream:
        st.caption("Results of other tasks")
    for each in found.upstream:
        st.text(f"{each.title}: {each.said}")
        if each.preview:
            st.code(each.preview, language=None, wrap_lines=True)


def _facts(record: TaskRunRecord, spec: JobSpec | None) -> None:
    found = task_run_facts(record, spec, viewers_zone(), workspace().clock.now())
    rows = {literal(fact.label): literal(fact.value) for fact in found}
    if rows:
        st.table(rows, border="horizontal", width="content", alt="Facts of the task run")
    else:
        st.caption("Nothing is known of it yet.")

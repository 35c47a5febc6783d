"""The build page: a suite, single tasks or a saved job; looked at from all sides, then run or saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dtscheduler.api.dag import DAG
from dtscheduler.api.place import workspace
from dtscheduler.errors import ImageError, NotFoundError, SchedulerError
from dtscheduler.model.run import JobQuery
from dtscheduler.ui.streamlit.addresses import from_address, newly_told, out_of_address, to_address
from dtscheduler.ui.streamlit.charts import dag_chart
from dtscheduler.ui.streamlit.grids import grid_editor
from dtscheduler.ui.streamlit.links import link
from dtscheduler.ui.streamlit.monitors import run_monitor
from dtscheduler.ui.streamlit.notices import refusals_told, show_notices, tell
from dtscheduler.ui.streamlit.plans import plan_table
from dtscheduler.ui.streamlit.remembered import filled_with, kept
from dtscheduler.ui.streamlit.schedule_forms import schedule_form
from dtscheduler.ui.streamlit.studio import session
from dtscheduler.ui.streamlit.studio.suite_choice import dag_from_suite
from dtscheduler.ui.streamlit.task_tables import replace_rows, task_table
from dtscheduler.ui.streamlit.texts import alarming, literal
from dtscheduler.ui.views.building import (
    Fault,
    TaskRow,
    changed_dag,
    changes,
    new_dag,
    python_shown,
    rows_of,
    schedule_at_first,
    with_schedule,
    written_by_calls,
)
from dtscheduler.ui.views.code import Code, code_of, codes, entrypoints_of

SUITE, TASKS, JOB, FROM = "suite", "tasks", "job", "from"  # all but tasks are parameters of the address too
_STARTS = {SUITE: "A suite", TASKS: "Single tasks", JOB: "A saved job"}
MOST_JOBS = 1000
LONGEST_CODE = 20_000  # more text than that stalls the browser


def show() -> None:
    """Show the page."""
    st.title("Build")
    show_notices()
    dag = {SUITE: dag_from_suite, TASKS: _from_tasks, JOB: _from_job}[_start()]()
    if dag is not None:
        _finish(dag)


def _start() -> str:
    """What the job is built from; an address that newly names a job, or a suite, means that one."""
    named = [each for each in (JOB, SUITE) if newly_told(each, f"start {each}")]
    from_address(FROM, "build from", SUITE, _STARTS)
    if named:
        st.session_state["build from"] = named[0]
    chosen = st.segmented_control(
        "Start from",
        list(_STARTS),
        required=True,
        format_func=_STARTS.__getitem__,
        key="build from",
        persist_state="session",
        on_change=_another_start,
    )
    return chosen or SUITE


def _another_start() -> None:
    to_address(FROM, "build from")
    for parameter in (SUITE, JOB):
        out_of_address(parameter, f"build {parameter}")
        out_of_address(parameter, f"start {parameter}")


# -- single tasks, and saved jobs


def _from_tasks() -> DAG | None:
    place = workspace()
    available = codes(place, session.work_dirs())
    with st.container(horizontal=True):
        name = st.text_input("Name", key="build name", placeholder="of the job", persist_state="session")
        code = st.selectbox(
            "Code",
            available,
            format_func=lambda each: each.label,
            key="build code",
            help="A registered image, or a folder as it stands: a dev run.",
            persist_state="session",
        )
    rows = _tasks([], code, "build new tasks", fixed=False)
    if not rows:
        st.caption("Add a task: its name, the function that it calls, and what it waits for.")
        return None
    return _dag_or_faults(kept("build new dag", (name, code, rows), lambda: new_dag(name, code, rows)))


def _from_job() -> DAG | None:
    from_address(JOB, "build job", None)
    row = st.container(horizontal=True)
    name = row.selectbox(
        "Job",
        _job_names(st.session_state["build job"]),
        index=None,
        key="build job",
        accept_new_options=True,
        placeholder="Choose a job, or type its name",
        persist_state="session",
        on_change=to_address,
        args=(JOB, "build job"),
    )
    if not name:
        return None
    try:
        record = workspace().job(name)
    except NotFoundError as error:
        st.error(literal(str(error)), icon=":material/search_off:")
        return None
    cause = (record.uuid, record.version)
    opened = kept("build opened", cause, lambda: workspace().spec(record.spec_hash))
    prefix = filled_with("build opened job", cause)
    new_name = row.text_input("Name", opened.name, key=f"{prefix} name", persist_state="session")
    if new_name != opened.name:
        st.caption("With another name it becomes a job of its own.")
    fixed = written_by_calls(opened)
    if fixed:
        st.caption(
            "Functions were called to make its tasks: which there are, and what they wait for, is changed there."
        )
    shown = kept("build rows", cause, lambda: rows_of(opened))
    rows = _tasks(shown, code_of(opened), f"{prefix} tasks", fixed=fixed)
    return _dag_or_faults(changed_dag(opened, shown, new_name, rows))


def _job_names(chosen: str | None) -> list[str]:
    names = [record.name for record in workspace().jobs(JobQuery(limit=MOST_JOBS))]
    return names if chosen is None or chosen in names else [chosen, *names]


# -- tasks


def _tasks(start: Sequence[TaskRow], code: Code, key: str, *, fixed: bool) -> tuple[TaskRow, ...]:
    rows = task_table(start, _entrypoints(code), key, fixed=fixed)
    if rows and not fixed and st.toggle("Make parts from a grid", key=f"{key} grid", persist_state="session"):
        _grid(rows, key)
    return rows


def _entrypoints(code: Code) -> list[str]:
    try:
        with st.spinner("Looking for entrypoints"):
            return kept("build entrypoints", code, lambda: entrypoints_of(workspace(), code))
    except (ImageError, NotFoundError) as error:
        st.warning(literal(str(error)), icon=":material/inventory_2:")
        return []


def _grid(rows: Sequence[TaskRow], key: str) -> None:
    with st.container(border=True):
        drafted = grid_editor(f"{key} axes")
        if drafted is None:
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            number = st.selectbox(
                "Task", range(len(rows)), format_func=lambda each: rows[each].name, key=f"{key} grid task"
            )
            st.button(
                f"Give it these {drafted.count:,} parts",
                icon=":material/grid_on:",
                key=f"{key} grid given",
                on_click=_give_grid,
                args=(rows, number, drafted.text, key),
            )


def _give_grid(rows: Sequence[TaskRow], number: int, text: str, key: str) -> None:
    replace_rows([replace(row, configuration=text) if n == number else row for n, row in enumerate(rows)], key)


def _dag_or_faults(found: DAG | tuple[Fault, ...]) -> DAG | None:
    if isinstance(found, DAG):
        return found
    for fault in found:
        st.markdown(alarming(fault.message))
    return None


# -- what becomes of it


def _schedule_key(dag: DAG) -> str:
    """What the schedule belongs to: a suite, whose parameters may rename its job, or else the job."""
    state = st.session_state
    if state["build from"] == SUITE and not state.get("build one of"):
        return f"build schedule of {state['build suite']}"
    return f"build schedule {dag.name}"


def _finish(dag: DAG) -> None:
    st.subheader("Schedule", anchor=False)
    schedule = schedule_form(schedule_at_first(workspace(), dag), key=_schedule_key(dag))
    if schedule is None:
        return
    final = kept("build final", (dag.spec(), schedule), lambda: with_schedule(dag, schedule))
    _actions(final)
    graph, plan, python, differences = st.tabs(
        ["Graph", "Plan", "Python", "What saving changes"], key="build tabs", on_change="rerun"
    )
    if graph.open:
        with graph:
            dag_chart(final, key="build graph")
    if plan.open:
        with plan:
            plan_table(final, key="build")
    if python.open:
        with python:
            text, masked = kept("build python", final, lambda: python_shown(final))
            st.code(text[:LONGEST_CODE], language="python")
            if len(text) > LONGEST_CODE:
                st.caption(f"The first {LONGEST_CODE:,} of {len(text):,} characters.")
                st.download_button("All of it", text, "job.py", icon=":material/download:", on_click="ignore")
            if masked:
                st.caption("Secrets are not shown: put them in where *** stands.")
    if differences.open:
        with differences:
            _changes(final)


def _actions(dag: DAG) -> None:
    with st.container(horizontal=True, vertical_alignment="top"):
        with st.container(width="content"):
            run = run_monitor.start_button(dag)
        st.button("Save", icon=":material/save:", key="build save", on_click=_save, args=(dag,))
    if run:
        link("run", f"Open run {run.id}", ":material/open_in_new:", id=str(run.id))


def _save(dag: DAG) -> None:
    """Save it; once more is the same version, so that a double click does no harm."""
    with refusals_told():
        job = dag.save()
        tell(f"Saved {job.name} as version {job.version}: {job.schedule.describe()}")


def _changes(dag: DAG) -> None:
    try:
        found = changes(workspace(), dag)
    except SchedulerError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return
    st.text(found.sentence)
    if found.differences:
        st.dataframe({"Difference": list(found.differences)}, hide_index=True, alt="What saving changes")

"""A table of what a run would do, before somebody starts it."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from dtscheduler.api.dag import DAG
from dtscheduler.api.place import workspace
from dtscheduler.api.plan import Plan
from dtscheduler.errors import SchedulerError
from dtscheduler.model.run import RunQuery
from dtscheduler.model.status import FINAL_RUN
from dtscheduler.ui.streamlit.remembered import forget, kept
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.plan import PlanView, plan_view


def plan_table(dag_or_plan: DAG | Plan, key: str | None = None) -> Plan | None:
    """Show what a run would do: what is reused, what runs, what is not known yet, why, and about how long it takes.

    The plan of a DAG is made when the table is first shown, when the DAG has changed and when a run of it has ended; a
    button makes it anew.

    Args:
        dag_or_plan: A DAG, or a plan that ``dag.plan()`` or ``run.plan()`` gave.
        key: Tells several of these tables on one page apart.

    Returns:
        The plan, as ``dag.run(plan=...)`` takes it. None where there can be none; the page says why.
    """
    name = f"plan table {key or ''}"
    if isinstance(dag_or_plan, Plan):
        _show(kept(name, dag_or_plan, lambda: plan_view(dag_or_plan)))
        return dag_or_plan
    found = kept(name, _cause(dag_or_plan), lambda: _planned(dag_or_plan))
    if isinstance(found, SchedulerError):
        st.error(literal(str(found)), title="This cannot run as it is", icon=":material/error:")
    else:
        _show(found[1])
    _again(name)
    return None if isinstance(found, SchedulerError) else found[0]


def _cause(dag: DAG) -> object:
    """What a plan follows from, but for the code: the DAG, the workspace, who asks, and which run of it ended last."""
    place = workspace()
    with suppress(SchedulerError):
        ended = [run.id for run in place.runs(RunQuery(job_name=dag.name, statuses=FINAL_RUN, limit=1))]
        return dag.spec(), [task.function for task in dag.tasks], place.home, place.user, ended
    return dag


def _planned(dag: DAG) -> tuple[Plan, PlanView] | SchedulerError:
    with st.spinner("Planning: looking for the code, and for results that are there", show_time=True):
        try:
            plan = dag.plan()
        except SchedulerError as error:
            return error
        return plan, plan_view(plan)


def _again(name: str) -> None:
    st.button(
        "Plan again",
        icon=":material/refresh:",
        type="tertiary",
        key=f"{name} again",
        help="Code or results may have changed since.",
        on_click=forget,
        args=(name,),
    )


def _show(view: PlanView) -> None:
    st.markdown(f"**{literal(view.sentence)}**")
    st.caption(literal(view.about))
    for difference in view.differences:
        st.caption(literal(difference))
    lines = view.lines
    columns = {"Task": [line.task for line in lines], "Fate": [line.fate for line in lines]}
    if any(line.parts for line in lines):
        columns["Parts"] = [line.parts for line in lines]
    columns["Why"] = [line.reason for line in lines]
    st.dataframe(
        columns,
        hide_index=True,
        column_config={"Why": st.column_config.TextColumn(width="large")},
        alt="What a run would do, task by task",
    )
    if view.more:
        st.caption(f"and {view.more:,} lines more; `plan.frame()` has them all")

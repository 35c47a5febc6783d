"""Running a run again: what, with which version, what would become of each task, and the button that submits it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dtscheduler.api import again
from dtscheduler.api.place import workspace
from dtscheduler.api.plan import Plan
from dtscheduler.errors import SchedulerError
from dtscheduler.model.run import RunRecord
from dtscheduler.ui import service_process
from dtscheduler.ui.streamlit.plans import plan_table
from dtscheduler.ui.streamlit.presses import Press, next_press, press, press_of, submitted
from dtscheduler.ui.streamlit.remembered import forget, kept
from dtscheduler.ui.streamlit.studio.going import go_to_run
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.again import (
    Chosen,
    Repeat,
    Scope,
    Version,
    about,
    has_other_version,
    plan_again,
    said_chosen,
)
from dtscheduler.ui.views.run import spec_of

OPEN, SCOPE, FROM, VERSION = "rerun", "rerun scope", "rerun from", "rerun version"


def rerun_from(run_id: int, task: str, part: str) -> None:
    """Open the panel to run a run again from a task, or one part of it, on; for callbacks."""
    st.session_state[OPEN], st.session_state[SCOPE], st.session_state[FROM] = run_id, Scope.CHOSEN, [(task, part)]


def rerun_button(run: RunRecord) -> None:
    """A button that opens the panel, of a run that has ended."""
    if run.status.final:
        st.button("Run again", icon=":material/replay:", on_click=_open, args=(run.id,))


def rerun_panel(run: RunRecord) -> None:
    """Where it is open: what can be run again. The plan is made and shown, and what is submitted is that plan."""
    if not run.status.final or st.session_state.get(OPEN) != run.id:
        return
    with st.container(border=True, key="rerun panel"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(f"Run {run.id} again", width="content", anchor=False)
            st.button("Close", icon=":material/close:", type="tertiary", on_click=_open, args=(None,), key="no rerun")
        _go_on(run)
        choice = _choice(run)
        if choice is not None:
            _offer(run, choice)


def _open(run_id: int | None) -> None:
    st.session_state[OPEN] = run_id


def _choice(run: RunRecord) -> Repeat | None:
    """What is run again, from which tasks on, and in which version; None while it is not chosen."""
    st.session_state.setdefault(SCOPE, Scope.FAILED)
    scope = st.segmented_control("What", list(Scope), required=True, key=SCOPE)
    chosen: tuple[Chosen, ...] = ()
    if scope == Scope.CHOSEN:
        chosen = _tasks(run)
    version = _version() if has_other_version(workspace(), run) else Version.SAME
    st.caption(literal(about(run)))
    repeat = Repeat(scope=Scope(scope or Scope.FAILED), chosen=chosen, version=version)
    if not repeat.complete:
        st.info("Choose the tasks from which on it is to run again.")
        return None
    return repeat


def _tasks(run: RunRecord) -> tuple[Chosen, ...]:
    spec = spec_of(workspace().spec, run)
    before: Sequence[Chosen] = st.session_state.get(FROM) or ()
    every: list[Chosen] = [(task.name, "") for task in spec.tasks] if spec else []
    options = [*every, *(chosen for chosen in before if chosen not in every)]
    found = st.multiselect("Tasks", options, key=FROM, format_func=said_chosen)
    return tuple(chosen for chosen in found if chosen in options)


def _version() -> Version:
    found = st.segmented_control("Version", list(Version), default=Version.SAME, required=True, key=VERSION)
    return Version(found or Version.SAME)


def _offer(run: RunRecord, repeat: Repeat) -> None:
    place = workspace()
    slot, cause = f"rerun plan {run.id}", (place.user, repeat)

    def planned() -> Plan:
        with st.spinner("Planning"):
            return plan_again(place, run, repeat)

    try:
        plan = kept(slot, cause, planned)
    except SchedulerError as error:
        forget(slot)
        st.warning(literal(str(error)), title="There is nothing to submit", icon=":material/info:")
        return
    plan_table(plan, key=f"rerun {run.id}")
    it = press_of(_slot(run))
    st.button("Submit the rerun", type="primary", icon=":material/replay:", on_click=_submit, args=(it, plan, slot))
    if it.error:
        st.error(literal(it.error), title="Nothing was started", icon=":material/error:")


def _submit(it: Press, plan: Plan, slot: str) -> None:
    def submit(token: str) -> None:
        place = workspace()
        if plan.rerun is None or submitted(place, it):
            return
        again.submit_again(place, plan.rerun, plan=plan, token=token)

    press(it, submit)
    if it.error:
        forget(slot)  # the plan may not hold any more


def _go_on(run: RunRecord) -> None:
    """Go to the run that came of a click just now, or get ready for the next click."""
    place, it = workspace(), press_of(_slot(run))
    found = submitted(place, it)
    if found is None:
        return
    if not it.recent:
        next_press(_slot(run))
        return
    service_process.ensure_service(place)  # what is wrong with it is said on that page
    go_to_run(found.id)


def _slot(run: RunRecord) -> str:
    return f"rerun of {run.id}"

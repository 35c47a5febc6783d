"""One job: what it is, what can be done with it, its next fires, latest runs and versions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from dtscheduler.api.place import workspace
from dtscheduler.ui.streamlit.figures import run_column, table, time_column, utc_column
from dtscheduler.ui.streamlit.filters import viewers_zone
from dtscheduler.ui.streamlit.links import link, run_address
from dtscheduler.ui.streamlit.notices import refusals_told, refuse, tell
from dtscheduler.ui.streamlit.presses import next_press, press, press_of, submitted
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.jobs import JobView, distance, latest_runs, next_fires, no_fires, versions
from dtscheduler.ui.views.moments import in_utc, local

TABS = ("Next fires", "Latest runs", "Versions")


def job_panel(view: JobView) -> None:
    """Show a job and what can be done with it."""
    with st.container(border=True):
        st.subheader(literal(view.row.name), anchor=False)
        st.caption(literal(view.facts))
        _state(view)
        _actions(view)
        fires, runs, known = st.tabs(TABS, key=f"tabs {view.uuid}", on_change="rerun")
        if fires.open:
            with fires:
                _fires(view)
        if runs.open:
            with runs:
                _runs(view)
        if known.open:
            with known:
                _versions(view)


def _state(view: JobView) -> None:
    if view.broken:
        st.error(literal(f"{view.broken}. Nothing starts it until it is saved again."), icon=":material/warning:")
    if view.paused:
        st.warning(
            literal(f"It is {view.row.state[2:]}; its instants are recorded as expired until it goes on."),
            icon=":material/pause_circle:",
        )
    if view.next_fire:
        zone = viewers_zone()
        when = f"{local(view.next_fire, zone)}, {distance(view.next_fire, view.now)}"
        st.text(f"Fires next {when} ({in_utc(view.next_fire)})")
    if view.denied:
        st.caption(f":material/lock: {literal(view.denied)}")


def _actions(view: JobView) -> None:
    may = not view.denied
    with st.container(horizontal=True, vertical_alignment="center"):
        _run_now(view)
        if view.paused:
            st.button("Go on", icon=":material/resume:", key="go on", disabled=not may, on_click=_go_on, args=(view,))
        else:
            st.button("Pause", icon=":material/pause:", key="pause", disabled=not may, on_click=_pause, args=(view,))
        _delete(view)
        link("build", "Open in Build", ":material/construction:", job=view.exact_name)
        link("calendar", "Why it fires", ":material/help:", why=view.exact_name)


def _run_now(view: JobView) -> None:
    """A button that submits a run once, however often it is pressed.

    When that is done, the run takes the button's place, so that a second click of a hasty hand hits no other button.
    """
    name = f"press {view.uuid}"
    it = press_of(name)
    with st.popover("Run now", type="primary", icon=":material/play_arrow:", disabled=bool(view.denied)):
        if it.error:
            st.error(literal(it.error), icon=":material/block:")
        if run := submitted(workspace(), it):
            st.text(f"Run {run.id} for {run.rundate} is submitted.{_unserved()}")
            with st.container(horizontal=True, vertical_alignment="center"):
                link("run", f"Open run {run.id}", ":material/open_in_new:", id=str(run.id))
                st.button("Another run", key=f"another {view.uuid}", on_click=_another, args=(name,))
            return
        key = f"rundate {view.uuid}"
        chosen = st.date_input("Rundate", value=view.rundate, format="YYYY-MM-DD", key=key, persist_state="page")
        st.caption(f"{view.rundate} is what its schedule gives a run that starts now.")
        rundate = chosen if isinstance(chosen, date) and chosen != view.rundate else None
        st.button("Run", type="primary", key=f"run {it.token}", on_click=press, args=(it, _submitting(view, rundate)))


def _another(name: str) -> None:
    next_press(name)


def _submitting(view: JobView, rundate: date | None) -> Callable[[str], object]:
    return lambda token: workspace().submit_job(view.uuid, rundate=rundate, token=token)


def _unserved() -> str:
    return "" if workspace().served() else " No service is alive to drive it: start one with dtscheduler serve"


def _pause(view: JobView) -> None:
    with refusals_told():
        workspace().pause(view.uuid)
        tell(f"{view.row.name} is paused.")


def _go_on(view: JobView) -> None:
    with refusals_told():
        workspace().unpause(view.uuid)
        tell(f"{view.row.name} goes on.")


def _delete(view: JobView) -> None:
    with st.popover("Delete", icon=":material/delete:", disabled=bool(view.denied)):
        st.text("Nothing starts a deleted job any more, and its name is free. Its runs stay.")
        with st.form(f"delete {view.uuid}", border=False):
            st.text_input("Type the name of the job to confirm", key=f"confirm {view.uuid}", placeholder=view.row.name)
            st.form_submit_button("Delete this job", icon=":material/delete:", on_click=_remove, args=(view,))


def _remove(view: JobView) -> None:
    if st.session_state.get(f"confirm {view.uuid}") not in (view.exact_name, view.row.name):
        refuse(f"Nothing was deleted: the name typed is not that of {view.exact_name}.")
        return
    with refusals_told():
        workspace().delete(view.uuid)
        st.query_params.pop("job", None)
        tell(f"{view.row.name} is deleted; its runs stay.")


def _fires(view: JobView) -> None:
    found = next_fires(workspace(), view.uuid)
    if not len(found):
        st.caption(literal(no_fires(workspace(), view.uuid)))
        return
    if view.paused:
        st.caption("These would be its fires; none starts a run while the job is paused.")
    rows = [
        {"here": row.utc, "local": row.local, "utc": row.utc, "rundate": row.rundate, "note": row.clock_change}
        for row in found
    ]
    columns = {
        "here": time_column("Here", viewers_zone()),
        "local": st.column_config.TextColumn("On its own clock", width=190),
        "utc": utc_column(),
        "rundate": st.column_config.DateColumn("Rundate", format="YYYY-MM-DD", width=110),
        "note": st.column_config.TextColumn("Clock change", width="large"),
    }
    if not any(row.clock_change for row in found):
        del columns["note"]
    table(rows, columns, alt="The next fires of the job")


def _runs(view: JobView) -> None:
    found = latest_runs(workspace(), view.uuid)
    if not found:
        st.caption("It has not run yet.")
        return
    rows = [
        {
            "run": run_address(run.run),
            "status": run.status,
            "rundate": run.rundate,
            "submitted": run.submitted,
            "took": run.took,
            "reason": run.reason,
        }
        for run in found
    ]
    columns = {
        "run": run_column(),
        "status": st.column_config.TextColumn("Status", width=120),
        "rundate": st.column_config.DateColumn("Rundate", format="YYYY-MM-DD", width=110),
        "submitted": time_column("Submitted", viewers_zone()),
        "took": st.column_config.TextColumn("Took", width=100),
        "reason": st.column_config.TextColumn("Reason", width="large"),
    }
    table(rows, columns, alt="The latest runs of the job", statuses=("status",))
    link("runs", "All its runs", ":material/history:", job=view.exact_name)


def _versions(view: JobView) -> None:
    rows = [
        {"version": row.version, "saved": row.saved, "by": row.saved_by, "changes": row.changes}
        for row in versions(workspace(), view.uuid)
    ]
    columns = {
        "version": st.column_config.NumberColumn("Version", width=70),
        "saved": time_column("Saved", viewers_zone()),
        "by": st.column_config.TextColumn("By", width=100),
        "changes": st.column_config.TextColumn("What it changed", width="large"),
    }
    table(rows, columns, alt="The versions of the job")

"""The service page: whether a service is alive, what it does, what it uses, and what it could not send."""

from __future__ import annotations

from datetime import tzinfo

import streamlit as st

from dtscheduler.api.place import workspace
from dtscheduler.ui.streamlit.figures import run_column, table, time_column, utc_column
from dtscheduler.ui.streamlit.filters import viewers_zone
from dtscheduler.ui.streamlit.links import link, run_address
from dtscheduler.ui.streamlit.notices import errors_shown
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.moments import local
from dtscheduler.ui.views.service import DOCTOR, Outbox, ServiceView, service_view

EVERY_SECONDS = 3


def show() -> None:
    """Show the page."""
    st.title("Service")
    _live()
    st.caption(f"This page looks again every {EVERY_SECONDS} seconds. `{DOCTOR}` examines the store and the settings.")


@st.fragment(run_every=EVERY_SECONDS)
def _live() -> None:
    with errors_shown():
        view, zone = service_view(workspace()), viewers_zone()
        _health(view)
        _figures(view)
        under_way, capacity = st.columns([3, 2], gap="medium")
        with under_way:
            _driven(view)
        with capacity:
            _capacity(view)
        _next(view, zone)
        _outbox(view.outbox, zone)
        _services(view, zone)


def _health(view: ServiceView) -> None:
    if view.alive:
        st.success(literal(view.headline), icon=":material/check_circle:")
    for trouble in view.troubles:
        with st.container(gap="xsmall"):
            st.error(literal(trouble.what), icon=":material/warning:")
            st.code(trouble.command, language="bash", width="content")


def _figures(view: ServiceView) -> None:
    with st.grid(5, min_column_width=130):
        for word, count in view.counts:
            st.metric(f"Runs {word}", f"{count:,}", border=True)
        st.metric("Messages to send", view.outbox.to_send, border=True)
        first = view.next_fires[0] if view.next_fires else None
        st.metric("Next fire", first.distance if first else "none", border=True)


def _driven(view: ServiceView) -> None:
    st.subheader("Under way", anchor=False)
    if not view.driven:
        st.caption("No run is being driven.")
        return
    rows = [
        {"run": run_address(run.run), "job": run.job, "done": run.done, "progress": run.progress, "taken": run.taken}
        for run in view.driven
    ]
    columns = {
        "run": run_column(),
        "job": st.column_config.TextColumn("Job", width=170),
        "done": st.column_config.ProgressColumn("Done", format="percent", min_value=0.0, max_value=1.0, width=110),
        "progress": st.column_config.TextColumn("Task runs that have ended", width=210),
        "taken": st.column_config.TextColumn("So far", width=90),
    }
    table(rows, columns, alt="The runs that are under way")
    if view.more_driven > 0:
        link("runs", f"{view.more_driven:,} more are under way", ":material/history:", status="running")


def _capacity(view: ServiceView) -> None:
    st.subheader("Capacity", anchor=False)
    for used in view.capacity:
        st.progress(used.part, text=f"{used.title}: {used.words}")
    st.caption(
        "What the task runs that execute now, and that you may see, ask for, beside what the settings or this machine offer."
    )


def _next(view: ServiceView, zone: tzinfo) -> None:
    st.subheader("Next fires", anchor=False)
    if not view.next_fires:
        st.caption("No saved job has a fire to come.")
        return
    rows = [
        {"in": fire.distance, "here": fire.instant, "utc": fire.instant, "job": fire.job, "rundate": fire.rundate}
        for fire in view.next_fires
    ]
    columns = {
        "here": time_column("Time", zone),
        "in": st.column_config.TextColumn("In", width=110),
        "job": st.column_config.TextColumn("Job", width=220),
        "rundate": st.column_config.DateColumn("Rundate", format="YYYY-MM-DD", width=110),
        "utc": utc_column(),
    }
    table(rows, columns, alt="The next fires of all jobs")
    link("calendar", "All coming fires", ":material/calendar_month:")


def _outbox(outbox: Outbox, zone: tzinfo) -> None:
    st.subheader("Outbox", anchor=False)
    if not outbox.rows:
        st.caption("Nobody was to be told anything yet. Jobs say whom to tell with AlertEmail and AlertSMS.")
        return
    last = f"the latest was sent {local(outbox.last_sent, zone)}" if outbox.last_sent else "nothing was sent lately"
    st.caption(literal(f"{outbox.to_send} to send, {outbox.failed:,} of them tried in vain; {last}"))
    rows = [
        {
            "state": row.state,
            "what": row.what,
            "job": row.job,
            "run": run_address(row.run),
            "to": row.to,
            "created": row.created,
            "error": row.error,
        }
        for row in outbox.rows
    ]
    columns = {
        "state": st.column_config.TextColumn("State", width=120),
        "what": st.column_config.TextColumn("What", width=90),
        "job": st.column_config.TextColumn("Job", width=170),
        "run": run_column(),
        "to": st.column_config.TextColumn("To", width=180),
        "created": time_column("Since", zone),
        "error": st.column_config.TextColumn("Error", width="large"),
    }
    if not any(row.error for row in outbox.rows):
        del columns["error"]
    table(rows, columns, alt="The latest messages of the outbox")


def _services(view: ServiceView, zone: tzinfo) -> None:
    if not view.services:
        return
    st.subheader("Services", anchor=False)
    rows = [
        {
            "state": row.state,
            "name": row.name,
            "user": row.user,
            "since": row.since,
            "drives": row.drives,
            "version": row.version,
        }
        for row in view.services
    ]
    columns = {
        "state": st.column_config.TextColumn("State", width=150),
        "name": st.column_config.TextColumn("Service", width=200),
        "user": st.column_config.TextColumn("User", width=90),
        "since": time_column("Since", zone),
        "drives": st.column_config.TextColumn("Drives runs", width=190),
        "version": st.column_config.TextColumn("dtscheduler", width=100),
    }
    table(rows, columns, alt="The services of this workspace")

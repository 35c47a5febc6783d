"""The calendar page: what fires in the next days, and why a job fires at an instant, or does not."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

import streamlit as st

from dtscheduler.api.place import workspace
from dtscheduler.errors import SchedulerError
from dtscheduler.ui.streamlit.figures import table, zone_key
from dtscheduler.ui.streamlit.filters import job_filters, viewers_zone
from dtscheduler.ui.streamlit.links import link
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.calendar import (
    SPANS,
    CalendarDay,
    FireRow,
    answer,
    clock_of,
    coming,
    some_names,
    without_times,
)
from dtscheduler.ui.views.jobs import JobFilters

TABS = ("Coming fires", "Why a job fires")
OPEN_AT_FIRST = 2
_SPANS = {1: "Today", 7: "7 days", 30: "30 days"}


def show() -> None:
    """Show the page."""
    st.title("Calendar")
    asked = bool(st.query_params.get("why"))
    fires, why = st.tabs(TABS, default=TABS[1] if asked else TABS[0], key="calendar", on_change="rerun")
    if fires.open:
        with fires:
            _fires()
    if why.open:
        with why:
            _why(viewers_zone())


def _fires() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = _days()
        filters = job_filters("fires_", states=False)
    zone = viewers_zone()
    found = coming(workspace(), filters, days, zone)
    if found.days:
        st.caption(f"{found.caption} · times on the clock of {literal(zone_key(zone))}")
    else:
        _nothing(filters)
    if found.left_out:
        st.warning(literal(found.left_out), icon=":material/content_cut:")
    for number, day in enumerate(found.days):
        _day(day, zone, expanded=number < OPEN_AT_FIRST)
    _others(filters)


def _days() -> int:
    chosen = st.selectbox(
        "Days", SPANS, index=1, format_func=lambda days: _SPANS[days], key="days", bind="query-params", width=120
    )
    return chosen if chosen in SPANS else 7


def _day(day: CalendarDay, zone: tzinfo, *, expanded: bool) -> None:
    box = st.expander(day.title, expanded=expanded, key=f"day {day.day}", on_change="rerun")
    if not box.open:
        return
    columns = {
        "time": st.column_config.TextColumn("Time", width=110),
        "job": st.column_config.TextColumn("Job", width=210),
        "rundate": st.column_config.DateColumn("Rundate", format="YYYY-MM-DD", width=100),
        "utc": st.column_config.TextColumn("UTC", width=150),
        "words": st.column_config.TextColumn("How often", width=420),
        "note": st.column_config.TextColumn("Note", width=130),
    }
    for name in ("words", "note"):
        if not any(getattr(row, name) for row in day.rows):
            del columns[name]
    with box:
        table((_cells(row, zone) for row in day.rows), columns, alt=f"What fires on {day.day}")
        if day.left_out:
            st.caption(day.left_out)


def _cells(row: FireRow, zone: tzinfo) -> dict[str, object]:
    here, end = row.first.astimezone(zone), row.last.astimezone(zone)
    many = row.count > 1
    return {
        "time": f"{here:%H:%M} – {end:%H:%M}" if many else f"{here:%H:%M}",
        "job": row.job,
        "words": row.words,
        "rundate": row.rundate,
        "utc": f"{row.first:%d %b %H:%M}" + (f" – {row.last:%H:%M}" if many else ""),
        "note": row.note,
    }


def _nothing(filters: JobFilters) -> None:
    if filters.asks:
        st.info("No job that matches these filters fires in these days.", icon=":material/filter_alt_off:")
        return
    with st.container(border=True):
        st.subheader("Nothing is to fire", anchor=False)
        st.text("No saved job has a schedule with times in these days. Save one with a schedule.")
        link("build", "Build a job", ":material/construction:")


def _others(filters: JobFilters) -> None:
    box = st.expander("Jobs without times", key="without times", on_change="rerun")
    if not box.open:
        return
    found = without_times(workspace(), filters)
    with box:
        if not found:
            st.caption("All of these jobs fire at times.")
            return
        rows = [{"job": other.job.name, "why": other.why} for other in found]
        columns = {"job": st.column_config.TextColumn("Job", width=220), "why": "Why"}
        table(rows, columns, alt="Jobs that do not fire at times")


def _why(zone: tzinfo) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        job = st.selectbox(
            "Job",
            _names(),
            index=None,
            key="why",
            accept_new_options=True,
            placeholder="Name of a job",
            bind="query-params",
            width=300,
        )
        at = st.datetime_input(
            "At",
            value=_soon(),
            key="at",
            step=timedelta(minutes=1),
            format="YYYY-MM-DD",
            bind="query-params",
            width=240,
        )
    if not job or at is None:
        st.caption("Choose a job, and a time on the clock of its schedule.")
        return
    try:
        _answer(job, at, zone)
    except SchedulerError as error:
        st.error(literal(str(error)), icon=":material/error:")


def _names() -> list[str]:
    """The names on offer; one that the address brings is among them."""
    names = some_names(workspace(), JobFilters())
    chosen = st.session_state.get("why") or st.query_params.get("why")
    return names if not chosen or chosen in names else [chosen, *names]


def _soon() -> datetime:
    return datetime.now().replace(minute=0, second=0, microsecond=0)


def _answer(job: str, at: datetime, zone: tzinfo) -> None:
    st.caption(literal(f"The time is read on the clock of its schedule: {clock_of(workspace(), job)}"))
    found = answer(workspace(), job, at, zone)
    icon = ":material/check_circle:" if found.fires else ":material/do_not_disturb_on:"
    show = st.success if found.fires else st.info
    show(literal(f"{found.job} {found.verdict} at {found.when}. {found.reason}"), icon=icon)
    st.text(f"Its schedule: {found.schedule}")
    if found.levels:
        rows = [
            {
                "level": check.level,
                "required": check.required,
                "has": check.has,
                "matches": "✓ matches" if check.matches else "✕ does not match",
            }
            for check in found.levels
        ]
        columns = {"level": "Level", "required": "The schedule asks for", "has": "The time has", "matches": "So it"}
        table(rows, columns, alt="The levels of the schedule at this time")
    st.text(found.outcome)
    if found.run:
        link("run", f"Open run {found.run}", ":material/open_in_new:", id=str(found.run))

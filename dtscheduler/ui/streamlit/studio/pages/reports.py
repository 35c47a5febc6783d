"""The reports page: how long runs and tasks take, how often they fail, what they ask for and use; each with its CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from dtscheduler.api.place import workspace
from dtscheduler.errors import NotFoundError
from dtscheduler.ui.streamlit import figures, report_charts
from dtscheduler.ui.streamlit.figures import zone_key
from dtscheduler.ui.streamlit.filters import viewers_zone
from dtscheduler.ui.streamlit.links import link, run_address
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views import reports as views
from dtscheduler.ui.views.reports import SPANS, ReportFilters
from dtscheduler.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

CACHED_SECONDS = 30
SHOWN_RUNS = 100
"""Rows of runs in the table; the CSV has all that the chart has."""


def show() -> None:
    """Show the page."""
    st.title("Reports")
    chosen = st.container()
    filters = _filters(chosen)
    runs, daily = _looked_up(views.recent_runs, filters), _looked_up(views.outcomes, filters)
    _facts(runs, daily)
    durations, success, slowest, memory = st.tabs(
        ["Duration", "Success rate", "Slowest tasks", "Memory"], key="report", on_change="rerun"
    )
    if durations.open:
        with durations:
            _durations(runs)
    if success.open:
        with success:
            _success(daily)
    if slowest.open:
        with slowest:
            _slowest(filters)
    if memory.open:
        with memory:
            _memory(filters)


def _looked_up(look: Callable[[Workspace, ReportFilters], T], filters: ReportFilters) -> T:
    """What a view gives, kept for a short while for this identity alone."""
    place = workspace()
    who = place.identity
    where = (str(place.home), place.settings.database)
    found: T = _kept(look.__name__, (*where, who.user, who.group, sorted(who.groups), who.admin), filters, look, place)
    return found


@st.cache_data(ttl=CACHED_SECONDS, max_entries=200, show_spinner=False)
def _kept(what: str, whose: tuple[Any, ...], filters: ReportFilters, _look: Callable[..., T], _place: Workspace) -> T:
    """Cached by what is asked, for whom, and where; the workspace itself is no part of that and is not kept."""
    return _look(_place, filters)


def _filters(row: Any) -> ReportFilters:
    with row.container(horizontal=True, vertical_alignment="bottom"):
        days = st.selectbox(
            "Days", SPANS, index=1, format_func=lambda days: f"{days} days", key="span", bind="query-params", width=120
        )
        label = st.text_input("Label", key="report_label", placeholder="Any", bind="query-params", width=140)
        span = ReportFilters(days=days if days in SPANS else SPANS[1], label=(label or "").strip() or None)
        names = views.job_names(_looked_up(views.recent_runs, span))
        asked = st.session_state.get("report_job") or st.query_params.get("report_job")
        job = st.selectbox(
            "Job",
            names if not asked or asked in names else [asked, *names],
            index=None,
            key="report_job",
            placeholder="All jobs",
            accept_new_options=True,
            bind="query-params",
            width=300,
        )
    return ReportFilters(days=span.days, label=span.label, job=job or None)


def _facts(runs: pd.DataFrame, daily: pd.DataFrame) -> None:
    with st.grid(4, min_column_width=145):
        for fact in views.facts(runs, daily):
            st.metric(fact.label, fact.value, help=fact.note, border=True)


def _durations(runs: pd.DataFrame) -> None:
    if runs.empty:
        _no_runs()
        return
    zone = viewers_zone()
    report_charts.durations_chart(runs, zone)
    note = views.is_cut(runs)
    _head(
        f"Each point is a run, the line the median of a day on the clock of {zone_key(zone)}. {note}", runs, "durations"
    )
    shown = runs.head(SHOWN_RUNS)
    table = shown.assign(
        run=[run_address(int(run)) or "" for run in shown["run"]],
        status=figures.signs(shown["status"]),
        duration=figures.lengths(shown["duration"]),
    )[["run", "job", "status", "rundate", "submitted", "duration", "reason"]]
    columns = {
        "run": figures.run_column(),
        "job": st.column_config.TextColumn("Job", width=190),
        "status": st.column_config.TextColumn("Status", width=120),
        "rundate": st.column_config.DateColumn("Rundate", format="YYYY-MM-DD", width=110),
        "submitted": figures.time_column("Submitted", zone),
        "duration": st.column_config.TextColumn("Took", width=90, alignment="right"),
        "reason": st.column_config.TextColumn("Reason", width="large"),
    }
    figures.frame(table, columns, alt="How long the runs took", statuses=("status",))


def _success(daily: pd.DataFrame) -> None:
    if not daily[["completed", "failed", "other"]].to_numpy().any():
        _no_runs()
        return
    report_charts.outcomes_chart(daily)
    _head("Days are those of UTC. Other runs were stopped, have expired, or go on still.", daily, "success rate")
    columns = {
        "day": st.column_config.DateColumn("Day", format="YYYY-MM-DD"),
        "completed": "Completed",
        "failed": "Failed",
        "other": "Other",
        "success_rate": st.column_config.NumberColumn("Success rate", format="percent"),
    }
    figures.frame(daily[::-1], columns, alt="How the runs of each day ended", height="auto")


def _slowest(filters: ReportFilters) -> None:
    if not filters.job:
        _choose_a_job("how long each of its tasks takes")
        return
    tasks = _looked_up(views.task_durations, filters)
    if tasks.empty:
        _no_runs()
        return
    report_charts.tasks_chart(tasks)
    _head(f"Task runs that completed, the latest {views.MOST_TASK_RUNS:,} at most.", tasks, "slowest tasks")
    columns = {
        "task": st.column_config.TextColumn("Task", width=260),
        "count": st.column_config.NumberColumn("Task runs", format="localized"),
        **{name: st.column_config.TextColumn(title, alignment="right") for name, title in _LENGTHS.items()},
    }
    figures.frame(
        tasks.assign(**{name: figures.lengths(tasks[name]) for name in _LENGTHS}), columns, alt="Slowest tasks"
    )
    _slowest_parts(filters)


_LENGTHS = {"median": "Median", "p95": "95 % take at most", "max": "Longest"}


def _slowest_parts(filters: ReportFilters) -> None:
    run, parts = _looked_up(views.slowest_parts, filters)
    if run is None:
        return
    st.subheader("Slowest task runs of its latest run", anchor=False)
    link("run", f"Open run {run}", ":material/open_in_new:", id=str(run))
    columns = {
        "task": st.column_config.TextColumn("Task", width=200),
        "part_name": st.column_config.TextColumn("Part", width=200),
        "status": st.column_config.TextColumn("Status", width=130),
        "duration": st.column_config.TextColumn("Took", width=100, alignment="right"),
        "peak_memory_mb": st.column_config.NumberColumn("Peak memory, MB", format="%.0f"),
        "host": "Host",
    }
    shown = parts.assign(status=figures.signs(parts["status"]), duration=figures.lengths(parts["duration"]))
    figures.frame(shown, columns, alt="The slowest task runs of the latest run", statuses=("status",), height="auto")


def _memory(filters: ReportFilters) -> None:
    if not filters.job:
        _choose_a_job("what its tasks ask for beside what they use")
        return
    try:
        sizes = _looked_up(_needs, filters)
    except NotFoundError as error:
        st.info(literal(str(error)), icon=":material/search_off:")
        return
    if sizes["memory_mb_max"].notna().any():
        report_charts.memory_chart(sizes)
    with st.container(gap="xxsmall"):
        for sentence in views.advised(sizes):
            st.caption(f":material/lightbulb: {literal(sentence)}")
    _head("Measured on its latest runs, over all parts.", sizes, "memory and CPU")
    columns = {
        "task": st.column_config.TextColumn("Task", width=200),
        "memory_mb": st.column_config.NumberColumn("Memory asked, MB", format="localized"),
        "memory_mb_max": st.column_config.NumberColumn("Used at most", format="%.0f"),
        "memory_mb_suggested": st.column_config.NumberColumn("Ask for", format="localized"),
        "cpu_mhz": st.column_config.NumberColumn("CPU asked, MHz", format="localized"),
        "cpu_mhz_used": st.column_config.NumberColumn("Used", format="%.0f"),
        "cpu_mhz_suggested": st.column_config.NumberColumn("Ask for", format="localized"),
        "measurements": st.column_config.NumberColumn("Measurements", format="localized"),
        "sure": "Sure",
    }
    figures.frame(sizes, columns, alt="What tasks ask for beside what they use")


def _needs(place: Workspace, filters: ReportFilters) -> pd.DataFrame:
    return views.needs(place, filters.job or "")


def _head(caption: str, frame: pd.DataFrame, name: str) -> None:
    """What stands between a chart and its table: a word on both, and the CSV of what they show."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(literal(caption), width="content")
        figures.csv_button(frame, name, key=f"csv {name}")


def _no_runs() -> None:
    st.info("No runs in these days. Choose more days, another job, or run one.", icon=":material/inbox:")
    link("jobs", "To the jobs", ":material/work:")


def _choose_a_job(what: str) -> None:
    st.info(f"Choose a job above to see {what}.", icon=":material/arrow_upward:")

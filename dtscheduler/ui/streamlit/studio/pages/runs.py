"""The page of all runs: figures of the last days, and a table of those that are asked for."""

from __future__ import annotations

import streamlit as st

from dtscheduler.api.place import workspace
from dtscheduler.drawing.looks import look_of
from dtscheduler.model.run import RunQuery
from dtscheduler.model.status import RunStatus
from dtscheduler.ui.streamlit.filters import TAGS
from dtscheduler.ui.streamlit.links import link
from dtscheduler.ui.streamlit.listings import table
from dtscheduler.ui.streamlit.studio.going import go_to_run
from dtscheduler.ui.views.runs import DAYS, Filters, figures

EMPTY = "No runs yet. Build a job and press Run now, or save one with a schedule."
NONE_FOUND = "No run is like that. Take a filter away to see more."


def show() -> None:
    """Show the page. A click on a row goes to the page of that run."""
    st.title("Runs")
    _figures()
    asked = _filters()
    narrowed = asked != Filters()
    chosen = table(asked, name="runs page", empty=NONE_FOUND if narrowed else EMPTY, page_key="page")
    if not narrowed and not workspace().runs(RunQuery(limit=1)):
        link("build", "Build a job", icon=":material/construction:")
    if chosen is not None:
        go_to_run(chosen.id)


def _figures() -> None:
    place = workspace()
    going = place.count_runs(RunQuery(statuses=[RunStatus.RUNNING]))
    waiting = place.count_runs(RunQuery(statuses=[RunStatus.SCHEDULED, RunStatus.READY]))
    with st.grid(4, min_column_width=140, gap="small"):
        for figure in figures(place.run_figures(RunQuery(), DAYS), going, waiting):
            st.metric(
                figure.label,
                figure.value,
                figure.note,
                delta_color="off",
                delta_arrow="off",
                chart_data=list(figure.trend) or None,
                chart_type="bar" if figure.label == "Runs today" else "line",
                border=True,
                height="stretch",
                help="Days are those of UTC." if figure.trend else None,
            )


def _filters() -> Filters:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Job", key="job", width=180, placeholder="Part of a name", type="search", bind="query-params"
        )
        statuses = st.multiselect(
            "Status",
            [status.value for status in RunStatus],
            key="status",
            width=180,
            placeholder="Any",
            format_func=_word,
            bind="query-params",
        )
        tag = st.segmented_control("Tag", TAGS, key="tag", bind="query-params")
        label = st.text_input("Label", key="label", width=110, placeholder="Any", bind="query-params")
        owner = st.text_input("Owner", key="owner", width=110, placeholder="Anybody", bind="query-params")
        since = st.date_input("Since", None, key="since", width=130, format="YYYY-MM-DD", bind="query-params")
        until = st.date_input("Until", None, key="until", width=130, format="YYYY-MM-DD", bind="query-params")
    return Filters(
        text=(text or "").strip(),
        statuses=tuple(RunStatus(value) for value in statuses if value in set(RunStatus)),
        tag=tag if tag in TAGS else None,
        label=(label or "").strip() or None,
        owner=(owner or "").strip() or None,
        since=since or None,
        until=until or None,
    )


def _word(value: str) -> str:
    return look_of(RunStatus(value)).word  # it stands in the address too

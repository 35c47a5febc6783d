"""The jobs page: the saved jobs, a page at a time, and what can be done with the one that is selected."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import streamlit as st

from dtscheduler.api.place import workspace
from dtscheduler.errors import NotFoundError
from dtscheduler.ui.streamlit.figures import chosen_rows, frame_of_rows, in_colours, time_column, utc_column, zone_key
from dtscheduler.ui.streamlit.filters import job_filters, viewers_zone
from dtscheduler.ui.streamlit.links import link
from dtscheduler.ui.streamlit.notices import show_notices
from dtscheduler.ui.streamlit.studio.job_panel import job_panel
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.jobs import A_PAGE, JobFilters, JobRow, any_jobs, count_found, job_view, jobs_page

SELECTED, PAGE = "job", "jobs_page"  # parameters of the address


def show() -> None:
    """Show the page."""
    st.title("Jobs")
    show_notices()
    filters = job_filters()
    found = count_found(workspace(), filters)
    if found:
        _list(filters, found)
    elif filters.asks and any_jobs(workspace()):
        st.info("No job matches these filters.", icon=":material/filter_alt_off:")
    else:
        _nothing_saved()
    if selected := st.query_params.get(SELECTED):
        _selected(selected)


def _list(filters: JobFilters, found: int) -> None:
    listed = st.container()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        caption = st.empty()
        number = _number(max(1, -(-found // A_PAGE)))
    page, zone = jobs_page(workspace(), filters, number, found), viewers_zone()
    caption.caption(f"{page.caption} · times on the clock of {literal(zone_key(zone))}", width="content")
    with listed:
        _table(page.rows)


def _number(pages: int) -> int:
    """Which page is looked at; nothing to choose from where there is one only."""
    if pages < 2:
        return 1
    if isinstance(now := st.session_state.get(PAGE), int) and now > pages:
        st.session_state[PAGE] = pages  # what was there is not asked for any more
    return st.pagination(pages, key=PAGE, bind="query-params")


def _table(rows: Sequence[JobRow]) -> None:
    columns = {
        "name": st.column_config.TextColumn("Job", pinned=True, width=165),
        "state": st.column_config.TextColumn("State", width=120),
        "last": st.column_config.TextColumn("Last run", width=105),
        "next_fire": time_column("Next fire", viewers_zone(), width=160),
        "schedule": st.column_config.TextColumn("Schedule", width=250),
        "tag": st.column_config.TextColumn("Tag", width=55),
        "labels": st.column_config.ListColumn("Labels", width=115),
        "owner": st.column_config.TextColumn("Owner", width=75),
        "group": st.column_config.TextColumn("Group", width=75),
        "version": st.column_config.NumberColumn("Version", width=70),
        "utc": utc_column("Next fire, UTC"),
    }
    if not any(row.state for row in rows):
        del columns["state"]
    shown = [_cells(row) for row in rows]
    uuids = tuple(row.uuid for row in rows)
    key = f"jobs {_digest(uuids)}"  # another list is another table: a selected row must not become another job
    names = [row.exact for row in rows]
    chosen = st.query_params.get(SELECTED)
    default = [names.index(chosen)] if chosen in names else []
    st.dataframe(
        in_colours(frame_of_rows(shown, columns), ("last",)),
        column_config=columns,
        column_order=[name for name in columns if name != "utc"],  # at hand in the table's menu of columns
        hide_index=True,
        placeholder="",
        height="content",
        key=key,
        on_select=lambda: _select(key, names),
        selection_mode="single-row",
        selection_default={"selection": {"rows": default, "columns": [], "cells": []}},
        alt="The saved jobs",
    )


def _cells(row: JobRow) -> dict[str, object]:
    return {
        "name": row.name,
        "state": row.state,
        "schedule": row.schedule,
        "next_fire": row.next_fire,
        "last": row.last,
        "tag": row.tag,
        "labels": list(row.labels),
        "owner": row.owner,
        "group": row.group,
        "version": row.version,
        "utc": row.next_fire,
    }


def _select(key: str, names: Sequence[str]) -> None:
    """Put the job of the selected row, as it was shown, into the address."""
    rows = [row for row in chosen_rows(st.session_state[key]) if 0 <= row < len(names)]
    if rows:
        st.query_params[SELECTED] = names[rows[0]]
    else:
        st.query_params.pop(SELECTED, None)


def _selected(name: str) -> None:
    try:
        view = job_view(workspace(), name)
    except NotFoundError:
        st.warning(literal(f"There is no job {name!r} here, or you may not read it."), icon=":material/search_off:")
        return
    job_panel(view)


def _nothing_saved() -> None:
    with st.container(border=True):
        st.subheader("No jobs are saved yet", anchor=False)
        st.text("A saved job has a name, versions and a schedule. Build one, or save a suite from the command line:")
        st.code("dtscheduler suite save MODULE:SUITE", language="bash")
        link("build", "Build a job", ":material/construction:")


def _digest(texts: Sequence[str]) -> str:
    return blake2b("\n".join(texts).encode(), digest_size=8).hexdigest()

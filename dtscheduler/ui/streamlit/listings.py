"""A table of runs, paged in the store: filters, reruns under what they repeat, and CSV of exactly what is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

import streamlit as st

from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.api.queries import When
from dtscheduler.api.when import as_instant
from dtscheduler.errors import InvalidJobError, SchedulerError
from dtscheduler.model.status import RunStatus
from dtscheduler.ui.streamlit import figures, marks
from dtscheduler.ui.streamlit.downloads import file_button, runs_csv
from dtscheduler.ui.streamlit.filters import viewers_zone
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.run_listing import Instants, RunListing, pages_of, said_of
from dtscheduler.ui.views.runs import Filters, RunRow, nests

FILE = "runs.csv"


def runs_table(
    label: str | None = None,
    job: str | None = None,
    tag: str | None = None,
    status: str | Iterable[str] | None = None,
    owner: str | None = None,
    since: When = None,
    until: When = None,
    key: str | None = None,
) -> Run | None:
    """Show runs of the workspace, newest first, a page at a time, with a button that downloads all of them as CSV.

    Reruns stand under the run they repeat, unless only runs of some statuses or times are asked for.

    Args:
        label: Only runs with this label.
        job: Only runs of the job of this name.
        tag: Only runs with this tag.
        status: Only runs in this status, or in one of these.
        owner: Only runs of jobs of this user.
        since: Only runs submitted at or after this: a date, an instant, or ``'7d'`` for seven days ago.
        until: Only runs submitted before this.
        key: Tells several of these tables on one page apart.

    Returns:
        The run whose row is selected; None where none is.
    """
    now = workspace().clock.now()
    asked = Filters(job=job, label=label, tag=tag, owner=owner, statuses=_statuses(status))
    instants = as_instant(since, "since", now), as_instant(until, "until", now)
    return table(asked, name=f"runs {key or ''}", instants=instants)


def table(
    asked: Filters,
    *,
    name: str,
    instants: Instants = (None, None),
    empty: str = "No runs yet. A DAG makes one with dag.run(); a saved job, when its schedule fires.",
    page_key: str | None = None,
) -> Run | None:
    """The table of the runs that are asked for; the run whose row is selected.

    Args:
        asked: which runs.
        name: unique to the table on its page.
        instants: further bounds of when they were submitted.
        empty: what is said where there is no run.
        page_key: the parameter of the address that keeps the page; None for none.
    """
    try:
        return _table(asked, name, instants, empty, page_key)
    except InvalidJobError:
        raise
    except SchedulerError as error:
        st.error(literal(str(error)), icon=":material/database_off:")
        return None


def _table(
    asked: Filters,
    name: str,
    instants: Instants,
    empty: str,
    page_key: str | None,
) -> Run | None:
    place, zone = workspace(), viewers_zone()
    listing = _listing(asked, instants, name, page_key)
    query, total = listing.query(zone), listing.total(place, zone)
    if not total:
        st.info(empty, icon=":material/inbox:")
        return None
    said = said_of(total, nesting=nests(query))
    body = st.container()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        number = _page(total, name, page_key)
        st.caption(said, width="content")
        file_button("CSV", FILE, runs_csv(place, query), f"{name} csv", help=f"All of this list: {said}")
    page = listing.turned(number).page(place, zone, total)
    with body:
        chosen = _rows(page.rows, zone, name)
    return Run(chosen, place) if chosen is not None else None


def _listing(asked: Filters, instants: Instants, name: str, page_key: str | None) -> RunListing:
    """The list at the page that was turned to; other filters start at the first one."""
    slot, key = f"{name} newest", page_key or f"{name} page"
    before: RunListing = st.session_state.get(slot, RunListing(asked=asked))
    if before.asked != asked:
        st.session_state[key] = 1
    number = st.session_state.get(key)
    listing = before.asking(asked, instants).turned(number if isinstance(number, int) else 1).as_of(workspace())
    st.session_state[slot] = listing
    return listing


def _page(total: int, name: str, page_key: str | None) -> int:
    pages = pages_of(total)
    if pages < 2:
        return 1
    key = page_key or f"{name} page"
    if isinstance(st.session_state.get(key), int) and st.session_state[key] > pages:
        st.session_state[key] = pages  # what was there has been removed
    return st.pagination(pages, key=key, bind="query-params" if page_key else None)


def _rows(listed: Sequence[RunRow], zone: tzinfo, name: str) -> int | None:
    """Draw the rows; the number of the run that is selected."""
    numbers = [row.run for row in listed]
    columns = _columns(zone)
    event: Any = st.dataframe(
        marks.in_colours(figures.frame_of_rows(map(_cells, listed), columns), "Status"),
        hide_index=True,
        key=f"{name} {hash(tuple(numbers))}",  # a selection is that of a row: it must not outlive the rows
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],  # a click anywhere on a row selects it
        column_config=columns,
        placeholder="",
        height="content",
        alt="Runs, newest first",
    )
    selected = figures.chosen_rows(event) or [cell[0] for cell in event.selection.cells]
    return numbers[selected[0]] if selected and selected[0] < len(numbers) else None


def _cells(row: RunRow) -> dict[str, Any]:
    return {
        "Run": row.number,
        "Job": row.job,
        "Status": row.sign,
        "Rundate": row.rundate.isoformat(),
        "Submitted": row.submitted,
        "Took": row.took,
        "Made by": row.made_by,
        "Tag": row.tag,
        "Labels": ", ".join(row.labels),
        "Owner": row.owner,
        "Reason": row.reason,
    }


def _columns(zone: tzinfo) -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        "Run": text(width=75, pinned=True),
        "Job": text(width=180),
        "Status": text(width=120),
        "Rundate": text(width=95),
        "Submitted": figures.time_column(f"Submitted ({figures.zone_key(zone)})", zone, width=190),
        "Took": text(width=105, alignment="right"),
        "Reason": text(width=260),
        "Made by": text(width=160),
        "Tag": text(width=60),
        "Labels": text(width=120),
        "Owner": text(width=100),
    }


def _statuses(status: str | Iterable[str] | None) -> tuple[RunStatus, ...]:
    wanted = () if status is None else (status,) if isinstance(status, str) else tuple(status)
    try:
        return tuple(RunStatus(one) for one in wanted)
    except ValueError:
        raise InvalidJobError(f"status {status!r} is not one of {', '.join(RunStatus)}") from None

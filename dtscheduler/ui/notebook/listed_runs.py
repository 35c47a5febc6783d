"""Runs as a cell lists them: a table on the page, and the same as text or as a DataFrame."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from dtscheduler.model.tables import html_table, text_table
from dtscheduler.model.text import shortened
from dtscheduler.reports.page.wording import counted
from dtscheduler.ui.views.moments import zone_named
from dtscheduler.ui.views.runs import RunRow, rows

if TYPE_CHECKING:
    import pandas as pd

    from dtscheduler.model.run import RunQuery
    from dtscheduler.workspace import Workspace

WIDEST_REASON = 80
_HEADER = ("run", "job", "status", "rundate", "submitted", "took", "made by", "reason")


class ListedRuns:
    """Some runs as they were when they were asked for, newest first; ``frame()`` has them as a DataFrame.

    Args:
        listed: A row each.
        total: How many there are, of which these are the newest.
        query: What was asked for.
        place: The workspace.
    """

    def __init__(self, listed: Sequence[RunRow], total: int, query: RunQuery, place: Workspace) -> None:
        self._rows, self._total, self._query, self._place = tuple(listed), total, query, place

    def frame(self) -> pd.DataFrame:
        """These runs with all that is known of them now; the columns are those of ``runs_report``."""
        from dtscheduler.reports.frames import runs_frame

        return runs_frame(self._place, self._query)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        if not self._rows:
            return self._said()
        return f"{self._said()}\n{text_table(_HEADER, [_cells(row, WIDEST_REASON) for row in self._rows])}"

    def _repr_html_(self) -> str:
        if not self._rows:
            return html_table([self._said()], (), ())
        return html_table([self._said()], _HEADER, [_cells(row) for row in self._rows])

    def _said(self) -> str:
        if self._rows:
            shown = f"{len(self._rows):,} of " if len(self._rows) < self._total else ""
            return f"{shown}{counted(self._total, 'run')}, newest first"
        if self._query.job_name:
            return f"No run of a job {self._query.job_name!r} is like that."
        return "No run is like that. A DAG makes one with dag.run(); a saved job, when its schedule fires."


def list_runs(place: Workspace, query: RunQuery) -> ListedRuns:
    """The newest runs that a query asks for, at most as many as its limit; counted by the store."""
    query = replace(query, newest=place.newest_run())
    found = place.runs(query)
    listed = rows([(0, run) for run in found], viewers_zone(), place.clock.now())
    return ListedRuns(listed, place.count_runs(replace(query, limit=None)), query, place)


def viewers_zone() -> tzinfo:
    """The zone of this machine's clock; where it has no name that is known, the hours it is ahead of UTC now."""
    name = os.environ.get("TZ", "").lstrip(":") or os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    found, now = zone_named(name), datetime.now().astimezone()
    return found if now.astimezone(found).utcoffset() == now.utcoffset() else now.tzinfo or UTC


def _cells(row: RunRow, widest: int = 0) -> tuple[str, ...]:
    zone = viewers_zone()
    return (
        row.number,
        row.job,
        row.sign,
        row.rundate.isoformat(),
        f"{row.submitted.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        row.took,
        row.made_by,
        shortened(row.reason, widest) if widest else row.reason,
    )

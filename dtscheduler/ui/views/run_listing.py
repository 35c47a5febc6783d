"""A list of runs that is looked at a page at a time: which page, of which runs, and as of when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from dtscheduler.model.run import JobQuery, RunQuery
from dtscheduler.reports.page.wording import counted
from dtscheduler.ui.views.runs import Filters, RunRow, nested, nests, rows

if TYPE_CHECKING:
    from dtscheduler.workspace import Workspace

A_PAGE = 25
MOST_JOBS = 200
RECENT_RUNS = 500

Instants = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """One page of a list of runs.

    Args:
        rows: The runs of the page, newest first, and under each of them its reruns where the list nests them.
        number: Of the page, from 1.
        pages: How many there are; at least 1.
        total: How many runs are on all pages together, without reruns that are nested.
        nesting: Whether reruns stand under the run they repeat.
    """

    rows: tuple[RunRow, ...]
    number: int
    pages: int
    total: int
    nesting: bool

    @property
    def said(self) -> str:
        """``1,203 runs, and their reruns``."""
        return said_of(self.total, nesting=self.nesting)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunListing:
    """Which runs are asked for, and which page of them is looked at.

    On the first page the newest runs are those there are; the other pages count from what was the newest then, so that
    runs that are added meanwhile move nothing from page to page.

    Args:
        asked: Which runs.
        instants: Further bounds of when they were submitted.
        number: Of the page, from 1.
        newest: Number of the newest run that counts; 0 before the first look.
    """

    asked: Filters = field(default_factory=Filters)
    instants: Instants = (None, None)
    number: int = 1
    newest: int = 0

    def asking(self, asked: Filters, instants: Instants = (None, None)) -> RunListing:
        """The list of what is asked for now; other filters start at the first page, bounds that move on do not."""
        if asked == self.asked:
            return replace(self, instants=instants)
        return RunListing(asked=asked, instants=instants)

    def turned(self, number: int) -> RunListing:
        """The same list at another page."""
        return replace(self, number=max(1, number))

    def as_of(self, place: Workspace) -> RunListing:
        """The same list with what is the newest run settled: asked of the store on the first page alone."""
        if self.newest and self.number > 1:
            return self
        return replace(self, newest=place.newest_run())

    def query(self, zone: tzinfo) -> RunQuery:
        """All runs of the list, reruns included; ``zone`` is that of the viewer."""
        query = self.asked.query(zone)
        since, until = self.instants
        return replace(query, since=since or query.since, until=until or query.until, newest=self.newest)

    def total(self, place: Workspace, zone: tzinfo) -> int:
        """How many runs are on all pages together, without reruns that are nested; counted by the store."""
        return place.count_runs(_on_pages(self.query(zone)))

    def page(self, place: Workspace, zone: tzinfo, total: int) -> RunPage:
        """Read the page from the store; the last one, where there are not so many any more.

        Args:
            place: The workspace.
            zone: That of the viewer.
            total: What ``total`` has counted.
        """
        query, pages = self.query(zone), pages_of(total)
        number, nesting = min(self.number, pages), nests(query)
        found = place.runs(replace(_on_pages(query), offset=(number - 1) * A_PAGE, limit=A_PAGE))
        reruns = place.reruns_of([run.id for run in found]) if nesting else {}
        listed = rows(nested(found, reruns), zone, place.clock.now())
        return RunPage(rows=tuple(listed), number=number, pages=pages, total=total, nesting=nesting)


def pages_of(total: int) -> int:
    """How many pages so many runs fill; at least 1."""
    return max(1, -(-total // A_PAGE))


def said_of(total: int, *, nesting: bool) -> str:
    """``1 run``, ``1,203 runs, and their reruns``."""
    return counted(total, "run") + (", and their reruns" if nesting else "")


def job_names(place: Workspace, text: str) -> Sequence[str]:
    """Names of jobs whose runs can be asked for: the saved ones, and those of recent runs; at most 200, in order.

    Args:
        place: The workspace.
        text: A part of the name, in capitals or not; empty for any.
    """
    saved = place.jobs(JobQuery(text=text, limit=MOST_JOBS))
    recent = place.runs(RunQuery(job_text=text, limit=RECENT_RUNS))
    found = {job.name for job in saved} | {run.job_name for run in recent}
    return sorted(found, key=lambda name: (name.casefold(), name))[:MOST_JOBS]


def _on_pages(query: RunQuery) -> RunQuery:
    return replace(query, reruns=not nests(query))

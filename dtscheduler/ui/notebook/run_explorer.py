"""All runs of a workspace as a widget: which of them, a page at a time, and the one that is chosen."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from html import escape
from typing import Any

import ipywidgets as widgets
import traitlets

from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.drawing.looks import look_of
from dtscheduler.errors import InvalidJobError, SchedulerError
from dtscheduler.model.shown import printable
from dtscheduler.model.status import RunStatus
from dtscheduler.reports.page.wording import name as shown_name
from dtscheduler.ui.graph_looks import LOOKS
from dtscheduler.ui.notebook.listed_runs import viewers_zone
from dtscheduler.ui.notebook.run_monitor import RunMonitor
from dtscheduler.ui.notebook.shown import Shown
from dtscheduler.ui.notebook.tables import Column, Table
from dtscheduler.ui.views.run_listing import RunListing, RunPage, job_names
from dtscheduler.ui.views.runs import Filters, RunRow

NO_RUNS = "No runs yet. A DAG makes one with dag.run(); a saved job, when its schedule fires."
NONE_FOUND = "No run is like that. Take a filter away to see more."
ANY = ""
_COLUMNS = (
    Column("run", "Run", align="right", width=64),
    Column("job", "Job", width=136),
    Column("status", "Status", width=120),
    Column("rundate", "Rundate", kind="date", width=96),
    Column("submitted", "Submitted", kind="datetime", width=160),
    Column("took", "Took", align="right", width=80),
    Column("made_by", "Made by", width=96),
    Column("reason", "Reason", width=168),
)
_NARROW = {"description_width": "initial"}


class RunExplorer(Shown, widgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Lists runs, newest first, with reruns under the run they repeat; the one that is chosen is shown below.

    Pages are turned in the store, and runs that are added meanwhile move nothing from page to page. The list stands
    still until it is looked at again; the run below goes on by itself.

    Args:
        job: Only runs of the job of this name, to begin with. Default: all.

    Observe ``value``: the run that is chosen, or None; set it to show another one.
    """

    value = traitlets.Any(None, allow_none=True)

    def __init__(self, job: str | None = None) -> None:
        super().__init__()
        # held while the list is drawn, and never while the monitor is called: that holds a lock of its own, then this one
        self._lock = threading.RLock()
        self._drawing = False
        self._monitor: RunMonitor | None = None
        self._below = widgets.VBox()
        if job is not None and not isinstance(job, str):
            raise InvalidJobError(f"RunExplorer: job is the name of a job, a str; not {type(job).__name__}")
        self._listing, self._page = RunListing(asked=Filters(job=job or None)), _NOTHING
        self._make_controls(job)
        self.children = self._arranged()
        self._look(jobs=True)
        for control in (self._jobs, self._status, self._since, self._until):
            control.observe(self._ask, "value")
        self._search.observe(self._seek, "value")
        self._number.observe(self._turn, "value")
        self._table.observe(self._choose, "selected")
        self._again.on_click(lambda button: self._look(jobs=True))
        self._newer.on_click(lambda button: self._step(-1))
        self._older.on_click(lambda button: self._step(1))

    def close(self) -> None:
        """Take it off the page, and look at no run any more."""
        self._end_monitor()
        for widget in _inside(self.children):
            widget.close()
        super().close()

    @traitlets.validate("value")
    def _is_run(self, proposal: Any) -> Run | None:
        if proposal.value is None or isinstance(proposal.value, Run):
            found: Run | None = proposal.value
            return found
        raise traitlets.TraitError(f"value is a run or None, not {type(proposal.value).__name__}")

    # -- what it is made of

    def _make_controls(self, job: str | None) -> None:
        words = [("Any status", ANY), *((look_of(status).word, status) for status in RunStatus)]
        self._search = widgets.Text(
            placeholder="Part of a job's name", continuous_update=False, layout={"width": "auto"}, tooltip="Search jobs"
        )
        jobs = [("All jobs", ANY), *([(shown_name(job), job)] if job else [])]
        self._jobs = widgets.Select(options=jobs, value=job or ANY, rows=10, layout={"width": "auto"}, tooltip="Jobs")
        self._status = widgets.Dropdown(options=words, value=ANY, layout={"width": "140px"}, tooltip="Status")
        self._since = widgets.DatePicker(description="Since", style=_NARROW, layout={"width": "180px"})
        self._until = widgets.DatePicker(description="Until", style=_NARROW, layout={"width": "180px"})
        self._again = widgets.Button(description="Look again", icon="refresh", layout={"width": "auto"})
        self._trouble = widgets.HTML()
        self._table = Table(
            _COLUMNS,
            label="Runs, newest first",
            selectable=True,
            look_column="status",
            empty=NO_RUNS,
            height=360,
            layout={"min_width": f"{sum(column.width or 0 for column in _COLUMNS)}px"},
        )
        self._newer = widgets.Button(description="Newer", icon="angle-left", layout={"width": "auto"})
        self._older = widgets.Button(description="Older", icon="angle-right", layout={"width": "auto"})
        self._number = widgets.BoundedIntText(value=1, min=1, max=1, layout={"width": "88px"}, tooltip="Page")
        self._said = widgets.HTML()

    def _arranged(self) -> list[Any]:
        filters = [self._status, self._since, self._until, self._again]
        pager = [self._newer, self._number, self._older, self._said]
        jobs = widgets.VBox([self._search, self._jobs], layout={"flex": "0 0 184px"})
        table = widgets.VBox(
            [_row(filters), self._trouble, widgets.Box([self._table], layout={"overflow": "auto hidden"}), _row(pager)],
            layout={"flex": "1 1 400px", "min_width": "0"},
        )
        return [widgets.HBox([jobs, table], layout={"flex_flow": "row wrap", "grid_gap": "8px"}), self._below]

    # -- the list

    def _filters(self) -> Filters:
        job = self._jobs.value or None
        return Filters(
            text="" if job else self._search.value.strip(),
            job=job,
            statuses=(self._status.value,) if self._status.value else (),
            since=self._since.value,
            until=self._until.value,
        )

    def _ask(self, change: object = None) -> None:
        with self._lock:
            if not self._drawing:
                self._listing = self._listing.asking(self._filters())
                self._look()

    def _seek(self, change: object) -> None:
        """Narrow the jobs to those that are searched for, and the runs to those of these jobs."""
        with self._lock:
            self._look_for_jobs()
            self._ask()

    def _turn(self, change: Any) -> None:
        with self._lock:
            if not self._drawing:
                self._listing = self._listing.turned(change.new)
                self._look()

    def _step(self, pages: int) -> None:
        with self._lock:
            self._listing = self._listing.turned(min(self._page.number + pages, self._page.pages))
            self._look()

    def _look(self, *, jobs: bool = False) -> None:
        """Read the page from the store and show it; what is wrong is said, and what was there stays."""
        with self._lock:
            if jobs:
                self._look_for_jobs()
                self._listing = self._listing.asking(self._filters())
            try:
                place, zone = workspace(), viewers_zone()
                listing = self._listing.as_of(place)
                page = listing.page(place, zone, listing.total(place, zone))
            except SchedulerError as error:
                self._say(str(error))
                return
            except OverflowError:
                self._say("These days are outside of what a calendar holds.")
                return
            self._listing, self._page = listing.turned(page.number), page
            self._draw()

    def _look_for_jobs(self) -> None:
        try:
            found = list(job_names(workspace(), self._search.value.strip()))
        except SchedulerError as error:
            self._say(str(error))
            return
        chosen = self._jobs.value
        if chosen and chosen not in found and not self._search.value.strip():
            found.insert(0, chosen)  # it has no runs yet
        with self._drawn():
            self._jobs.options = [("All jobs", ANY), *((shown_name(job), job) for job in found)]
            self._jobs.value = chosen if chosen in found else ANY

    def _draw(self) -> None:
        page = self._page
        with self._drawn(), self._table.hold_sync():
            self._say("")
            self._table.empty = NO_RUNS if self._listing.asked == Filters() else NONE_FOUND
            zone = viewers_zone()
            self._table.show([_cells(row, zone) for row in page.rows], [_look_of(row) for row in page.rows])
            self._mark()
            self._number.max = page.pages
            self._number.value = page.number
            self._newer.disabled, self._older.disabled = page.number == 1, page.number == page.pages
            self._said.value = _html(f"of {page.pages:,} · {page.said}")

    @contextmanager
    def _drawn(self) -> Iterator[None]:
        """While it lasts, what is written into controls is not taken for something the user did."""
        before, self._drawing = self._drawing, True
        try:
            yield
        finally:
            self._drawing = before

    def _say(self, text: str) -> None:
        """Say what is wrong; an empty text is nothing."""
        self._trouble.value = _html(printable(text), alarm=True) if text else ""

    # -- the run

    def _choose(self, change: Any) -> None:
        with self._lock:
            row = change.new
            if self._drawing or row is None or row >= len(self._page.rows):
                return
            number = self._page.rows[row].run
        try:
            found = Run(workspace().run(number).id, workspace())
        except SchedulerError as error:
            self._say(str(error))
            return
        if self.value is None or self.value.id != number:
            self.value = found

    @traitlets.observe("value")
    def _show(self, change: Any) -> None:
        """Show the run that is chosen below, and mark its row if that is on the page."""
        run = change.new
        try:
            self._show_below(run)
        except SchedulerError as error:
            self._end_monitor()
            self._say(str(error))
        with self._lock, self._drawn():
            self._mark()

    def _show_below(self, run: Run | None) -> None:
        if run is None:
            self._end_monitor()
            return
        with self._lock:
            monitor = self._monitor
            if monitor is None:
                self._monitor = RunMonitor(run)
                self._monitor.observe(self._rerun, "run")
                self._monitor.observe(self._moved, "value")
                self._below.children = (self._monitor,)
        if monitor is not None and monitor.run is not run:
            monitor.show(run)

    def _end_monitor(self) -> None:
        with self._lock:
            monitor, self._monitor = self._monitor, None
            self._below.children = ()
        if monitor is not None:
            monitor.unobserve_all()
            monitor.close()

    def _rerun(self, change: Any) -> None:
        """The run below was run again: that run is the chosen one then, and stands in the list."""
        if self.value is None or change.new is not self.value:
            self.value = change.new
            self._look()

    def _moved(self, change: Any) -> None:
        """The run below has another status: so has its row."""
        with self._lock:
            shown = next((row for row in self._page.rows if self.value and row.run == self.value.id), None)
            if shown is not None and shown.status.value != change.new:
                self._look()

    def _mark(self) -> None:
        numbers = [row.run for row in self._page.rows]
        chosen = self.value.id if self.value is not None else None
        self._table.selected = numbers.index(chosen) if chosen in numbers else None

    def _text(self) -> str:
        page = self._page
        return f"{page.said}, page {page.number:,} of {page.pages:,}\n{self._table!r}"


_NOTHING = RunPage(rows=(), number=1, pages=1, total=0, nesting=True)


def _cells(row: RunRow, zone: tzinfo) -> list[str]:
    status = look_of(row.status).word if _look_of(row) else row.sign
    submitted = f"{row.submitted.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return [row.number, row.job, status, row.rundate.isoformat(), submitted, row.took, row.made_by, row.reason]


def _look_of(row: RunRow) -> str:
    return row.status.value if row.status.value in LOOKS else ""


def _row(children: Iterable[Any]) -> Any:
    return widgets.HBox(
        list(children), layout={"flex_flow": "row wrap", "align_items": "center", "grid_gap": "4px 8px"}
    )


def _html(text: str, *, alarm: bool = False) -> str:
    colour = "var(--jp-error-color1, #b3261e)" if alarm else "var(--jp-ui-font-color2, #565d6b)"
    return f'<span class="tex2jax_ignore" style="color: {colour}; overflow-wrap: anywhere">{escape(text)}</span>'


def _inside(children: Iterable[Any]) -> Iterable[Any]:
    for child in children:
        yield from _inside(getattr(child, "children", ()))
        yield child

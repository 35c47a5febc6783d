"""What becomes of a job that is composed: its plan, what saving it changes, and runs of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import ipywidgets as widgets

from dtscheduler.errors import SchedulerError
from dtscheduler.ui.notebook.dag_builder_parts import Message, button, column, row, shown_if
from dtscheduler.ui.notebook.shown import close_within
from dtscheduler.ui.views.dag_building import DagBuilderModel

if TYPE_CHECKING:
    from dtscheduler.api.handle import Run
    from dtscheduler.ui.notebook.run_monitor import RunMonitor

LEAST_SECONDS = 2.0


class Finish(widgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Buttons that plan, save and run the DAG of a model; saving says first what it changes.

    Args:
        model: What is composed.
        started: Called with each run.
    """

    def __init__(self, model: DagBuilderModel, started: Callable[[Run], None]) -> None:
        self._model, self._started = model, started
        self._lock = threading.RLock()
        self._token, self._pressed = uuid4().hex, -LEAST_SECONDS
        self.monitor: RunMonitor | None = None
        self.plan = button("Plan", self._plan, icon="list", tooltip="What a run would do now; nothing is started")
        self.save = button("Save", self._ask, icon="save", tooltip="Says first what it changes")
        self.run = button("Run", self._run, icon="play", button_style="primary")
        self.said = Message()
        self.said_of_changes = Message()
        self.confirm = button("Save it", self._save, button_style="primary")
        self.cancel = button("Do not save", self._forget)
        self._of_plan = widgets.VBox([])
        self._of_changes = column([self.said_of_changes, row([self.confirm, self.cancel])])
        self._of_run = widgets.VBox([])
        buttons = row([self.plan, self.save, self.run])
        super().__init__([buttons, self.said, self._of_changes, self._of_plan, self._of_run])
        self.layout.width, self.layout.grid_gap = "auto", "8px"
        self._forget()

    def refresh(self) -> None:
        """Show what may be done now; what was said of the job as it was before is taken away."""
        self._pressed = -LEAST_SECONDS  # another job is another run
        for each in (self.plan, self.save, self.run):
            each.disabled = self._model.dag is None
        self.said.say()
        self._forget()

    def _forget(self) -> None:
        shown_if(self._of_changes, False)
        shown_if(self._of_plan, False)

    @contextmanager
    def _working(self, *buttons: widgets.Button) -> Iterator[None]:
        """Let no button be pressed while it is worked on, and say what the core refuses."""
        for each in buttons:
            each.disabled = True
        try:
            self.said.say()
            yield
        except SchedulerError as error:
            self.said.say(str(error))
        finally:
            for each in buttons:
                each.disabled = self._model.dag is None

    def _plan(self) -> None:
        from dtscheduler.ui.notebook.plan_table import plan_box

        with self._working(self.plan):
            box = plan_box(self._model.right().plan())
            self._forget()
            close_within(self._of_plan.children)
            self._of_plan.children = (box,)
            shown_if(self._of_plan, True)

    def _ask(self) -> None:
        from dtscheduler.api.place import workspace

        with self._working(self.save):
            found = self._model.changes(workspace())
            self.said_of_changes.say(found.sentence, *(f"• {each}" for each in found.differences), tone="plain")
            self._forget()
            shown_if(self._of_changes, True)

    def _save(self) -> None:
        with self._lock, self._working(self.confirm):
            job = self._model.right().save()
            self._forget()
            times = job.schedule.describe()
            self.said.say(f"Saved {job.name} as version {job.version}: {times}", tone="good")

    def _run(self) -> None:
        from dtscheduler.ui.notebook.starting import submit_from_notebook

        with self._lock, self._working(self.run):
            if time.monotonic() - self._pressed >= LEAST_SECONDS:  # else it is the second half of a double click
                self._token = uuid4().hex
            try:
                run = submit_from_notebook(self._model.right(), self._token)
            finally:
                self._pressed = time.monotonic()
            self._follow(run)
            self._started(run)

    def _follow(self, run: Run) -> None:
        from dtscheduler.ui.notebook.run_monitor import RunMonitor

        if self.monitor is None:
            self.monitor = RunMonitor(run)
            self._of_run.children = (self.monitor,)
        elif self.monitor.run.id != run.id:
            self.monitor.show(run)

"""A run as it goes on, as a widget: its progress, its graph, its failures, its logs; and doing it again."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from dtscheduler.api.handle import Run
from dtscheduler.errors import SchedulerError
from dtscheduler.ui.graph_looks import wired_looks
from dtscheduler.ui.notebook.assets import joined
from dtscheduler.ui.notebook.polling import Poller
from dtscheduler.ui.notebook.shown import Shown
from dtscheduler.ui.notebook.starting import rerun_from_notebook, still_served
from dtscheduler.ui.views.monitor import MonitorModel, grown_by

HEIGHT = 420


class RunMonitor(Shown, anywidget.AnyWidget):
    """Shows how a run goes on: status, progress, about how long it still takes, its graph, and what failed.

    A click on a node shows the log, the result and the inputs of that task run. A run that has ended can be run again
    from here; then the new run is shown.

    Args:
        run: The run.
        height: Of the graph, in pixels.
        unfold: Names of tasks whose parts are drawn one by one at first.

    Raises:
        NotFoundError: The run is not there, or not the user's to see.

    Observe ``value``, the status of the run as a str; ``selected``, the task or part that is chosen, or None; and
    ``run``, which changes when it is run again.
    """

    _esm = joined("dagview.js", "dag_widget.js", "run_monitor_widget.js")
    _css = joined("dagview.css", "jupyter.css", "run_monitor.css")

    run = traitlets.Any()
    value = traitlets.Unicode("")
    selected = traitlets.Any(None, allow_none=True)
    height = traitlets.Int(HEIGHT).tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    looks = traitlets.Any().tag(sync=True)
    graph = traitlets.Any(None, allow_none=True).tag(sync=True)
    states = traitlets.Any(None, allow_none=True).tag(sync=True)
    chosen = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    head = traitlets.Any(None, allow_none=True).tag(sync=True)
    trouble = traitlets.Unicode("").tag(sync=True)
    failures = traitlets.Any().tag(sync=True)
    panel = traitlets.Any(None, allow_none=True).tag(sync=True)
    again = traitlets.Any(None, allow_none=True).tag(sync=True)

    def __init__(self, run: Run, height: int = HEIGHT, unfold: Sequence[str] = ()) -> None:
        self._lock = threading.RLock()
        self._poller = Poller(self, RunMonitor._look)  # first: what is closed half made is closed by it
        self._model = MonitorModel(run, unfold)
        self._token = uuid4().hex
        super().__init__(run=run, height=height, looks=wired_looks(), failures=[], _view_count=0)
        self.on_msg(RunMonitor._heard)
        self._drawn()

    def show(self, run: Run, unfold: Sequence[str] = ()) -> None:
        """Show another run from now on. Raises ``NotFoundError`` where it is not there."""
        with self._lock:
            self._model = MonitorModel(run, unfold)
            self.run = run
            self._drawn()

    @property
    def over(self) -> bool:
        """Whether there is no more to come: the run has ended, or is not there any more."""
        return not self._model.goes_on

    def close(self) -> None:
        """Take it off the page, and look at the run no more."""
        self._poller.end()
        super().close()

    def _drawn(self) -> None:
        graph = self._model.graph
        with self.hold_sync():
            self.label = graph.label
            self.graph = graph.document
            self.states = graph.states
            self._tell()
        self._poller.follow(self._model.goes_on)

    @traitlets.observe("_view_count")
    def _seen(self, change: Any) -> None:
        """Look no more when the last view of it has gone from the page; again when it is shown again."""
        if change.new or change.old:
            self._poller.follow(bool(change.new) and self._model.goes_on)

    def _tell(self) -> None:
        """Say all but the graph; what is equal is not sent."""
        model = self._model
        with self.hold_sync():
            self.chosen = model.graph.chosen
            self.head, self.trouble, self.failures = model.head, model.trouble, model.failures
            self.again = model.again
            self._tell_panel(model.panel)
        self.selected = model.graph.selection
        self.value = model.status.value

    def _tell_panel(self, panel: dict[str, Any] | None) -> None:
        """Send what is shown of a task run; of a log that has grown only what is new."""
        before = self.panel
        grown = grown_by(before, panel)
        if before is not None and panel is not None and grown:
            before.update(panel)
            self.send({"grown": grown, "note": panel["note"]})
        else:
            self.panel = panel

    def _look(self) -> bool:
        with self._lock:
            model = self._model
            redrawn, changed = model.look()
            if redrawn:
                self._drawn()
            elif changed:
                self.send({"states": changed})
            if model.waits and (wrong := still_served(model.run)):
                model.trouble = wrong
            self._tell()
            return model.goes_on

    def _heard(self, content: Mapping[str, Any], buffers: object) -> None:
        with self._lock:
            try:
                self._act(content)
            except SchedulerError as error:
                self._model.trouble = str(error)
            self._tell()

    def _act(self, content: Mapping[str, Any]) -> None:
        """Do what was clicked; what a page says is checked by what it is given to."""
        model, do = self._model, content.get("do")
        if do == "select":
            model.choose(content.get("node"))
        elif do == "unfold":
            if model.graph.unfold(content.get("names")):
                self._drawn()
        elif do == "show":
            model.show_place(content.get("place"), content.get("view"), content.get("attempt"))
        elif do == "again":
            model.open_again(content.get("scope"), content.get("version"))
        elif do == "cancel":
            model.close_again()
        elif do == "submit":
            self._submit_again()
        elif do == "stop":
            model.run.stop()

    def _submit_again(self) -> None:
        """Submit the rerun that is shown: once, however often that is clicked; the next one has a token of its own."""
        found = self._model.submit_again(lambda plan: rerun_from_notebook(plan, self._token))
        if found is not None:
            self._token = uuid4().hex
            self.show(found)

    def _text(self) -> str:
        return self._model.text

    def _svg(self) -> str | None:
        try:
            return self._model.graph.svg()
        except SchedulerError:
            return None

"""The graph of a job, a run or a plan as a widget."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, Literal

import anywidget
import traitlets

from dtscheduler.api.dag import DAG
from dtscheduler.api.handle import Run
from dtscheduler.api.plan import Plan
from dtscheduler.errors import SchedulerError
from dtscheduler.ui.notebook.assets import joined
from dtscheduler.ui.notebook.polling import Poller
from dtscheduler.ui.notebook.shown import Shown
from dtscheduler.ui.views.graph import GraphModel

HEIGHT = 420


class DagView(Shown, anywidget.AnyWidget):
    """Shows the graph of a job, of a run with the states of its parts, or of a plan with what would become of them.

    The user pans, zooms, searches, unfolds fan-outs and chooses a node. A run that goes on is followed to its end.

    Args:
        dag_or_run: What to draw; None for nothing yet, see ``show``.
        height: In pixels.
        unfold: Names of tasks whose parts are drawn one by one at first; ``"all"`` for all.

    Raises:
        InvalidJobError: There is no task, or ``unfold`` names one that is not there.
        NotFoundError: The run is not there, or not the user's to see.

    Observe ``value``: the task or part that is chosen, a str with ``task``, ``part`` and ``size``; None if there is none.
    """

    _esm = joined("dagview.js", "dag_widget.js", "dag_view_widget.js")
    _css = joined("dagview.css", "jupyter.css")

    value = traitlets.Any(None, allow_none=True)
    graph = traitlets.Any(None, allow_none=True).tag(sync=True)
    states = traitlets.Any(None, allow_none=True).tag(sync=True)
    chosen = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    height = traitlets.Int(HEIGHT).tag(sync=True)

    def __init__(
        self,
        dag_or_run: DAG | Run | Plan | None = None,
        height: int = HEIGHT,
        unfold: Collection[str] | Literal["all"] = (),
    ) -> None:
        self._lock = threading.RLock()
        self._model = GraphModel("DagView")
        self._poller = Poller(self, DagView._look)
        if dag_or_run is not None:
            self._model.show(dag_or_run, unfold)
        super().__init__(height=height, _view_count=0)
        self.on_msg(DagView._heard)
        if dag_or_run is not None:
            self._drawn()

    def show(self, dag_or_run: DAG | Run | Plan | None, unfold: Collection[str] | Literal["all"] | None = None) -> None:
        """Draw another job, run or plan, or nothing; of the same tasks stays unfolded, and chosen, what was."""
        with self._lock:
            self._model.show(dag_or_run, unfold)
            self._drawn()

    def select(self, task: str | None) -> None:
        """Choose the node of a task, as a click does; None for none."""
        with self._lock:
            self._model.choose_task(task)
            self._chosen()

    def close(self) -> None:
        """Take it off the page, and look for changes no more."""
        self._poller.end()
        super().close()

    def _drawn(self) -> None:
        model = self._model
        with self.hold_sync():
            self.label = model.label
            self.graph = model.document
            self.states = model.states
            self._chosen()
        self._poller.follow(model.goes_on)

    @traitlets.observe("_view_count")
    def _seen(self, change: Any) -> None:
        """Look no more when the last view of it has gone from the page; again when it is shown again."""
        if change.new or change.old:
            self._poller.follow(bool(change.new) and self._model.goes_on)

    def _chosen(self) -> None:
        self.chosen = self._model.chosen
        self.value = self._model.selection

    def _look(self) -> bool:
        with self._lock:
            try:
                redrawn, changed = self._model.look()
            except SchedulerError:  # the store is away, or the run is not there any more: what was seen stays
                return not self._model.gone
            if redrawn:
                self._drawn()
            elif changed:
                self.send({"states": changed})
            return self._model.goes_on

    def _heard(self, content: Mapping[str, Any], buffers: object) -> None:
        with self._lock:
            if content.get("do") == "select":
                self._model.choose(content.get("node"))
                self._chosen()
            elif content.get("do") == "unfold":
                with suppress(SchedulerError):  # of a run that is not there any more the graph stays as it is
                    if self._model.unfold(content.get("names")):
                        self._drawn()

    def _text(self) -> str:
        return self._model.text

    def _svg(self) -> str | None:
        try:
            return self._model.svg()
        except SchedulerError:
            return None

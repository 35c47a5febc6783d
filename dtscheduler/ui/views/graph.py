"""A graph on a screen that stays: what is drawn, what is unfolded and chosen in it, and what has changed since a look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.errors import NotFoundError
from dtscheduler.model.shown import printable
from dtscheduler.reports.page.wording import counted
from dtscheduler.ui.drawn import (
    Drawn,
    Names,
    Selection,
    drawn_of,
    has_more,
    laid_out,
    names_given,
    node_named,
    selection_of,
    states_now,
    unfolded_at_first,
)
from dtscheduler.ui.graph import Graph, Unfolded


class GraphModel:
    """What a graph shows, and what is done to it.

    Args:
        who: Who draws, for messages.
    """

    def __init__(self, who: str) -> None:
        self._who = who
        self._drawn: Drawn | None = None
        self._graph: Graph | None = None
        self._unfolded: Names = ()
        self._node: str | None = None
        self.states: dict[str, Any] | None = None
        self.gone = False

    def show(self, given: object, unfold: Unfolded | None = None) -> None:
        """Draw a DAG, a run or a plan from now on, None for nothing; see ``drawn_of`` for errors.

        Args:
            given: What to draw.
            unfold: What is unfolded; None: what is now, as far as it is there.
        """
        if given is None:
            self._drawn = self._graph = self.states = self._node = None
            return
        drawn = drawn_of(given, given.workspace if isinstance(given, Run) else workspace(), self._who)
        unfolded = self._unfolded if unfold is None else unfolded_at_first(drawn, unfold)
        before = self.selection
        graph = laid_out(drawn, unfolded)
        self._drawn, self._graph, self._unfolded, self.gone = drawn, graph, unfolded, False
        self.states = states_now(drawn, graph)
        self._node = None
        if before is not None:
            self._find(before.task, before.part)

    @property
    def document(self) -> dict[str, Any] | None:
        """What is drawn, as JSON has it."""
        return self._graph.document if self._graph else None

    @property
    def label(self) -> str:
        """What a screen reader calls it."""
        return self._drawn.label if self._drawn else "Tasks and what they wait for"

    @property
    def chosen(self) -> str | None:
        """The node that is chosen, by its id."""
        return self._node

    @property
    def selection(self) -> Selection | None:
        """The task or the part that is chosen."""
        if self._graph is None or self._node is None:
            return None
        return selection_of(self._graph, self._graph.nodes.get(self._node))

    @property
    def goes_on(self) -> bool:
        """Whether it is a run that has not ended, so that there is more to come."""
        drawn = self._drawn
        return drawn is not None and drawn.run is not None and not drawn.run.status.final and not self.gone

    def look(self) -> tuple[bool, dict[str, Any] | None]:
        """Look at the run again: whether it is drawn anew, and else how those nodes look that have changed.

        Raises:
            SchedulerError: The store is away, or the run is not there any more: then it is ``gone``.
        """
        drawn, graph = self._drawn, self._graph
        if drawn is None or graph is None or drawn.run is None:
            return False, None
        try:
            run = drawn.place.run(drawn.run.id)
        except NotFoundError:
            self.gone = True
            raise
        self._drawn = drawn = replace(drawn, run=run, given=drawn.spec)
        if run.status.final and has_more(graph):  # only now it is known which parts tell most
            before = graph.digest
            self._graph = graph = laid_out(drawn, self._unfolded)
            if graph.digest != before:
                self.states = states_now(drawn, graph)
                return True, None
        return False, self._recoloured(states_now(drawn, graph))

    def _recoloured(self, now: dict[str, Any] | None) -> dict[str, Any] | None:
        """Take new states over, in the object that is there; what has changed, None if nothing has."""
        if now is None or self.states is None:
            self.states = now
            return now
        before = self.states
        nodes = {key: state for key, state in now["nodes"].items() if before["nodes"].get(key) != state}
        rest = {key: now[key] for key in ("counts", "said", "critical")}
        if not nodes and all(before.get(key) == value for key, value in rest.items()):
            return None
        before["nodes"].update(nodes)
        before.update(rest)
        return {"nodes": nodes, **rest}

    def choose(self, node: object) -> None:
        """Choose the node that a browser names as ``{"id", "label"}``; what is none chooses nothing."""
        found = node_named(self._graph, node) if self._graph else None
        self._node = found.id if found else None

    def choose_task(self, task: str | None) -> None:
        """Choose the node of a task; None for none."""
        self._node = None
        if task is not None:
            self._find(task, None)

    def unfold(self, names: object) -> bool:
        """Unfold what a browser names, fold the rest; whether it is drawn anew."""
        wanted = names_given(names)
        if self._drawn is None or wanted is None or wanted == self._unfolded:
            return False
        chosen = self.selection
        self._unfolded = wanted
        self._graph = laid_out(self._drawn, wanted)
        self.states = states_now(self._drawn, self._graph)
        self._node = None
        if chosen is not None:
            self._find(chosen.task, chosen.part)
        return True

    def _find(self, task: str, part: str | None) -> None:
        """Choose the node that stands for a part, or for its task."""
        if self._graph is None:
            return
        alike = None
        for key, node in self._graph.nodes.items():
            found = selection_of(self._graph, node)
            if found is None or found.task != task:
                continue
            if found.part == part:
                self._node = key
                return
            alike = alike or key
        self._node = alike

    @property
    def text(self) -> str:
        """It in a line, where there are no pictures."""
        if self._drawn is None or self._graph is None:
            return "no graph yet"
        tasks = counted(len(self._drawn.spec.tasks), "task")
        said = self.states["said"] if self.states else ""
        return f"{printable(self._drawn.job_name)}: {tasks}" + (f"; {said}" if said else "")

    def svg(self) -> str | None:
        """It as a picture that stands alone."""
        from dtscheduler.drawing.diagram import diagram_of
        from dtscheduler.drawing.svg import svg

        if self._drawn is None or self._graph is None:
            return None
        run = self._drawn.run
        task_runs = self._drawn.place.task_runs(run.id) if run and not self.gone else None
        diagram = diagram_of(self._drawn.spec, task_runs, unfolded=self._graph.unfolded)
        return svg(diagram, title=self._drawn.job_name)

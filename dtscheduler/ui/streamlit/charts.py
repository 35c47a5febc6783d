"""The graph of a job, a run or a plan in a Streamlit page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NoReturn

import streamlit as st

from dtscheduler.api.dag import DAG
from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.api.plan import Plan
from dtscheduler.drawing.diagram import Node, NodeKind
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import RunRecord
from dtscheduler.model.text import one_line
from dtscheduler.stores.specs import spec_hash, write_spec
from dtscheduler.ui.graph import Graph, Unfolded, graph_of, states, states_of_run
from dtscheduler.ui.graph_looks import FATES
from dtscheduler.ui.streamlit.remembered import kept

MOST_TOLD = 300
_LONGEST_REASON = 600
_ASSETS = Path(__file__).parent.parent / "assets"
_BINDING = """
const shown = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let one = shown.get(parentElement);
  if (!one) {
    const root = document.createElement("div");
    parentElement.append(root);
    one = { root, view: new DagView(root) };
    shown.set(parentElement, one);
  }
  const { root, view } = one;
  view.options = {
    label: data.label,
    onSelect: (node) => setStateValue("selected", node && { id: node.id, label: node.label }),
    onUnfold: (names) => setStateValue("unfolded", names),
  };
  root.style.height = `${data.height}px`;
  if (data.graph && one.digest !== data.digest) {
    view.draw(data.graph);
    if (one.digest === undefined) view.select(data.selected);
    one.digest = data.digest;
  }
  if (one.digest !== data.digest) setTriggerValue("missing", data.digest);
  else if (data.states) view.recolour(data.states);
  view.follow();
  return () => {
    view.destroy();
    root.remove();
    shown.delete(parentElement);
  };
}
"""

_COMPONENT = st.components.v2.component(
    "dtscheduler.dag_chart",
    css=(_ASSETS / "dagview.css").read_text(encoding="utf-8"),
    js=(_ASSETS / "dagview.js").read_text(encoding="utf-8") + _BINDING,
)


class Selection(str):
    """What the user has chosen in a graph: ``"load"``, or ``"price/JFK-2013-02"`` for one part of a fan-out.

    ``task`` is the name of the task, of several tasks drawn as one that of the first; ``part`` the name of the part,
    None where the node is not one part; ``size`` how many parts or tasks the node stands for.
    """

    task: str
    part: str | None
    size: int

    def __new__(cls, text: str, *, task: str, part: str | None = None, size: int = 1) -> Selection:
        """Name what is chosen, and say what it is."""
        self = super().__new__(cls, text)
        self.__dict__.update(task=task, part=part, size=size)
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a selection does not change; {name} is set by the user's click")


def dag_chart(
    dag_or_run: DAG | Run | Plan,
    key: str | None = None,
    height: int = 420,
    unfold: Collection[str] | Literal["all"] = (),
) -> Selection | None:
    """Show the graph of a job, of a run with the states of its parts, or of a plan with what would become of them.

    The user pans, zooms, searches, unfolds fan-outs and chooses a node. While a run goes on, call it in a fragment
    that runs again and again: only what has changed is coloured anew.

    Args:
        dag_or_run: what to draw.
        key: tells charts on one page apart; needed where the same is drawn twice.
        height: in pixels.
        unfold: names of tasks whose parts are drawn one by one at first; ``"all"`` for all.

    Returns:
        The task or part that the user has chosen, a str with ``task``, ``part`` and ``size``; None if there is none.

    Raises:
        InvalidJobError: there is no task, or ``unfold`` names one that is not there.
        NotFoundError: the run is not there, or not the user's to see.
    """
    drawn = _drawn(dag_or_run)
    key = key or f"dag_chart of {drawn.name}"
    before = _state(key)
    unfolded = _unfolded(drawn, unfold, before.get("unfolded"))
    graph = _graph_of(drawn, unfolded)
    chosen = _node(graph, before.get("selected"))
    whole = _lacks(key, graph.digest, before.get("missing"))
    result = _COMPONENT(
        key=key,
        data={
            "label": f"Tasks of {one_line(drawn.job_name, 200)} and what they wait for",
            "height": height,
            "digest": graph.digest,
            "graph": graph.document if whole else None,
            "states": _states(drawn, graph, key),
            "selected": chosen.id if chosen else None,
        },
        on_selected_change=_nothing,
        on_unfolded_change=_nothing,
        on_missing_change=_nothing,
    )
    return _selection(graph, _node(graph, result.get("selected")))


@dataclass(frozen=True, kw_only=True)
class _Drawn:
    """What is drawn: of which job, and what gives it states."""

    name: str
    job_name: str
    run: RunRecord | None = None
    plan: Plan | None = None
    given: JobSpec | None = None

    @cached_property
    def spec(self) -> JobSpec:
        return workspace().spec(self.run.spec_hash) if self.run else self.given  # type: ignore[return-value]  # one is there

    @cached_property
    def spec_hash(self) -> str:
        return self.run.spec_hash if self.run else spec_hash(write_spec(self.spec))

    @property
    def stateful(self) -> bool:
        return self.run is not None or self.plan is not None


def _drawn(given: object) -> _Drawn:
    if isinstance(given, Run):
        run = workspace().run(given.id)
        return _Drawn(name=f"run {run.id}", job_name=run.job_name, run=run)
    if isinstance(given, Plan):
        spec = given.foresight.plan.spec
        return _Drawn(name=f"the plan of {spec.name}", job_name=spec.name, plan=given, given=spec)
    if isinstance(given, DAG):
        spec = given.spec()
        return _Drawn(name=spec.name, job_name=spec.name, given=spec)
    raise InvalidJobError(f"dag_chart draws a DAG, a Run or a Plan, not {type(given).__name__}")


def _unfolded(drawn: _Drawn, first: Unfolded, chosen: object) -> tuple[str, ...] | Literal["all"]:
    """What is unfolded: what the user has chosen; at first what the caller says."""
    if isinstance(chosen, (list, tuple)):
        return tuple(name for name in chosen if isinstance(name, str))
    if first == "all":
        return "all"
    names = (first,) if isinstance(first, str) else tuple(first)
    if names:
        there = {task.name for task in drawn.spec.tasks}
        for name in names:
            if name not in there:
                raise InvalidJobError(
                    f"unfold: job {drawn.job_name!r} has no task {name!r}; give names of tasks, or 'all'"
                )
    return names


def _graph_of(drawn: _Drawn, unfolded: tuple[str, ...] | Literal["all"]) -> Graph:
    """The graph; which of very many parts are drawn is decided when a run is first seen, and when it has ended."""
    graph = _laid_out(drawn.spec_hash, unfolded, drawn.stateful, None, drawn)
    if drawn.run and any(node.kind is NodeKind.MORE for node in graph.diagram.nodes):
        return _laid_out(drawn.spec_hash, unfolded, True, (drawn.run.id, drawn.run.status.final), drawn)
    return graph


@st.cache_resource(max_entries=64, show_spinner=False)
def _laid_out(
    spec_hash: str,
    unfolded: tuple[str, ...] | Literal["all"],
    stateful: bool,
    of_run: tuple[int, bool] | None,
    _drawn: _Drawn,
) -> Graph:
    task_runs = workspace().task_runs(of_run[0]) if of_run else None
    return graph_of(_drawn.spec, unfolded=unfolded, stateful=stateful, task_runs=task_runs)


def _states(drawn: _Drawn, graph: Graph, key: str) -> dict[str, Any] | None:
    if drawn.plan is not None:
        outlooks = drawn.plan.foresight.outlooks
        looks = {(one.task, one.part): FATES[one.fate] for one in outlooks}
        reasons = {(one.task, one.part): one_line(one.reason, _LONGEST_REASON) for one in outlooks}
        return states(graph, looks, reasons, missing="unknown")
    run = drawn.run
    if run is None:
        return None
    if not run.status.final:
        return _running(run, graph)
    return kept(
        f"{key} at its end", (run.id, graph.digest), lambda: states_of_run(graph, workspace().task_runs(run.id))
    )


def _running(run: RunRecord, graph: Graph) -> dict[str, Any]:
    """Of a few parts all that is known; of many, whose states are asked for every second, the states alone."""
    if graph.spec.part_count <= MOST_TOLD:
        return states_of_run(graph, workspace().task_runs(run.id), ended=False)
    found = workspace().part_states(run.id)
    return states(graph, {(task, part): status for task, part, status in found})


def _lacks(key: str, digest: str, missing: object) -> bool:
    """Whether the graph has to be sent: it has not been yet, the chart was away meanwhile, or the browser asks for it."""
    slot = f"{key} is drawn"
    sent = key in st.session_state and st.session_state.get(slot) == digest
    st.session_state[slot] = digest
    return not sent or missing == digest


def _state(key: str) -> Mapping[str, object]:
    """What the browser has said last about the chart; it is checked before it is used."""
    found = st.session_state.get(key)
    return found if isinstance(found, Mapping) else {}


def _node(graph: Graph, chosen: object) -> Node | None:
    """The node that the browser names, if the graph has it and it is still the same one."""
    if not isinstance(chosen, Mapping) or not isinstance(chosen.get("id"), str):
        return None
    node = graph.nodes.get(chosen["id"])
    same = node is not None and graph.labels[node.id] == chosen.get("label")
    return node if same else None


def _selection(graph: Graph, node: Node | None) -> Selection | None:
    if node is None or node.task is None:
        return None
    task = graph.spec.tasks[node.task]
    if node.part is not None:
        part = task.parts[node.part].name
        return Selection(f"{task.name}/{part}", task=task.name, part=part)
    text = node.label if node.kind is NodeKind.ALIKE else task.name
    return Selection(text, task=task.name, size=node.size)


def _nothing() -> None:
    """Streamlit keeps the states that a callback is given for."""

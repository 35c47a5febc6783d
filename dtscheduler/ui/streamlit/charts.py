"""The graph of a job, a run or a plan in a Streamlit page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from dtscheduler.api.dag import DAG
from dtscheduler.api.handle import Run
from dtscheduler.api.place import workspace
from dtscheduler.api.plan import Plan
from dtscheduler.ui.drawn import (
    Drawn,
    Names,
    Selection,
    drawn_of,
    has_more,
    names_given,
    node_named,
    selection_of,
    states_now,
    unfolded_at_first,
)
from dtscheduler.ui.graph import Graph, graph_of
from dtscheduler.ui.streamlit.remembered import kept

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
    drawn = drawn_of(dag_or_run, workspace(), "dag_chart")
    key = key or f"dag_chart of {drawn.name}"
    before = _state(key)
    wanted = names_given(before.get("unfolded"))
    graph = _graph_of(drawn, unfolded_at_first(drawn, unfold) if wanted is None else wanted)
    chosen = node_named(graph, before.get("selected"))
    whole = _lacks(key, graph.digest, before.get("missing"))
    result = _COMPONENT(
        key=key,
        data={
            "label": drawn.label,
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
    return selection_of(graph, node_named(graph, result.get("selected")))


def _graph_of(drawn: Drawn, unfolded: Names) -> Graph:
    """The graph; which of very many parts are drawn is decided when a run is first seen, and when it has ended."""
    graph = _laid_out(drawn.spec_hash, unfolded, drawn.stateful, None, drawn)
    if drawn.run and has_more(graph):
        return _laid_out(drawn.spec_hash, unfolded, True, (drawn.run.id, drawn.run.status.final), drawn)
    return graph


@st.cache_resource(max_entries=64, show_spinner=False)
def _laid_out(spec_hash: str, unfolded: Names, stateful: bool, of_run: tuple[int, bool] | None, _drawn: Drawn) -> Graph:
    task_runs = _drawn.place.task_runs(of_run[0]) if of_run else None
    return graph_of(_drawn.spec, unfolded=unfolded, stateful=stateful, task_runs=task_runs)


def _states(drawn: Drawn, graph: Graph, key: str) -> dict[str, Any] | None:
    run = drawn.run
    if run is None or not run.status.final:
        return states_now(drawn, graph)
    return kept(f"{key} at its end", (run.id, graph.digest), lambda: states_now(drawn, graph))


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


def _nothing() -> None:
    """Streamlit keeps the states that a callback is given for."""

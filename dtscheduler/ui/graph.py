"""The graph of a job as the page draws it: what stands where, once; and how it looks now, as often as that changes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from dtscheduler.drawing.cards import BARE_LEFT, DETAIL_SIZE, LABEL_SIZE, STACK, TEXT_LEFT, TEXT_RIGHT
from dtscheduler.drawing.diagram import Diagram, Node, NodeKind, diagram_of
from dtscheduler.drawing.folding import Fold, Member, folds_of
from dtscheduler.drawing.layout import Layout, laid_out
from dtscheduler.drawing.lettering import fitted, width_of
from dtscheduler.model.job import JobSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.text import one_line
from dtscheduler.ui.graph_looks import LOOKS, most_telling, wired_looks

_NARROWEST, _WIDEST = 132.0, 236.0
_NARROWEST_WITH_STATE = 184.0
_AFAR_SIZE, _AFAR_ROOM = 21.0, 66.0
_HEIGHT, _BAR = 48.0, 8.0
_CHIP_SIZE, _CHIP_ROOM = 11.0, 35.0
_JUNCTION = 8.0
_MOST_NAMED = 5_000
_LONGEST_NAME = 120

Unfolded = Collection[str] | Literal["all"]


@dataclass(frozen=True)
class Graph:
    """A diagram and where it stands; what changes while a run goes on is not part of it.

    Args:
        spec: The job.
        diagram: Of the job alone.
        layout: Of the diagram.
        members: The pairs of task and part that each node stands for, by its id.
        folds: By the id of each node that was unfolded, the name that folds it again.
        unfolded: The names under which something is unfolded: of a group of tasks, that of the first.
        stateful: Whether cards have room for a state.
    """

    spec: JobSpec
    diagram: Diagram
    layout: Layout
    members: Mapping[str, tuple[Member, ...]]
    folds: Mapping[str, str]
    unfolded: tuple[str, ...]
    stateful: bool

    @cached_property
    def document(self) -> dict[str, Any]:
        """What the page draws, as JSON has it; ``digest`` names it by its content."""
        index = {node.id: number for number, node in enumerate(self.diagram.nodes)}
        nodes = [self._node(node) for node in self.diagram.nodes]
        edges = [
            [index[line.source], index[line.target], [_rounded(number) for point in line.points for number in point]]
            for line in self.layout.lines
        ]
        document = {
            "nodes": nodes,
            "edges": edges,
            "width": _rounded(self.layout.width),
            "height": _rounded(self.layout.height),
            "note": self.diagram.note,
            "unfolded": list(self.unfolded),
            **wired_looks(),
        }
        return document | {"digest": _digest(document)}

    @property
    def digest(self) -> str:
        """Names what is drawn, by its content."""
        return str(self.document["digest"])

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by their ids."""
        return {node.id: node for node in self.diagram.nodes}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What is written on the cards, as far as it fits, by the ids of the nodes."""
        return {node["id"]: node["label"] for node in self.document["nodes"] if "label" in node}

    def detail_room(self, node: Node) -> float:
        """How many pixels there are for the second line of a card."""
        return self.layout.boxes[node.id].width - _left(self.stateful) - TEXT_RIGHT - _stack(node)

    def _node(self, node: Node) -> dict[str, Any]:
        box = self.layout.boxes[node.id]
        written: dict[str, Any] = {
            "id": node.id,
            "kind": node.kind.value,
            "box": [_rounded(number) for number in (box.x, box.y, box.width, box.height)],
        }
        if node.kind is NodeKind.JUNCTION:
            return written
        written |= {
            "label": fitted(node.label, self.detail_room(node) - _chip_width(node), LABEL_SIZE, bold=True),
            "detail": fitted(_plain_detail(node), self.detail_room(node), DETAIL_SIZE),
            "about": list(node.about),
            "left": _left(self.stateful),
            "size": node.size,
            "task": node.task,
        }
        if self.stateful:
            written["afar"] = fitted(node.label, self.layout.boxes[node.id].width - _AFAR_ROOM, _AFAR_SIZE, bold=True)
        if node.part is not None:
            written["part"] = node.part
        if node.fan_out:
            written["chip"] = _chip(node)
            written["inside"] = self._names(self.members[node.id]) if self.spec.part_count <= _MOST_NAMED else []
        if node.unfolds:
            written["unfolds"] = self.folds[node.id]
        elif node.id in self.folds:
            written["folds"] = self.folds[node.id]
        return written

    def _names(self, members: Sequence[Member]) -> list[str]:
        """What a search finds in a folded node, unless there is very much of it."""
        tasks = self.spec.tasks
        return [one_line(tasks[task].parts[part].name, _LONGEST_NAME) for task, part in members]


def graph_of(
    spec: JobSpec,
    *,
    unfolded: Unfolded = (),
    stateful: bool = False,
    task_runs: Sequence[TaskRunRecord] | None = None,
) -> Graph:
    """Lay out the graph of a job.

    Args:
        spec: The job.
        unfolded: Names of tasks whose parts are drawn one by one; names that the job does not have are left out.
        stateful: Whether nodes are going to have states: of a run, or of a plan.
        task_runs: They decide which of more than 200 parts are drawn, and nothing else: the most telling ones.
    """
    diagram = diagram_of(spec, None, unfolded=unfolded)
    if task_runs is not None and any(node.kind is NodeKind.MORE for node in diagram.nodes):
        diagram = diagram_of(spec, task_runs, unfolded=unfolded)
    folds = folds_of(spec, unfolded)
    named = {fold.task: spec.tasks[fold.task].name for fold in folds}
    sizes = {node.id: _size(node, stateful=stateful) for node in diagram.nodes}
    return Graph(
        spec=spec,
        diagram=diagram,
        layout=laid_out(diagram, sizes),
        members=_members(diagram, folds),
        folds=_folds(diagram, folds, named),
        unfolded=tuple(named[fold.task] for fold in folds if not fold.folded and _foldable(fold)),
        stateful=stateful,
    )


def states_of_run(graph: Graph, task_runs: Sequence[TaskRunRecord], *, ended: bool = True) -> dict[str, Any]:
    """How the nodes of a graph look for a run, with times and reasons, and if it has ended the critical path.

    See ``states``.
    """
    run = diagram_of(graph.spec, task_runs, unfolded=graph.unfolded)
    looks = {(one.task, one.part): one.status.value for one in task_runs}
    written = states(graph, looks)
    for node in run.nodes:
        state = written["nodes"].get(node.id)
        if state is None:
            continue
        base = graph.nodes[node.id]
        if not node.fan_out:
            state["detail"] = fitted(node.detail, graph.detail_room(base), DETAIL_SIZE)
            state["about"] = list(node.about[len(base.about) :])
        if ended and node.critical:
            state["critical"] = True
    critical = {(edge.source, edge.target) for edge in run.edges if ended and edge.critical}
    edges = enumerate(graph.diagram.edges)
    written["critical"] = [number for number, edge in edges if (edge.source, edge.target) in critical]
    return written


def states(
    graph: Graph, looks: Mapping[Member, str], remarks: Mapping[Member, str] | None = None, missing: str = "pending"
) -> dict[str, Any]:
    """How the nodes of a graph look, as JSON has it; the page recolours what is drawn and lays nothing out.

    Args:
        graph: Made with ``stateful=True``.
        looks: The look of each part by the numbers of its task and its own: ``"failed"``, ``"to_run"``, ...
        remarks: A line about some parts, for whoever points at them.
        missing: The look of parts that are not among them.

    Returns:
        ``{"nodes": {"n3": {"look", "detail", "counts", "about", "critical"}}, "counts", "said", "critical"}``;
        counts are pairs, the most telling first; ``critical`` are numbers of edges; what is empty is left out.
    """
    remarks = remarks or {}
    total: Counter[str] = Counter()
    nodes = {}
    for key, members in graph.members.items():
        node = graph.nodes[key]
        counts = Counter(looks.get(member, missing) for member in members)
        total.update(counts)
        ordered = most_telling(counts)
        state: dict[str, Any] = {"look": ordered[0][0]}
        words = said(ordered) if node.fan_out else LOOKS[ordered[0][0]].word
        state["detail"] = fitted(words, graph.detail_room(node), DETAIL_SIZE)
        about = [said(ordered) if node.fan_out else words, "" if node.fan_out else remarks.get(members[0], "")]
        state["about"] = [line for line in about if line]
        if node.fan_out:
            state["counts"] = ordered
        nodes[key] = state
    ordered = most_telling(total)
    return {"nodes": nodes, "counts": ordered, "said": said(ordered), "critical": []}


def said(counts: Sequence[tuple[str, int]]) -> str:
    """``3 failed, 9 completed``, in the order given."""
    return ", ".join(f"{count:,} {LOOKS[key].word}" for key, count in counts)


def _members(diagram: Diagram, folds: Sequence[Fold]) -> dict[str, tuple[Member, ...]]:
    of_task = {fold.task: fold.members for fold in folds}
    single = {
        node.id: (node.task, node.part or 0)
        for node in diagram.nodes
        if node.task is not None and node.kind in (NodeKind.TASK, NodeKind.PART)
    }
    drawn = frozenset(single.values())
    found: dict[str, tuple[Member, ...]] = {}
    for node in diagram.nodes:
        if node.id in single:
            found[node.id] = (single[node.id],)
        elif node.kind is NodeKind.MORE and node.task is not None:
            found[node.id] = tuple(member for member in of_task[node.task] if member not in drawn)
        elif node.task is not None:
            found[node.id] = of_task[node.task]
    return found


def _folds(diagram: Diagram, folds: Sequence[Fold], named: Mapping[int, str]) -> dict[str, str]:
    name_of = {member: named[fold.task] for fold in folds if _foldable(fold) for member in fold.members}
    found = {}
    for node in diagram.nodes:
        if node.task is not None and (node.task, node.part or 0) in name_of:
            found[node.id] = name_of[node.task, node.part or 0]
    return found


def _foldable(fold: Fold) -> bool:
    return fold.is_parts or len(fold.members) > 1


def _size(node: Node, *, stateful: bool) -> tuple[float, float]:
    """Width and height of a card; with room for a state whatever the state will be, so that nothing has to move."""
    if node.kind is NodeKind.JUNCTION:
        return _JUNCTION, _JUNCTION
    label = width_of(node.label, LABEL_SIZE, bold=True) + _chip_width(node)
    detail = 0.0 if stateful else width_of(_plain_detail(node), DETAIL_SIZE)
    least = (_WIDEST if node.fan_out else _NARROWEST_WITH_STATE) if stateful else _NARROWEST
    width = float(round(min(_WIDEST, max(least, max(label, detail) + _left(stateful) + TEXT_RIGHT))))
    height = _HEIGHT + (_BAR if node.fan_out and stateful else 0)
    return width + _stack(node), height + _stack(node)


def _left(stateful: bool) -> float:
    return TEXT_LEFT if stateful else BARE_LEFT


def _stack(node: Node) -> float:
    return 2 * STACK if node.fan_out else 0.0


def _chip(node: Node) -> str:
    return f"×{node.size:,}"


def _chip_width(node: Node) -> float:
    return width_of(_chip(node), _CHIP_SIZE, bold=True) + _CHIP_ROOM if node.fan_out else 0.0


def _plain_detail(node: Node) -> str:
    return node.detail.removeprefix("×")


def _rounded(number: float) -> float:
    return int(number) if number == int(number) else round(number, 1)


def _digest(document: dict[str, Any]) -> str:
    text = json.dumps(document, ensure_ascii=True, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

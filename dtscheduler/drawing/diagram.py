"""What is drawn of a job or a run, whatever draws it: nodes and edges, with fan-outs folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Literal

from dtscheduler.drawing.critical import critical_path
from dtscheduler.drawing.folding import Fold, Member, Ways, connected, folds_of
from dtscheduler.drawing.looks import MOST_TELLING, look_of
from dtscheduler.model.durations import show_duration
from dtscheduler.model.job import JobSpec, TaskSpec
from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import TaskStatus
from dtscheduler.model.text import one_line

MOST_UNFOLDED = 200
_LONGEST_LABEL = 400
_LONGEST_LINE = 600


class NodeKind(StrEnum):
    """What a node stands for: a task, one part, a fan-out, alike tasks, the rest of many, or a bundle of edges."""

    TASK = "task"
    PART = "part"
    FAN_OUT = "fan_out"
    ALIKE = "alike"
    MORE = "more"
    JUNCTION = "junction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node. Texts are one line each, without control characters and secrets; they are text, never markup.

    Args:
        id: ``n3`` (task 3), ``n3p0`` (its part 0), ``n3m`` (the rest of its parts), ``j0`` (a junction).
        label: The name; empty for a junction.
        detail: A second line: the entrypoint, the time taken, or ``×12: 9 completed, 3 failed``.
        about: Lines for whoever points at the node.
        status: The most telling one of all that the node stands for; None where there is no run.
        counts: How many of them have which status, the most telling first.
        size: How many parts or tasks the node stands for.
        unfolds: Whether the name of ``task`` in ``unfolded`` shows what it stands for.
        task: Number of the task, of alike tasks the first; None for a junction.
        part: Number of the part where the node is one part of a fan-out.
        critical: Whether it is on the path that decided when the run ended.
    """

    id: str
    kind: NodeKind
    label: str = ""
    detail: str = ""
    about: tuple[str, ...] = ()
    status: TaskStatus | None = None
    counts: tuple[tuple[TaskStatus, int], ...] = ()
    size: int = 1
    unfolds: bool = False
    task: int | None = None
    part: int | None = None
    critical: bool = False

    @property
    def fan_out(self) -> bool:
        return self.kind in (NodeKind.FAN_OUT, NodeKind.ALIKE, NodeKind.MORE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """``target`` waits for ``source``; both are ids of nodes."""

    source: str
    target: str
    critical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """Nodes and edges without cycles; ``note`` says in words what is left out."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    note: str = ""


def diagram_of(
    spec: JobSpec,
    task_runs: Sequence[TaskRunRecord] | None = None,
    *,
    unfolded: Collection[str] | Literal["all"] = (),
) -> Diagram:
    """Draw up a job, or a run of it.

    Args:
        spec: The job.
        task_runs: Of one run, in any order; they bring statuses, times and the critical path.
        unfolded: Names of tasks whose parts are shown one by one, at most 200 of each; ``"all"`` for all. Many
            alike tasks are folded too, and unfold by the name of any of them.
    """
    found = {(task_run.task, task_run.part): task_run for task_run in task_runs or ()}
    path = critical_path(spec.upstream, list(found.values()))
    writer = _Writer(spec, None if task_runs is None else found, {(one.task, one.part) for one in path})
    folds = folds_of(spec, unfolded)
    groups = [writer.nodes(fold) for fold in folds]
    ways = connected(folds, spec.upstream, [[node.id for node in group] for group in groups])
    steps = _steps(ways, [writer.node_of[one.task, one.part] for one in path])
    every = [node for group in groups for node in group]
    crossed = {end for step in steps for end in step}
    every += [Node(id=way, kind=NodeKind.JUNCTION, critical=way in crossed) for way in ways.junctions]
    edges = tuple(Edge(source=a, target=b, critical=(a, b) in steps) for a, b in ways.pairs)
    return Diagram(nodes=tuple(every), edges=edges, note=ways.note)


def summary(counts: Sequence[tuple[TaskStatus, int]]) -> str:
    """``9 completed, 3 failed``, the most frequent first."""
    return ", ".join(f"{count:,} {look_of(status).word}" for status, count in sorted(counts, key=lambda c: -c[1]))


class _Writer:
    """Writes the nodes of one job: what they say and in which status they are."""

    def __init__(
        self,
        spec: JobSpec,
        task_runs: dict[Member, TaskRunRecord] | None,
        critical: Collection[Member],
    ) -> None:
        self._spec, self._task_runs, self._critical = spec, task_runs, frozenset(critical)
        self.node_of: dict[Member, str] = {}

    def nodes(self, fold: Fold) -> list[Node]:
        """The nodes of a fold: one when it is folded, else one for each member as far as they are shown."""
        if not fold.is_parts and len(fold.members) == 1:
            return [self._single(NodeKind.TASK, fold.members[0])]
        if fold.folded:
            return [self._several(NodeKind.FAN_OUT if fold.is_parts else NodeKind.ALIKE, fold, fold.members)]
        shown = self._shown(fold.members)
        kind = NodeKind.PART if fold.is_parts else NodeKind.TASK
        nodes = [self._single(kind, member) for member in shown]
        if len(shown) < len(fold.members):
            rest = sorted(set(fold.members) - set(shown))
            nodes.append(self._several(NodeKind.MORE, fold, rest))
        return nodes

    def _single(self, kind: NodeKind, member: Member) -> Node:
        number, part = member
        task = self._spec.tasks[number]
        is_part = kind is NodeKind.PART
        task_run = None if self._task_runs is None else self._task_runs.get(member)
        status = self._status(member)
        node_id = self.node_of[member] = f"n{number}p{part}" if is_part else f"n{number}"
        return Node(
            id=node_id,
            kind=kind,
            label=_label(task.parts[part].name if is_part else task.name),
            detail=_line(task.entrypoint) if status is None else _took(status, task_run),
            about=_about(task, part if is_part else None, status, task_run),
            status=status,
            counts=() if status is None else ((status, 1),),
            task=number,
            part=part if is_part else None,
            critical=member in self._critical,
        )

    def _several(self, kind: NodeKind, fold: Fold, members: Sequence[Member]) -> Node:
        first, last = self._spec.tasks[members[0][0]], self._spec.tasks[members[-1][0]]
        node_id = f"n{fold.task}m" if kind is NodeKind.MORE else f"n{fold.task}"
        self.node_of.update(dict.fromkeys(members, node_id))
        counts = self._counts(members)
        sizes = f"×{len(members):,}"
        said = summary(counts)
        unit = "parts" if fold.is_parts else "tasks"
        label = _label(first.name) if fold.is_parts else f"{_label(first.name)} … {_label(last.name)}"
        about = (label, _line(first.entrypoint), f"{len(members):,} {unit}", _line(first.description), said)
        return Node(
            id=node_id,
            kind=kind,
            label=f"and {len(members):,} more" if kind is NodeKind.MORE else label,
            detail=f"{sizes}: {said}" if said else f"{sizes} {unit}",
            about=tuple(line for line in about if line),
            status=counts[0][0] if counts else None,
            counts=counts,
            size=len(members),
            unfolds=kind is not NodeKind.MORE,
            task=fold.task,
            critical=not self._critical.isdisjoint(members),
        )

    def _shown(self, members: Sequence[Member]) -> list[Member]:
        """Those that are drawn one by one: all, or the most telling ones, in their order."""
        if len(members) <= MOST_UNFOLDED:
            return list(members)
        if self._task_runs is None:
            return list(members[:MOST_UNFOLDED])
        ranks = {status: rank for rank, status in enumerate(MOST_TELLING)}
        by_rank = sorted(members, key=lambda m: (m not in self._critical, ranks[self._status(m) or MOST_TELLING[-1]]))
        return sorted(by_rank[:MOST_UNFOLDED])

    def _counts(self, members: Sequence[Member]) -> tuple[tuple[TaskStatus, int], ...]:
        if self._task_runs is None:
            return ()
        found = Counter(self._status(member) for member in members)
        return tuple((status, found[status]) for status in MOST_TELLING if status in found)

    def _status(self, member: Member) -> TaskStatus | None:
        """A part without a record has not been reached yet."""
        if self._task_runs is None:
            return None
        task_run = self._task_runs.get(member)
        return TaskStatus.PENDING if task_run is None else task_run.status


def _steps(ways: Ways, stops: Sequence[str]) -> set[tuple[str, str]]:
    """The edges between each of these nodes and the next, also where they meet in a junction."""
    if len(stops) < 2:
        return set()
    junctions, wanted = set(ways.junctions), set(stops)
    onward: dict[str, list[str]] = {}
    for source, target in ways.pairs:
        if target in junctions and source in wanted:
            onward.setdefault(source, []).append(target)
    pairs = set(ways.pairs)
    found = set()
    for source, target in pairwise(stops):
        by_way = [way for way in onward.get(source, ()) if (way, target) in pairs]
        found |= {(source, way) for way in by_way} | {(way, target) for way in by_way} | {(source, target)}
    return found


def _label(text: str) -> str:
    return one_line(text, _LONGEST_LABEL)


def _line(text: str) -> str:
    return one_line(text, _LONGEST_LINE)


def _took(status: TaskStatus, task_run: TaskRunRecord | None) -> str:
    word = look_of(status).word
    if task_run is None or task_run.started is None or task_run.ended is None or not task_run.status.final:
        return word
    return f"{word} · {show_duration(task_run.ended - task_run.started)}"


def _about(
    task: TaskSpec, part: int | None, status: TaskStatus | None, task_run: TaskRunRecord | None
) -> tuple[str, ...]:
    lines = [_label(task.name)]
    if part is None:
        lines += [_line(task.entrypoint), _line(task.description)]
    else:
        lines += [f"part {part} of {len(task.parts):,}: {_label(task.parts[part].name)}"]
        lines += [_line(task.entrypoint), _line(task.parts[part].description)]
    if status is not None:
        lines.append(_took(status, task_run))
    if task_run is not None:
        lines.append(f"attempt {task_run.attempt}" if task_run.attempt > 1 else "")
        lines.append(_line(task_run.reason))
    return tuple(line for line in lines if line)

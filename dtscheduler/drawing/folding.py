"""What is drawn as one: the parts of a fan-out, many alike tasks, and edges from all of many to all of many."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from dtscheduler.model.graph import downstream_of
from dtscheduler.model.job import JobSpec

FEWEST_ALIKE = 25
MOST_EDGES = 20_000
_FEWEST_BUNDLED = 30

Member = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A task with its parts, or alike tasks; ``members`` are pairs of task and part, ``task`` is the first task."""

    task: int
    members: tuple[Member, ...]
    is_parts: bool
    folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Edges between ids, the ids of the junctions that bundle some of them, and what is left out in words."""

    pairs: list[tuple[str, str]]
    junctions: list[str]
    note: str


def folds_of(spec: JobSpec, unfolded: Collection[str] | Literal["all"]) -> list[Fold]:
    """Fold every fan-out, and plain tasks of one function that wait for the same and are waited for by the same."""
    folds = []
    for tasks in _alike(spec):
        first = spec.tasks[tasks[0]]
        is_parts = first.parallel or len(first.parts) > 1
        members = tuple((task, part) for task in tasks for part in range(len(spec.tasks[task].parts)))
        opened = unfolded == "all" or any(spec.tasks[task].name in unfolded for task in tasks)
        folds.append(Fold(task=tasks[0], members=members, is_parts=is_parts, folded=not opened))
    return folds


def connected(folds: Sequence[Fold], upstream: Sequence[Sequence[int]], ids: Sequence[Sequence[str]]) -> Ways:
    """Connect the nodes of the folds.

    Where each of many nodes waits for all of many others, the edges meet in a junction. What remains above 20,000
    edges is left out, the last ones of those that wait for most first.

    Args:
        folds: in the order of their first task.
        upstream: of every task.
        ids: the ids of the nodes that show each fold.
    """
    fold_of = {task: number for number, fold in enumerate(folds) for task, _ in fold.members}
    waiting: dict[tuple[int, ...], list[int]] = {}
    for number, fold in enumerate(folds):
        sources = tuple(dict.fromkeys(fold_of[task] for task in upstream[fold.task]))
        if sources:
            waiting.setdefault(sources, []).append(number)
    pairs: list[tuple[str, str]] = []
    junctions: list[str] = []
    plain: list[tuple[list[str], list[str]]] = []
    for source_folds, target_folds in waiting.items():
        sources_ids = [node for number in source_folds for node in ids[number]]
        targets = [node for number in target_folds for node in ids[number]]
        if min(len(sources_ids), len(targets)) > 2 and len(sources_ids) * len(targets) > _FEWEST_BUNDLED:
            junction = f"j{len(junctions)}"
            junctions.append(junction)
            pairs += [(source, junction) for source in sources_ids]
            pairs += [(junction, target) for target in targets]
        else:
            plain.append((sources_ids, targets))
    note = _connect_plainly(plain, pairs)
    return Ways(pairs=pairs, junctions=junctions, note=note)


def _connect_plainly(plain: Sequence[tuple[list[str], list[str]]], pairs: list[tuple[str, str]]) -> str:
    total = sum(len(sources) * len(targets) for sources, targets in plain)
    most = _most_each(plain) if total > MOST_EDGES else total
    drawn = 0
    for sources, targets in plain:
        for target in targets:
            pairs += [(source, target) for source in sources[:most]]
            drawn += min(most, len(sources))
    return f"{total - drawn:,} of {total:,} edges are not drawn" if drawn < total else ""


def _most_each(plain: Sequence[tuple[list[str], list[str]]]) -> int:
    """The largest number of edges into each node, at least 1, with which there are not too many."""
    low, high = 1, max(len(sources) for sources, _ in plain)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(middle, len(sources)) * len(targets) for sources, targets in plain) <= MOST_EDGES:
            low = middle
        else:
            high = middle - 1
    return low


def _alike(spec: JobSpec) -> list[list[int]]:
    downstream = downstream_of(spec.upstream)
    groups: dict[object, list[int]] = {}
    for number, task in enumerate(spec.tasks):
        plain = not task.parallel and len(task.parts) == 1
        key = (task.entrypoint, task.code, frozenset(spec.upstream[number]), tuple(downstream[number]))
        groups.setdefault(key if plain else number, []).append(number)
    found = []
    for group in groups.values():
        found += [group] if len(group) >= FEWEST_ALIKE else [[task] for task in group]
    return sorted(found)

"""Nodes in columns, with a stop in every column that an edge passes, so that edges only lead from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Items 0 to ``nodes - 1`` are nodes, those from ``nodes`` on are stops of long edges.

    The long edges of one node share their stops: they leave it as one line, which parts where they turn off. ``up``
    and ``down`` are the neighbours in the column before and after.
    """

    nodes: int
    layers: list[list[int]]
    up: list[list[int]]
    down: list[list[int]]
    rank: list[int]
    first_stop: list[int]

    def way(self, source: int, target: int) -> list[int]:
        """All items on the edge from one node to another, both included."""
        between = self.rank[target] - self.rank[source] - 1
        first = self.first_stop[source]
        return [source, *range(first, first + between), target]


def columns_of(down: Sequence[Sequence[int]], ranks: Sequence[int]) -> Columns:
    """Put nodes and stops into columns, in the order of their numbers."""
    count = len(down)
    rank = list(ranks)
    after: list[list[int]] = [[] for _ in range(count)]
    first_stop = [-1] * count
    for source in range(count):
        first_stop[source] = len(rank)
        farthest = max([ranks[target] for target in down[source]], default=0)
        for passed in range(ranks[source] + 1, farthest):
            rank.append(passed)
            after.append([len(rank)] if passed + 1 < farthest else [])
        if len(rank) > first_stop[source]:
            after[source].append(first_stop[source])
        for target in down[source]:
            between = ranks[target] - ranks[source] - 1
            after[first_stop[source] + between - 1 if between else source].append(target)
    before: list[list[int]] = [[] for _ in rank]
    layers: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    for item, targets in enumerate(after):
        layers[rank[item]].append(item)
        for target in targets:
            before[target].append(item)
    return Columns(nodes=count, layers=layers, up=before, down=after, rank=rank, first_stop=first_stop)

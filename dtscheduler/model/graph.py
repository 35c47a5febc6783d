"""Who waits for whom: a directed graph of numbered tasks that stays free of cycles while it grows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush


class Graph:
    """Edges between tasks 0, 1, 2, ..., with a rank for each task that is lower than those of all that wait for it.

    An edge that agrees with the ranks costs O(1). Another one is checked from both of its ends in step: either what
    comes before is moved down or what comes after is moved up, whichever is settled first.
    """

    __slots__ = ("_downstream", "_rank", "_upstream")

    def __init__(self) -> None:
        self._upstream: list[dict[int, None]] = []
        self._downstream: list[list[int]] = []
        self._rank: list[int] = []

    def __len__(self) -> int:
        return len(self._rank)

    def add_task(self) -> int:
        """Add a task without edges and return its number."""
        number = len(self._rank)
        self._rank.append(number)
        self._upstream.append({})
        self._downstream.append([])
        return number

    def add_edge(self, upstream: int, downstream: int) -> list[int] | None:
        """Make ``downstream`` wait for ``upstream``.

        Returns:
            None when the edge was added or stood already; else the cycle that it would close, as the list of
            tasks from ``downstream`` back to ``downstream``, and the graph is unchanged.
        """
        if upstream == downstream:
            return [upstream, upstream]
        waits_for = self._upstream[downstream]
        if upstream in waits_for:
            return None
        if self._rank[upstream] >= self._rank[downstream]:
            cycle = self._rerank(upstream, downstream)
            if cycle:
                return cycle
        waits_for[upstream] = None
        self._downstream[upstream].append(downstream)
        return None

    def upstream(self, task: int) -> tuple[int, ...]:
        """The tasks that ``task`` waits for, in the order in which the edges were declared."""
        return tuple(self._upstream[task])

    def edges(self) -> tuple[tuple[int, ...], ...]:
        """``upstream`` of every task, in order of their numbers."""
        return tuple(tuple(waits_for) for waits_for in self._upstream)

    def _rerank(self, upstream: int, downstream: int) -> list[int] | None:
        """Make the rank of ``upstream`` the lower one; gives the cycle instead if there is one."""
        lower = _Shift(self._rank, self._upstream, start=upstream, goal=downstream, step=-1)
        higher = _Shift(self._rank, self._downstream, start=downstream, goal=upstream, step=1)
        while not (lower.advance() or higher.advance()):
            pass
        for shift in (lower, higher):
            if shift.met:
                between = shift.path() if shift is higher else shift.path()[::-1]
                return [*between, downstream]
        for task, rank in (lower if lower.settled else higher).ranks.items():
            self._rank[task] = rank
        return None


class _Shift:
    """Moves the ranks of a task and of those behind it past the rank of another, as far as needed and step by step.

    Tasks are taken in the order of their ranks, so that each is moved once. Nothing is changed before it is settled.
    """

    def __init__(
        self, rank: list[int], neighbours: Sequence[Iterable[int]], *, start: int, goal: int, step: int
    ) -> None:
        self.ranks = {start: rank[goal] + step}
        self.met = self.settled = False
        self._rank, self._neighbours, self._goal, self._step = rank, neighbours, goal, step
        self._came_from = {start: start}
        self._todo = [(step * rank[start], start)]

    def advance(self) -> bool:
        """Move one task; whether the shift is settled or has met the other end, so that there is a cycle."""
        if not self._todo:
            self.settled = True
            return True
        _, task = heappop(self._todo)
        limit = self.ranks[task] + self._step
        for neighbour in self._neighbours[task]:
            if neighbour == self._goal:
                self._came_from[neighbour] = task
                self.met = True
                return True
            moved = self.ranks.get(neighbour, self._rank[neighbour])
            if self._step * moved < self._step * limit:
                if neighbour not in self.ranks:
                    heappush(self._todo, (self._step * self._rank[neighbour], neighbour))
                self.ranks[neighbour] = limit
                self._came_from[neighbour] = task
        return False

    def path(self) -> list[int]:
        """The tasks from the start to the other end, which has been met."""
        path = [self._goal]
        while self._came_from[path[-1]] != path[-1]:
            path.append(self._came_from[path[-1]])
        return path[::-1]


def topological_order(edges: Sequence[Sequence[int]]) -> list[int]:
    """Order tasks so that each comes after all it waits for, otherwise by number.

    Args:
        edges: for every task the tasks it waits for; without cycles.
    """
    waiting = [len(set(upstream)) for upstream in edges]
    downstream = downstream_of(edges)
    order = [task for task, count in enumerate(waiting) if count == 0]
    for task in order:
        for following in downstream[task]:
            waiting[following] -= 1
            if waiting[following] == 0:
                order.append(following)
    return order


def levels(edges: Sequence[Sequence[int]]) -> list[list[int]]:
    """Order tasks in levels: each comes in the first level after all it waits for, and by number within it."""
    depth = [0] * len(edges)
    found: list[list[int]] = []
    for task in topological_order(edges):
        depth[task] = 1 + max((depth[preceding] for preceding in edges[task]), default=-1)
        if depth[task] == len(found):
            found.append([])
        found[depth[task]].append(task)
    return [sorted(level) for level in found]


def all_downstream(edges: Sequence[Sequence[int]], tasks: Iterable[int]) -> set[int]:
    """Some tasks and all that wait for them, directly or not."""
    downstream, reached, todo = downstream_of(edges), set(tasks), list(tasks)
    while todo:
        following = [task for task in downstream[todo.pop()] if task not in reached]
        reached.update(following)
        todo.extend(following)
    return reached


def downstream_of(edges: Sequence[Iterable[int]]) -> list[list[int]]:
    """Turn "waits for" into "is waited for by": for every task the tasks that wait for it, each once."""
    downstream: list[list[int]] = [[] for _ in edges]
    for task, upstream in enumerate(edges):
        for preceding in dict.fromkeys(upstream):
            downstream[preceding].append(task)
    return downstream

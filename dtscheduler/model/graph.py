"""Who waits for whom: a directed graph of numbered tasks that stays free of cycles while it grows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class Graph:
    """Edges between tasks 0, 1, 2, ..., with a topological order kept up to date edge by edge.

    An edge that agrees with the order costs O(1); one that does not reorders only the tasks between its ends
    (Pearce and Kelly 2006, "A dynamic topological sort algorithm for directed acyclic graphs").
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
        if self._rank[upstream] > self._rank[downstream]:
            cycle = self._reorder(upstream, downstream)
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

    def _reorder(self, upstream: int, downstream: int) -> list[int] | None:
        rank = self._rank
        lowest, highest = rank[downstream], rank[upstream]
        came_from = {downstream: downstream}
        stack = [downstream]
        while stack:
            task = stack.pop()
            for following in self._downstream[task]:
                if following == upstream:
                    came_from[following] = task
                    return _path(came_from, upstream, downstream)
                if following not in came_from and rank[following] < highest:
                    came_from[following] = task
                    stack.append(following)
        before = {upstream}
        stack = [upstream]
        while stack:
            for preceding in self._upstream[stack.pop()]:
                if preceding not in before and rank[preceding] > lowest:
                    before.add(preceding)
                    stack.append(preceding)
        moved = sorted(before, key=rank.__getitem__) + sorted(came_from, key=rank.__getitem__)
        for task, place in zip(moved, sorted(rank[task] for task in moved), strict=True):
            rank[task] = place
        return None


def _path(came_from: dict[int, int], last: int, first: int) -> list[int]:
    path = [last]
    while path[-1] != first:
        path.append(came_from[path[-1]])
    return [*reversed(path), first]


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


def downstream_of(edges: Sequence[Iterable[int]]) -> list[list[int]]:
    """Turn "waits for" into "is waited for by": for every task the tasks that wait for it, each once."""
    downstream: list[list[int]] = [[] for _ in edges]
    for task, upstream in enumerate(edges):
        for preceding in dict.fromkeys(upstream):
            downstream[preceding].append(task)
    return downstream

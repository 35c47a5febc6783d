"""In which column each node stands: after all that it waits for, and with short edges."""

from __future__ import annotations

from collections.abc import Sequence

from dtscheduler.model.graph import topological_order

_MOST_PASSES = 12


def ranks_of(up: Sequence[Sequence[int]], down: Sequence[Sequence[int]]) -> list[int]:
    """Number the columns from 0; every edge leads to a higher one, and none is empty.

    Starts from the longest paths and then moves nodes towards the side on which they have more edges; with as many
    on both sides to the right, so that chains which join late start late.

    Args:
        up: for every node those before it; connected, without cycles.
        down: for every node those after it.
    """
    order = topological_order(up)
    ranks = [0] * len(up)
    for node in order:
        ranks[node] = max([ranks[before] + 1 for before in up[node]], default=0)
    for _ in range(_MOST_PASSES):
        moved = _pull_right(order, up, down, ranks)
        if not (_pull_left(order, up, down, ranks) or moved):
            break
    column = {rank: number for number, rank in enumerate(sorted(set(ranks)))}
    return [column[rank] for rank in ranks]


def _pull_right(
    order: Sequence[int], up: Sequence[Sequence[int]], down: Sequence[Sequence[int]], ranks: list[int]
) -> bool:
    moved = False
    for node in reversed(order):
        after = down[node]
        if after and len(after) >= len(up[node]):
            goal = min([ranks[other] for other in after]) - 1
            if goal > ranks[node]:
                ranks[node] = goal
                moved = True
    return moved


def _pull_left(
    order: Sequence[int], up: Sequence[Sequence[int]], down: Sequence[Sequence[int]], ranks: list[int]
) -> bool:
    moved = False
    for node in order:
        before = up[node]
        if len(before) > len(down[node]):
            goal = max([ranks[other] for other in before]) + 1
            if goal < ranks[node]:
                ranks[node] = goal
                moved = True
    return moved

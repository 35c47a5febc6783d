"""How far down each item stands: edges straight, above all the long ones, and nothing on top of another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dtscheduler.drawing.columns import Columns
from dtscheduler.drawing.ordering import Layers

_NODE_GAP, _STOP_GAP, _MIXED_GAP = 20.0, 9.0, 12.0


def placed(columns: Columns, layers: Layers, heights: Sequence[float]) -> list[float]:
    """The middle of every item, from 0 down.

    The method of Brandes and Köpf: items are aligned with the middle of their neighbours in four ways (from the left and
    from the right, from above and from below), each pushed together, and the mean of the two middle ones is taken.

    Args:
        columns: nodes and stops.
        layers: the order of the items in each column.
        heights: of every item.
    """
    drafts = []
    conflicts = _conflicts(columns, layers)
    for leftwards in (False, True):
        ways = layers[::-1] if leftwards else layers
        neighbours = columns.down if leftwards else columns.up
        for upwards in (False, True):
            turned = [layer[::-1] for layer in ways] if upwards else ways
            blocks = _aligned(turned, neighbours, conflicts)
            places = _pushed_together(turned, blocks, heights, columns.nodes)
            drafts.append([-place for place in places] if upwards else places)
    return _balanced(drafts, heights)


def _conflicts(columns: Columns, layers: Layers) -> set[tuple[int, int]]:
    """Edges that cross a long edge on its way, between two of its stops: the long edge is kept straight."""
    nodes, up = columns.nodes, columns.up
    pos = _places(layers, len(columns.rank))
    found: set[tuple[int, int]] = set()
    for above, layer in pairwise(layers):
        lowest, start = -1, 0
        for place, item in enumerate(layer):
            inner = next((pos[other] for other in up[item] if other >= nodes), None) if item >= nodes else None
            if inner is None and place < len(layer) - 1:
                continue
            highest = len(above) if inner is None else inner
            for other in layer[start : place + 1]:
                for near in up[other]:
                    if not lowest <= pos[near] <= highest and not (near >= nodes and other >= nodes):
                        found.add((near, other))
            start, lowest = place + 1, highest
    return found


def _aligned(layers: Layers, neighbours: Sequence[Sequence[int]], conflicts: set[tuple[int, int]]) -> list[int]:
    """For every item the first one of the straight line in which it stands."""
    count = len(neighbours)
    pos = _places(layers, count)
    root = list(range(count))
    taken = [False] * count
    for layer in layers[1:]:
        reached = -1
        for item in layer:
            near = sorted(neighbours[item], key=pos.__getitem__)
            if not near:
                continue
            middle = len(near) - 1
            for other in near[middle // 2 : (middle + 1) // 2 + 1]:
                free = not taken[other] and pos[other] > reached
                if free and (item, other) not in conflicts and (other, item) not in conflicts:
                    root[item] = root[other]
                    taken[other] = True
                    reached = pos[other]
                    break
    return root


def _pushed_together(layers: Layers, root: Sequence[int], heights: Sequence[float], nodes: int) -> list[float]:
    """Places in which straight lines stand as far up as they can, then as close to what is below them as they can."""
    after: list[list[tuple[int, float]]] = [[] for _ in root]
    waiting = [0] * len(root)
    for layer in layers:
        for first, second in pairwise(layer):
            after[root[first]].append((root[second], _apart(first, second, heights, nodes)))
            waiting[root[second]] += 1
    order = [item for item in range(len(root)) if root[item] == item and not waiting[item]]
    place = [0.0] * len(root)
    for block in order:
        here = place[block]
        for other, apart in after[block]:
            if here + apart > place[other]:
                place[other] = here + apart
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    for block in reversed(order):
        if after[block]:
            place[block] = min([place[other] - apart for other, apart in after[block]])
    return [place[block] for block in root]


def _apart(first: int, second: int, heights: Sequence[float], nodes: int) -> float:
    stops = (first >= nodes) + (second >= nodes)
    gap = _STOP_GAP if stops == 2 else _MIXED_GAP if stops else _NODE_GAP
    return (heights[first] + heights[second]) / 2 + gap


def _balanced(drafts: Sequence[Sequence[float]], heights: Sequence[float]) -> list[float]:
    """Shift the drafts to the edges of the narrowest one, and take the mean of the two middle ones for every item."""
    bounds = [_bounds(draft, heights) for draft in drafts]
    top, bottom = min(bounds, key=lambda bound: bound[1] - bound[0])
    shifts = [bottom - high if number % 2 else top - low for number, (low, high) in enumerate(bounds)]
    found = []
    for places in zip(*drafts, strict=True):
        middle = sorted([place + shift for place, shift in zip(places, shifts, strict=True)])[1:3]
        found.append(sum(middle) / 2)
    return found


def _bounds(places: Sequence[float], heights: Sequence[float]) -> tuple[float, float]:
    return (
        min(place - height / 2 for place, height in zip(places, heights, strict=True)),
        max(place + height / 2 for place, height in zip(places, heights, strict=True)),
    )


def _places(layers: Layers, count: int) -> list[int]:
    pos = [0] * count
    for layer in layers:
        for place, item in enumerate(layer):
            pos[item] = place
    return pos

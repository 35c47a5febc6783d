"""In which order the items of each column stand, so that few edges cross."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence

from dtscheduler.drawing.columns import Columns

Layers = list[list[int]]
_PATIENCE = 5
_WARM_UP = 4
_HOPEFUL = 8
_MANY_EDGES = 5_000
_MOST_ROUNDS = 3


def ordered(columns: Columns) -> Layers:
    """The items of each column from top to bottom.

    Several orders to start from are improved by sweeps, forwards and backwards, that sort each column by where its
    neighbours stand, and by exchanging items that stand next to each other. The best one found is taken.
    """
    edges = sum(map(len, columns.down))
    best, fewest = columns.layers, -1
    for start in _starts(columns, most=1 if edges > _MANY_EDGES else 2):
        layers, crossings = _improved(columns, start, most_sweeps=_sweeps(edges), to_beat=fewest)
        if fewest < 0 or crossings < fewest:
            best, fewest = layers, crossings
        if not fewest:
            break
    return [_twins_in_order(columns, layer) for layer in best]


def crossings_between(upper: Sequence[int], down: Sequence[Sequence[int]], pos: Sequence[int]) -> int:
    """How many edges cross between a column and the next one, where ``pos`` is the place of each item."""
    found = 0
    seen: list[int] = []
    for item in upper:
        places = [pos[other] for other in down[item]]
        size = len(seen)
        if size:
            for place in places:
                found += size - bisect_right(seen, place, 0, size)
        for place in places:
            insort(seen, place)
    return found


def _sweeps(edges: int) -> int:
    """How much patience a drawing of this size gets."""
    return max(4, min(24, 60_000 // (edges + 1)))


def _improved(columns: Columns, start: Layers, *, most_sweeps: int, to_beat: int) -> tuple[Layers, int]:
    search = _Search(columns, start)
    best, fewest = [list(layer) for layer in search.layers], search.crossings()
    crossings, waited = fewest, 0
    for number in range(most_sweeps):
        if not fewest or waited == _PATIENCE or (number > _HOPEFUL and 0 <= to_beat * 1.1 < crossings):
            break
        search.sweep(forwards=number % 2 == 0, turned=number % 4 > 1)
        if number < _WARM_UP:
            continue
        if number % 4 < 2:
            search.exchange(ties=True)
        search.exchange(ties=False)
        crossings = search.crossings()
        waited += 1
        if crossings < fewest:
            best, fewest, waited = [list(layer) for layer in search.layers], crossings, 0
    return best, fewest


class _Search:
    """Layers while their order is improved; ``pos`` is the place of every item in its layer."""

    def __init__(self, columns: Columns, start: Layers) -> None:
        self._up, self._down = columns.up, columns.down
        self.layers = [list(layer) for layer in start]
        self._pos = [0] * len(columns.rank)
        for layer in self.layers:
            self._number(layer)

    def crossings(self) -> int:
        return sum(crossings_between(layer, self._down, self._pos) for layer in self.layers[:-1])

    def sweep(self, *, forwards: bool, turned: bool) -> None:
        """Sort each column by where the neighbours in the column before, or after, stand.

        Those that belong to one place change their order when it is ``turned``, which leads out of dead ends.
        """
        neighbours = self._up if forwards else self._down
        numbers = range(1, len(self.layers)) if forwards else range(len(self.layers) - 2, -1, -1)
        pos = self._pos
        for number in numbers:
            layer = self.layers[number]
            scale = len(self.layers[number - 1 if forwards else number + 1]) / len(layer)
            keys = {
                item: sum([pos[other] for other in near]) / len(near)
                if (near := neighbours[item])
                else pos[item] * scale
                for item in layer
            }
            if turned:
                layer.reverse()
            layer.sort(key=keys.__getitem__)
            self._number(layer)

    def exchange(self, *, ties: bool) -> None:
        """Exchange items that stand next to each other where that removes crossings.

        With ``ties`` also, once, where it changes nothing: that opens ways to better orders.
        """
        todo = set(range(len(self.layers)))
        for _ in range(_MOST_ROUNDS):
            better = {number for number in sorted(todo) if self._exchange_in(self.layers[number], ties=ties)}
            todo = {near for number in better for near in (number - 1, number, number + 1)}
            todo &= set(range(len(self.layers)))
            if not todo:
                break

    def _exchange_in(self, layer: list[int], *, ties: bool) -> bool:
        pos = self._pos
        before, after = _places(self._up, layer, pos), _places(self._down, layer, pos)
        better = changed = False
        todo = list(range(len(layer) - 1))
        for _ in range(4):
            again: set[int] = set()
            for place in todo:
                following = place + 1
                one, two, left, right = before[place], before[following], after[place], after[following]
                if not ties and _apart(one, two) and _apart(left, right):
                    continue
                saved = _saved(one, two) + _saved(left, right)
                if saved > 0 or (ties and not saved):
                    layer[place], layer[following] = layer[following], layer[place]
                    before[place], before[following], after[place], after[following] = two, one, right, left
                    changed, better = True, better or saved > 0
                    again |= {place - 1, following}
            if not again:
                break
            ties = False
            todo = sorted(place for place in again if 0 <= place < len(layer) - 1)
        if changed:
            self._number(layer)
        return better

    def _number(self, layer: Sequence[int]) -> None:
        pos = self._pos
        for place, item in enumerate(layer):
            pos[item] = place


def _places(neighbours: Sequence[Sequence[int]], layer: Sequence[int], pos: Sequence[int]) -> list[list[int]]:
    """Where the neighbours of the items of a layer stand, in order."""
    return [
        [pos[near[0]]] if len(near) == 1 else sorted([pos[other] for other in near])
        for near in [neighbours[item] for item in layer]
    ]


def _apart(first: Sequence[int], second: Sequence[int]) -> bool:
    """Whether no edges of two items that stand next to each other cross; their neighbours' places."""
    return not first or not second or first[-1] <= second[0]


def _saved(first: Sequence[int], second: Sequence[int]) -> int:
    """How many crossings go when two items that stand next to each other are exchanged; their neighbours' places."""
    if not first or not second or first[-1] <= second[0]:
        return -1 if first and second and first[0] < second[-1] else 0
    if len(first) * len(second) > 40:
        return sum([bisect_left(second, place) - len(second) + bisect_right(second, place) for place in first])
    saved = 0
    for place in first:
        for other in second:
            if place > other:
                saved += 1
            elif place < other:
                saved -= 1
    return saved


def _twins_in_order(columns: Columns, layer: Sequence[int]) -> list[int]:
    """Items with the same neighbours in the order of their numbers: no crossing comes or goes."""
    keys = {item: (tuple(columns.up[item]), tuple(columns.down[item])) for item in layer}
    twins: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
    for item in sorted(layer, reverse=True):
        twins.setdefault(keys[item], []).append(item)
    return [twins[keys[item]].pop() for item in layer]


def _starts(columns: Columns, *, most: int) -> Iterator[Layers]:
    """Orders to begin with, the one that mostly leads further first."""
    yield _walked(columns, columns.up, columns.down)
    if most > 1:
        yield _walked(columns, columns.down, columns.up)


def _walked(columns: Columns, onward: Sequence[Sequence[int]], back: Sequence[Sequence[int]]) -> Layers:
    """Items in the order in which a walk into the depth meets them, so that trees are free of crossings."""
    layers: Layers = [[] for _ in columns.layers]
    seen = [False] * len(columns.rank)
    starts = [item for item in range(len(columns.rank)) if not back[item]]
    todo = starts[::-1]
    while todo:
        item = todo.pop()
        if seen[item]:
            continue
        seen[item] = True
        layers[columns.rank[item]].append(item)
        todo.extend(onward[item][::-1])
    return layers

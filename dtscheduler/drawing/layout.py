"""Where everything stands in a drawing: columns from left to right, edges around the nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dtscheduler.drawing.cards import card_of
from dtscheduler.drawing.columns import Columns, columns_of
from dtscheduler.drawing.crossing import Point, line_crossings
from dtscheduler.drawing.diagram import Diagram
from dtscheduler.drawing.ordering import ordered
from dtscheduler.drawing.packing import Area, packed
from dtscheduler.drawing.placing import placed
from dtscheduler.drawing.ranking import ranks_of

_STOP_HEIGHT = 4.0
_NARROWEST_GAP, _WIDEST_GAP, _STEEPEST = 52.0, 260.0, 9.0

Size = tuple[float, float]


class Direction(StrEnum):
    """Which way edges lead."""

    RIGHT = "right"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Box:
    """The rectangle of a node: its upper left corner, width and height, in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An edge as a polyline from the border of one box to that of another."""

    source: str
    target: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Boxes by the ids of the nodes, and one line for each edge, in the order of the diagram. All is in pixels."""

    boxes: Mapping[str, Box]
    lines: tuple[Line, ...]
    width: float
    height: float
    direction: Direction = Direction.RIGHT


def laid_out(
    diagram: Diagram, sizes: Mapping[str, Size] | None = None, *, direction: Direction = Direction.RIGHT
) -> Layout:
    """Lay out a diagram; the same diagram always gives the same layout.

    No two boxes overlap, every line leads from the side of its source to a target farther on, and no line runs through
    a third box. Parts that are not connected stand side by side. A column is never wrapped: what is very tall
    is folded in the diagram.

    Args:
        diagram: Its edges are free of cycles.
        sizes: Width and height of every node by its id, in pixels; those of its card by default.
        direction: Which way edges lead.
    """
    if sizes is None:
        cards = {node.id: card_of(node) for node in diagram.nodes}
        sizes = {key: (card.width, card.height) for key, card in cards.items()}
    down = Direction(direction) is Direction.DOWN
    ids = [node.id for node in diagram.nodes]
    extents = [sizes[key][::-1] if down else sizes[key] for key in ids]
    index = {key: number for number, key in enumerate(ids)}
    after: list[list[int]] = [[] for _ in ids]
    for edge in diagram.edges:
        after[index[edge.source]].append(index[edge.target])
    pieces = [_Piece(nodes, after, extents) for nodes in _components(after)]
    area = packed([Area(piece.width, piece.height, len(piece.nodes)) for piece in pieces], wide=not down)
    boxes: dict[int, Box] = {}
    points: dict[tuple[int, int], tuple[Point, ...]] = {}
    for piece, (x, y) in zip(pieces, area.corners, strict=True):
        boxes |= piece.boxes_at(x, y)
        points |= piece.lines_at(x, y)
    turned = _turned if down else _as_it_is
    return Layout(
        boxes={key: _box(boxes[number], down=down) for number, key in enumerate(ids)},
        lines=tuple(
            Line(source=e.source, target=e.target, points=turned(points[index[e.source], index[e.target]]))
            for e in diagram.edges
        ),
        width=area.height if down else area.width,
        height=area.width if down else area.height,
        direction=direction,
    )


def crossings(layout: Layout) -> int:
    """How many times the lines of a layout cross; lines that run along each other do not."""
    return line_crossings(line.points for line in layout.lines)


class _Piece:
    """One connected part of a diagram, laid out from left to right with its upper left corner at (0, 0)."""

    def __init__(self, nodes: Sequence[int], after: Sequence[Sequence[int]], extents: Sequence[Size]) -> None:
        self.nodes = nodes
        index = {node: number for number, node in enumerate(nodes)}
        down = [list(dict.fromkeys(index[target] for target in after[node])) for node in nodes]
        up: list[list[int]] = [[] for _ in nodes]
        for number, targets in enumerate(down):
            for target in targets:
                up[target].append(number)
        self._sizes = [extents[node] for node in nodes]
        self._down = down
        self._columns = columns_of(down, ranks_of(up, down))
        layers = ordered(self._columns)
        stops = len(self._columns.rank) - len(nodes)
        heights = [height for _, height in self._sizes] + [_STOP_HEIGHT] * stops
        middles = placed(self._columns, layers, heights)
        top = min(middle - height / 2 for middle, height in zip(middles, heights, strict=True))
        self._middles = [middle - top for middle in middles]
        self.height = max(middle + height / 2 for middle, height in zip(self._middles, heights, strict=True))
        self._lefts, self._rights = _column_edges(self._columns, self._middles, self._sizes)
        self.width = self._rights[-1]

    def boxes_at(self, x: float, y: float) -> dict[int, Box]:
        found = {}
        for number, node in enumerate(self.nodes):
            width, height = self._sizes[number]
            left = self._lefts[self._columns.rank[number]]
            found[node] = Box(x + left, y + self._middles[number] - height / 2, width, height)
        return found

    def lines_at(self, x: float, y: float) -> dict[tuple[int, int], tuple[Point, ...]]:
        return {
            (self.nodes[source], self.nodes[target]): self._line(source, target, x, y)
            for source, targets in enumerate(self._down)
            for target in targets
        }

    def _line(self, source: int, target: int, x: float, y: float) -> tuple[Point, ...]:
        """Level through every column, also beside a box that is narrower than its column; straight in between."""
        middles, rank = self._middles, self._columns.rank
        items = self._columns.way(source, target)
        first = self._lefts[rank[source]] + self._sizes[source][0]
        points = [(x + first, y + middles[source]), (x + self._rights[rank[source]], y + middles[source])]
        for item in items[1:-1]:
            points.append((x + self._lefts[rank[item]], y + middles[item]))
            points.append((x + self._rights[rank[item]], y + middles[item]))
        points.append((x + self._lefts[rank[target]], y + middles[target]))
        return _without_needless(points)


def _column_edges(columns: Columns, middles: Sequence[float], sizes: Sequence[Size]) -> tuple[list[float], list[float]]:
    """Left and right edge of every column; gaps are wider where edges are steep."""
    steepest = [0.0] * len(columns.layers)
    widths = [0.0] * len(columns.layers)
    for item, rank in enumerate(columns.rank):
        if item < columns.nodes:
            widths[rank] = max(widths[rank], sizes[item][0])
        for other in columns.down[item]:
            steepest[rank] = max(steepest[rank], abs(middles[other] - middles[item]))
    lefts, rights = [], []
    x = 0.0
    for width, rise in zip(widths, steepest, strict=True):
        lefts.append(x)
        rights.append(x + width)
        x += width + min(_WIDEST_GAP, max(_NARROWEST_GAP, rise / _STEEPEST))
    return lefts, rights


def _without_needless(points: Sequence[Point]) -> tuple[Point, ...]:
    """Without the points between two others of the same height, and without repeated ones."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and kept[-2][1] == kept[-1][1] == point[1]:
            kept[-1] = point
        else:
            kept.append(point)
    return tuple(kept)


def _components(after: Sequence[Sequence[int]]) -> list[list[int]]:
    """Which nodes are connected, each list in the order of their numbers, in the order of their first."""
    near: list[list[int]] = [list(targets) for targets in after]
    for node, targets in enumerate(after):
        for target in targets:
            near[target].append(node)
    seen = [False] * len(after)
    found = []
    for start in range(len(after)):
        if seen[start]:
            continue
        seen[start] = True
        component = [start]
        for node in component:
            for other in near[node]:
                if not seen[other]:
                    seen[other] = True
                    component.append(other)
        found.append(sorted(component))
    return found


def _box(box: Box, *, down: bool) -> Box:
    return Box(box.y, box.x, box.height, box.width) if down else box


def _turned(points: tuple[Point, ...]) -> tuple[Point, ...]:
    return tuple((y, x) for x, y in points)


def _as_it_is(points: tuple[Point, ...]) -> tuple[Point, ...]:
    return points

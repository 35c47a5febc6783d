"""How many times lines cross."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

Point = tuple[float, float]
_Segment = tuple[float, float, float, float, int]


def line_crossings(lines: Iterable[Sequence[Point]]) -> int:
    """Count the crossings of polylines; touching and running along each other are none, nor does a line cross itself.

    Args:
        lines: each the points (x, y) of one line, in pixels or whatever else.
    """
    segments: list[_Segment] = []
    for number, points in enumerate(lines):
        for (x1, y1), (x2, y2) in pairwise(points):
            segments.append((x1, y1, x2, y2, number) if x1 <= x2 else (x2, y2, x1, y1, number))
    segments.sort()
    found = 0
    active: list[_Segment] = []
    for segment in segments:
        start = segment[0]
        active = [other for other in active if other[2] >= start]
        low, high = min(segment[1], segment[3]), max(segment[1], segment[3])
        found += sum(
            [
                _cross(segment, other)
                for other in active
                if (other[1] < high or other[3] < high) and (other[1] > low or other[3] > low)
            ]
        )
        active.append(segment)
    return found


def _cross(one: _Segment, other: _Segment) -> bool:
    ax, ay, bx, by, line = one
    cx, cy, dx, dy, other_line = other
    if line == other_line:
        return False
    sides = (
        (bx - ax) * (cy - ay) - (by - ay) * (cx - ax),
        (bx - ax) * (dy - ay) - (by - ay) * (dx - ax),
        (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx),
        (dx - cx) * (by - cy) - (dy - cy) * (bx - cx),
    )
    return sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0

"""How pieces of a drawing that are not connected stand together on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

_GAP = 36.0
_SMALL_GAP = 20.0
_SHAPE = 1.8


@dataclass(frozen=True, slots=True)
class Area:
    """Width and height of one piece in pixels, and the number of its nodes."""

    width: float
    height: float
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The upper left corners of the pieces, in their order, and the size of all together."""

    corners: tuple[tuple[float, float], ...]
    width: float
    height: float


def packed(pieces: Sequence[Area], *, wide: bool = True) -> Sheet:
    """Put pieces in rows, from left to right and top to bottom, in their order; single nodes come last.

    Args:
        pieces: in any number.
        wide: whether the sheet is to be wider than high; else the other way round.
    """
    shape = _SHAPE if wide else 1 / _SHAPE
    total = sum((piece.width + _GAP) * (piece.height + _GAP) for piece in pieces)
    most = max([sqrt(total * shape), *(piece.width for piece in pieces)])
    corners = [(0.0, 0.0)] * len(pieces)
    x = y = row = width = height = 0.0
    order = sorted(range(len(pieces)), key=lambda number: pieces[number].nodes == 1)
    alone = False
    for number in order:
        piece = pieces[number]
        begins_alone = piece.nodes == 1 and not alone
        gap = _SMALL_GAP if alone else _GAP
        if x and (x + piece.width > most or begins_alone):
            x, y, row = 0.0, y + row + gap, 0.0
        alone = alone or begins_alone
        corners[number] = (x, y)
        row = max(row, piece.height)
        width, height = max(width, x + piece.width), max(height, y + row)
        x += piece.width + (_SMALL_GAP if alone else _GAP)
    return Sheet(corners=tuple(corners), width=width, height=height)

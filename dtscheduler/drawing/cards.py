"""How large the card of a node is, and what of its texts fits on it."""

from __future__ import annotations

from dataclasses import dataclass

from dtscheduler.drawing.diagram import Node, NodeKind
from dtscheduler.drawing.lettering import fitted, width_of

LABEL_SIZE, DETAIL_SIZE = 13.0, 11.0
TEXT_LEFT, TEXT_RIGHT = 40.0, 14.0
BARE_LEFT = 16.0
STACK = 4.0
_WIDEST, _NARROWEST = 236.0, 116.0
_JUNCTION = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Width and height in pixels, where the texts begin, and the texts as they fit."""

    width: float
    height: float
    left: float
    label: str
    detail: str


def card_of(node: Node) -> Card:
    """The card of a node; that of a fan-out has room for the cards behind it and for a bar of counts."""
    if node.kind is NodeKind.JUNCTION:
        return Card(width=_JUNCTION, height=_JUNCTION, left=0, label="", detail="")
    left = BARE_LEFT if node.status is None else TEXT_LEFT
    room = _WIDEST - left - TEXT_RIGHT
    label = fitted(node.label, room, LABEL_SIZE, bold=True)
    detail = fitted(node.detail, room, DETAIL_SIZE)
    used = max(width_of(label, LABEL_SIZE, bold=True), width_of(detail, DETAIL_SIZE))
    width = min(_WIDEST, max(_NARROWEST, used + left + TEXT_RIGHT))
    height = 48.0
    if node.fan_out:
        width, height = width + 2 * STACK, height + 2 * STACK + (8 if node.counts else 0)
    return Card(width=float(round(width)), height=height, left=left, label=label, detail=detail)

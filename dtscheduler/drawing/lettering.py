"""How wide a text is when it is drawn, and what of it fits into a given width."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Advances in thousandths of the font size, as the usual sans-serif fonts have them, rounded up.
_NARROW = dict.fromkeys("iljI|!.,:;'`", 285) | dict.fromkeys('ftr()[]{}-/\\ "*', 370)
_WIDE = dict.fromkeys("mMW@%", 900) | dict.fromkeys("ABCDEFGHKNOPQRSTUVXYZ&w", 710)
_ADVANCES = dict.fromkeys(map(chr, range(32, 127)), 580) | _NARROW | _WIDE | {"…": 1000, "×": 600}
_OTHER, _FULL = 640, 1250
_BOLDER = 1.06


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a line of text in pixels, for letters of ``size`` pixels; rather too much than too little."""
    return sum(map(_advance, text)) * size / 1000 * (_BOLDER if bold else 1)


def fitted(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """As much of a text as fits into ``width`` pixels; where it is cut stands an ellipsis."""
    head = text[: int(width / (0.2 * size)) + 2]  # no letter that shows is narrower than that
    if len(head) == len(text) and width_of(text, size, bold=bold) <= width:
        return text
    room = width - width_of("…", size, bold=bold)
    used = 0.0
    for end, character in enumerate(head):
        used += width_of(character, size, bold=bold)
        if used > room:
            return _whole(head[:end]) + "…"
    return _whole(head) + "…"


@lru_cache(maxsize=4096)
def _advance(character: str) -> int:
    known = _ADVANCES.get(character)
    if known is not None:
        return known
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return _FULL if unicodedata.east_asian_width(character) in ("W", "F") else _OTHER


def _whole(text: str) -> str:
    """Without a last letter whose joined parts would be cut off."""
    return text.rstrip().rstrip("\u200d")

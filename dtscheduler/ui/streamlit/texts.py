"""How text from data stands in Streamlit's labels and messages, which read Markdown, exactly as it is."""

from __future__ import annotations

import re

from dtscheduler.model.shown import printable

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")
_DRAWN = re.compile(r"(?<!\S)(<->|->|<-|--|>=|<=|~=)(?!\S)|:streamlit:")
_LINKED = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_JOINER = "\u2060"  # has no width; a backslash keeps Streamlit neither from drawing ``->`` nor from linking addresses
_INDENT = re.compile(r"^ +")


def literal(text: str) -> str:
    """Markdown that shows a text as it is, on one line: no mark in it means anything, no control character acts."""
    whole = _DRAWN.sub(lambda found: f"{found[0][0]}{_JOINER}{found[0][1:]}", printable(text))
    whole = _INDENT.sub(lambda found: "\u00a0" * len(found[0]), _LINKED.sub(_JOINER, whole))
    return _MARKS.sub(r"\\\1", whole)


def alarming(text: str) -> str:
    """Markdown that shows a text as it is, small, in the theme's red, after a sign."""
    return f":red[:small[:material/error: {literal(text)}]]"

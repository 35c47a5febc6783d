"""How text of others is made harmless for a terminal: what would be obeyed is shown instead."""

from __future__ import annotations


def printable(text: str, *, lines: bool = False) -> str:
    r"""A text in which control characters, and marks that reorder it, are written as ``\x1b``.

    Args:
        text: names, reasons, logs.
        lines: whether line breaks stay; else they become spaces, so that none forges a line.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _written(c, lines) for c in text)


def _written(character: str, lines: bool) -> str:
    if character == "\n":
        return "\n" if lines else " "
    return "\t" if lines and character == "\t" else ascii(character)[1:-1]

"""Rows of words as a table, on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Rows = Sequence[Sequence[str]]


def text_table(header: Sequence[str], rows: Rows) -> str:
    """Columns aligned on the left, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (header, *rows)
    )


def html_table(caption: Sequence[str], header: Sequence[str], rows: Rows) -> str:
    """A table with a caption of lines above it; every text is escaped."""
    head = "".join(f"<th style='text-align:left'>{escape(cell)}</th>" for cell in header)
    body = "".join(f"<tr>{_html_cells(row)}</tr>" for row in rows)
    lines = "<br>".join(escape(line) for line in caption)
    return f"<div>{lines}</div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_cells(row: Sequence[str]) -> str:
    return "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row)

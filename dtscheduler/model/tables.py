"""Rows of words as a table, on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dtscheduler.model.shown import printable

Rows = Sequence[Sequence[str]]

_PLAIN = "tex2jax_ignore"  # notebooks take $...$ for mathematics elsewhere
# Notebooks align cells on the right, by rules more specific than these; all colours are left to the page, light or dark.
# What has dropped the style sheet still shows a table. unicode-bidi keeps names of other scripts within their cells.
_STYLE = (
    "<style>.dts-table{line-height:1.5}"
    ".dts-table table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:4px 0}"
    ".dts-table table th,.dts-table table td{text-align:left!important;vertical-align:top!important;"
    "padding:2px 16px 2px 0!important;line-height:1.5;white-space:pre-line!important;overflow-wrap:anywhere;"
    "unicode-bidi:plaintext}"
    ".dts-table table th{white-space:nowrap!important}</style>"
)


def text_table(header: Sequence[str], rows: Rows) -> str:
    """Columns aligned on the left, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (header, *rows)
    )


def html_table(caption: Sequence[str], header: Sequence[str] = (), rows: Rows = (), more: str = "") -> str:
    """A table with a caption of lines above it.

    Args:
        caption: lines of text.
        header: of the columns; without one there is no table.
        rows: cells of text; lines in them are kept.
        more: a line below, such as how many rows are left out.

    Returns:
        HTML in which every text is escaped, and what would reorder it or be obeyed is written out.
    """
    above = "".join(f"<div>{_text(line)}</div>" for line in caption)
    below = f"<div>{_text(more)}</div>" if more else ""
    if not header:
        return f'<div class="{_PLAIN}">{above}{below}</div>'
    heads = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="dts-table {_PLAIN}">{_STYLE}{above}{table}{below}</div>'


def left_out(total: int, shown: int, word: str = "") -> str:
    """``"and 7 more"``, or with a word for what they are ``"and 7 more parts"``; empty where all are shown."""
    more = total - shown
    return f"and {more:,} more{f' {word}' if word and more > 1 else ''}" if more > 0 else ""


def _text(text: str) -> str:
    return escape(printable(text, lines=True), quote=False)  # it only ever stands between tags

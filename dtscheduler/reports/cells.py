"""How values become cells of a CSV file that a spreadsheet shows, and does not execute.

A text is taken for a formula when it starts with ``= + - @`` or one of their full-width forms, whatever white space,
quotes and invisible characters stand before; a tab or a line break at its start hides what follows. Such a text gets a
leading ``'``. So does what follows ``;``, a tab or a line break inside a text, because where a comma is the decimal
mark spreadsheets part cells at ``;`` and take no notice of quotes that begin later. Whoever removes each ``'`` that
stands there has the text back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dtscheduler.stores.legible import legible

Cells = list[str]

# Quotes, white space but what parts lines and cells, control characters, and what has no width.
_UNSEEN = (
    "\\x00-\\x08\\x0b\\x0c\\x0e-\\x20\"'\\x7f-\\xa0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u180e\\u2000-\\u200f"
    "\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufe00-\\ufe0f\\ufeff\\U000e0000-\\U000e007f"
)
_OPENER = "[=+\\-@\\uff1d\\uff0b\\uff0d\\uff20]"
AT_START = f"(?=[{_UNSEEN}\\t\\r\\n]*{_OPENER}|[\"']*[\\t\\r\\n])"
INSIDE = f"(?=[{_UNSEEN}]*{_OPENER})"
_EXECUTED = re.compile(f"\\A{AT_START}|(?<=[;\\t\\r\\n]){INSIDE}")
_HARMLESS = re.compile('[A-Za-z0-9_][^;,"\\t\\r\\n\\x00]*')
_QUOTED = re.compile('[",\\r\\n]')


def text_cell(text: str, *, raw: bool = False) -> str:
    """One text as a cell; ``raw`` leaves formulas as they are."""
    if text.isascii() and _HARMLESS.fullmatch(text):
        return text
    text = legible(text)
    if not raw:
        text = _EXECUTED.sub("'", text)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def text_cells(texts: Sequence[str], *, raw: bool = False) -> Cells:
    """Texts as cells. Most columns need nothing done, which is seen on all texts at once."""
    together = "\n".join(texts)
    noticed = _OF_NOTE_IF_RAW if raw else _OF_NOTE
    lines = together.count("\n") + 1
    if together.isascii() and lines <= len(texts) and not any(character in together for character in noticed):
        return list(texts)
    seen = {text: text_cell(text, raw=raw) for text in set(texts)}
    return [seen[text] for text in texts]


def whole_cells(values: Sequence[int | None]) -> Cells:
    """Whole numbers as cells."""
    return ["" if value is None else str(value) for value in values]


def number_cells(values: Sequence[float | None]) -> Cells:
    """Numbers as cells: the shortest text that is read back as the same number."""
    return ["" if value is None else repr(value) for value in values]


def length_cells(values: Sequence[int | None]) -> Cells:
    """Lengths of time in microseconds as cells, in seconds."""
    return ["" if value is None else repr(value / 1_000_000) for value in values]


def time_cells(values: Sequence[int | None]) -> Cells:
    """Times, microseconds since 1970, as cells: ``2026-01-31T12:00:00.123456Z``."""
    if len(_SECONDS) > _MOST_SECONDS:
        _SECONDS.clear()
    seconds = _SECONDS
    return ["" if value is None else f"{seconds[value // 1_000_000]}{value % 1_000_000:06d}Z" for value in values]


class _Seconds(dict[int, str]):
    """Times are near each other, and one second has many."""

    def __missing__(self, second: int) -> str:
        text = self[second] = (_EPOCH + timedelta(seconds=second)).isoformat()[:19] + "."
        return text


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = _Seconds()
_MOST_SECONDS = 50_000
_OF_NOTE_IF_RAW = '",\r\0'
_OF_NOTE = _OF_NOTE_IF_RAW + "=+-@\t"

"""A table as one HTML page that needs no other file and runs no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from itertools import islice
from typing import Any

from dtscheduler.model.durations import show_duration
from dtscheduler.model.shown import printable
from dtscheduler.reports.files import Target, text_for

_AT_A_TIME = 1_000
_STYLE = """
:root { color-scheme: light dark; font: 14px/1.45 system-ui, sans-serif; }
body { margin: 2rem; }
h1 { font-size: 1.3rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { position: sticky; top: 0; background: Canvas; text-align: left; border-bottom: 2px solid; }
th, td { padding: .3rem .7rem; vertical-align: top; overflow-wrap: anywhere; }
td { border-bottom: 1px solid color-mix(in srgb, CanvasText 18%, Canvas); }
.n { text-align: right; white-space: nowrap; }
"""


def write_table_page(title: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], target: Target) -> int:
    """Write rows as a page, some at a time; how many they were.

    Args:
        title: what the page is about.
        columns: their names.
        rows: plain values by name of column.
        target: a path, or an open file.

    Raises:
        SchedulerError: the file cannot be written; what stood there before is untouched.
    """
    count, remaining = 0, iter(rows)
    heads = "".join(f'<th scope="col">{_text(name.replace("_", " "))}</th>' for name in columns)
    with text_for(target) as file:
        file.write(
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{_text(title)}</h1>\n"
            f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
        )
        while some := list(islice(remaining, _AT_A_TIME)):
            count += len(some)
            file.write("".join(f"<tr>{''.join(_cell(row[name]) for name in columns)}</tr>\n" for row in some))
        file.write(f"</tbody>\n</table>\n<p>{count:,} rows</p>\n</body>\n</html>\n")
    return count


def _cell(value: object) -> str:
    if isinstance(value, int | float | timedelta) and not isinstance(value, bool):
        return f'<td class="n">{_shown(value)}</td>'
    return f"<td>{_shown(value)}</td>"


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f'<time datetime="{value.isoformat()}">{value:%Y-%m-%d %H:%M:%S} UTC</time>'
    if isinstance(value, timedelta):
        return _text(show_duration(value) if value >= timedelta(0) else f"-{show_duration(-value)}")
    if isinstance(value, float):
        return f"{value:,.2f}"
    return _text(str(value))


def _text(text: str) -> str:
    return escape(printable(text), quote=True)

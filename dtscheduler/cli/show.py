"""How the command line shows records: as tables for people, as JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

import click

from dtscheduler.model.durations import show_duration
from dtscheduler.model.secrets import masked_text
from dtscheduler.model.shown import printable
from dtscheduler.model.status import RunStatus, TaskStatus

Row = Mapping[str, Any]
WIDE = 180

_COLOURS = {
    "completed": "green",
    "reused": "cyan",
    "running": "blue",
    "failed": "red",
    "failed_after": "red",
    "out_of_memory": "red",
    "stopped": "yellow",
    "expired": "yellow",
}


def show_rows(rows: Sequence[Row], *, as_json: bool, empty: str) -> None:
    """Print rows that share their keys; ``empty`` says what to do when there are none."""
    if as_json:
        click.echo(_json([_plain_row(row) for row in rows]))
    elif not rows:
        click.echo(empty)
    else:
        _print_table(rows)


def show_facts(facts: Row, *, as_json: bool) -> None:
    """Print one record, a line a field."""
    if as_json:
        click.echo(_json(_plain_row(facts)))
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' '):{width}}  {_text(value)}")


def _json(value: object) -> str:
    """JSON that people can read and no terminal obeys."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(c if c == "\n" or c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _print_table(rows: Sequence[Row]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDE, highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, value in rows[0].items():
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_text(value), style=_style(value)) for value in row.values()))
    console.print(table)


def _style(value: object) -> str:
    return _COLOURS.get(str(value), "") if isinstance(value, RunStatus | TaskStatus) else ""


def _text(value: object) -> str:
    """What a person reads: secrets are masked, and control characters in texts of others are shown, not obeyed."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Seconds):
        return show_duration(value)
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value)
    return printable(masked_text(str(value.value if isinstance(value, Enum) else value)))


def _plain_row(row: Row) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, list | tuple):
        return [_plain_row(item) if isinstance(item, Mapping) else _plain(item) for item in value]
    return value


class Seconds(float):
    """A length of time in seconds, shown as one."""

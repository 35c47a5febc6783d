"""A table as a widget: to read, to choose a row from, to edit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import anywidget
import traitlets

from dtscheduler.ui.notebook.assets import joined
from dtscheduler.ui.notebook.shown import Shown

HEIGHT = 320
MOST_SHOWN, LONGEST_SHOWN = 20, 40
LARGEST_EXACT = 2**53 - 1
ColumnKind = Literal["text", "int", "float", "flag", "date", "datetime", "time", "choice", "choices"]
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Args:
        name: What ``look_column`` and problems call it.
        label: What stands above it.
        kind: What its cells hold, in their plain form: dates and times are ISO text, ``choices`` a list.
        choices: Of ``choice`` and ``choices``: values, or pairs of a value and its label.
        editable: Whether its cells may be edited, in a table that may be.
        width: In pixels; None is as wide as it has to be.
        align: Where the text stands in its cells.
        help: What is said of the column when the mouse is over its label.
        start: What its cell holds in a row that was added.
    """

    name: str
    label: str
    kind: ColumnKind = "text"
    choices: tuple[Any, ...] = ()
    editable: bool = True
    width: int | None = None
    align: Literal["left", "right", "center"] = "left"
    help: str = ""
    start: Any = None

    def pairs(self) -> list[tuple[Any, str]]:
        """The choices with their labels."""
        return [each if isinstance(each, tuple) else (each, str(each)) for each in self.choices]

    def text(self, value: Any) -> str:
        """A cell of it as text."""
        if value is None:
            return ""
        if self.kind == "flag" and isinstance(value, bool):
            return "yes" if value else "no"
        if self.kind == "choices" and isinstance(value, list | tuple):
            return ", ".join(map(self._label, value))
        return self._label(value) if self.kind == "choice" else str(value)

    def _label(self, value: Any) -> str:
        found = (label for each, label in self.pairs() if each == value and type(each) is type(value))
        return next(found, str(value))


def _columns_to_wire(columns: Iterable[Column], widget: object) -> list[dict[str, Any]]:
    return [
        {
            "name": column.name,
            "label": column.label,
            "kind": column.kind,
            "choices": [list(pair) for pair in column.pairs()],
            "editable": column.editable,
            "width": column.width,
            "align": column.align,
            "help": column.help,
            "start": column.start,
        }
        for column in columns
    ]


def _rows_to_wire(rows: Iterable[Row], widget: object) -> list[list[Any]]:
    return [list(map(_to_wire, row)) for row in rows]


def _to_wire(value: Any) -> Any:
    """A cell; numbers that JSON or a browser would change go as text."""
    inexact = isinstance(value, int) and abs(value) > LARGEST_EXACT
    return str(value) if inexact or (isinstance(value, float) and not math.isfinite(value)) else value


def _rows_from_wire(rows: Any, widget: Table) -> list[list[Any]]:
    """Rows as a browser sends them: each as long as there are columns, numbers as their columns have them."""
    columns, found = widget.columns, rows if isinstance(rows, list) else []
    cells = ((list(row) + [None] * len(columns))[: len(columns)] for row in found if isinstance(row, list))
    return [[_from_wire(column, cell) for column, cell in zip(columns, row, strict=True)] for row in cells]


def _from_wire(column: Column, value: Any) -> Any:
    if column.kind == "float" and isinstance(value, int | str) and not isinstance(value, bool):
        return _number(float, value)
    return _number(int, value) if column.kind == "int" and isinstance(value, str) else value


def _number(kind: type[int] | type[float], value: int | str) -> Any:
    """What a number was typed as; what is none stays, for whoever checks it."""
    try:
        return kind(value)
    except (ValueError, OverflowError):
        return value


class Table(Shown, anywidget.AnyWidget):
    """A table of plain values.

    Arrows go from cell to cell, Enter or F2 edits, Escape leaves a cell as it was, Delete clears it; Insert adds a row
    and Ctrl+Delete removes one; what a spreadsheet has copied can be pasted. A cell that is being edited stays so when
    ``rows`` is set, and what was typed is written to the row that is then at its place.

    Args:
        columns: What there is in each row.
        rows: Plain values, one for each column.
        label: What a screen reader calls it.
        selectable: Whether the user may choose a row.
        editable: Whether the user may change cells, add rows and remove them.
        looks: For each row a key of ``dtscheduler.ui.graph_looks.LOOKS``, or an empty text.
        look_column: The name of the column that has the colours and the sign of these looks.
        problems: What is wrong: row, name of the column or an empty text, message.
        empty: What is said where there is no row.
        height: How high it grows at most, in pixels, before it scrolls.

    Observe ``value``, the rows as they are after an edit, and ``selected``, the row that is chosen, or None.
    """

    _esm = joined("table.js")
    _css = joined("table.css")

    columns = traitlets.Any(()).tag(sync=True, to_json=_columns_to_wire)
    value: traitlets.List[Any] = traitlets.List().tag(sync=True, to_json=_rows_to_wire, from_json=_rows_from_wire)
    selected = traitlets.Int(None, allow_none=True).tag(sync=True)
    problems: traitlets.List[Any] = traitlets.List().tag(sync=True)
    looks: traitlets.List[Any] = traitlets.List().tag(sync=True)
    look_column = traitlets.Unicode("").tag(sync=True)
    palette = traitlets.Dict().tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    selectable = traitlets.Bool(False).tag(sync=True)
    editable = traitlets.Bool(False).tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)
    empty = traitlets.Unicode("").tag(sync=True)
    height = traitlets.Int(HEIGHT).tag(sync=True)

    def __init__(
        self,
        columns: Iterable[Column],
        rows: Iterable[Row] = (),
        *,
        label: str,
        selectable: bool = False,
        editable: bool = False,
        looks: Iterable[str] = (),
        look_column: str = "",
        problems: Iterable[tuple[int, str, str]] = (),
        empty: str = "There are no rows",
        height: int = HEIGHT,
        **layout: Any,
    ) -> None:
        super().__init__(
            columns=tuple(columns),
            value=list(map(list, rows)),
            label=label,
            selectable=selectable,
            editable=editable,
            looks=list(looks),
            look_column=look_column,
            problems=list(map(list, problems)),
            empty=empty,
            height=height,
            **layout,
        )

    @property
    def rows(self) -> list[list[Any]]:
        """The rows as they are; set it to show others. The same as ``value``."""
        found: list[list[Any]] = self.value
        return found

    @rows.setter
    def rows(self, rows: Iterable[Row]) -> None:
        self.show(rows)

    def show(self, rows: Iterable[Row], looks: Iterable[str] | None = None) -> None:
        """Show other rows, with their looks, in one go; a row that is chosen stays if there still is one at its place."""
        with self.hold_sync():
            if looks is not None:
                self.looks = list(looks)
            self.value = list(map(list, rows))

    @traitlets.observe("value")
    def _let_go(self, change: object) -> None:
        if self.selected is not None and self.selected >= len(self.value):
            self.selected = None

    @traitlets.observe("looks")
    def _paint(self, change: object) -> None:
        if any(self.looks) and not self.palette:
            from dtscheduler.ui.graph_looks import wired_looks

            self.palette = wired_looks()["looks"]

    def _text(self) -> str:
        lines = [[column.label for column in self.columns]]
        lines += [
            [column.text(cell) for column, cell in zip(self.columns, row, strict=False)]
            for row in self.value[:MOST_SHOWN]
        ]
        short = [[_shortened(cell) for cell in line] for line in lines]
        widths = [max(map(len, column)) for column in zip(*short, strict=False)]
        said = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in short]
        more = len(self.value) - MOST_SHOWN
        return "\n".join([*said, *([f"and {more:,} rows more"] if more > 0 else [])] if self.value else [self.empty])


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[: LONGEST_SHOWN - 1]}…"

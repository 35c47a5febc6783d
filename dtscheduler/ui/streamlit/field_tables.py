"""Fields that are filled in as tables: data frames, and lists of groups or of dates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import streamlit as st

from dtscheduler.forms.fields import Field, Kind
from dtscheduler.ui.streamlit.remembered import keep_table, table_kept
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.fields import columns_of, id_of, ids_of, limits_of, shown, table_rows, table_value

if TYPE_CHECKING:
    import pandas as pd

_TYPES = {
    Kind.INT: "Int64",
    Kind.FLOAT: "Float64",
    Kind.FLAG: "boolean",
    Kind.DATE: "datetime64[us]",
    Kind.DATETIME: "datetime64[us]",
    Kind.TIME: "object",
}


def edit_table(field: Field, given: Any, key: str, *, disabled: bool) -> Any:
    """Let somebody edit the value of a table or of a list.

    Returns:
        ``{"columns": [...], "rows": [...]}`` of a table, a list of plain values or of dicts of a list.
    """
    columns = columns_of(field)
    frame, editor = table_kept(key, columns, lambda: _frame(columns, table_rows(field, given)))
    edited = st.data_editor(
        frame,
        num_rows="dynamic",
        hide_index=True,
        column_config={column.name: _column(column, _as_text(column, frame)) for column in columns},
        key=editor,
        disabled=disabled,
        alt=field.label,
    )
    keep_table(key, edited)
    empty = {place for place, row in zip(frame.index, _cells(frame), strict=True) if not _filled(row)}
    rows = [
        [_plain(column, value) for column, value in zip(columns, row, strict=True)]
        for place, row in zip(edited.index, _cells(edited), strict=True)
        if _filled(row) or place in empty  # an empty row that was added and not filled in is none
    ]
    return table_value(field, rows)


def _frame(columns: Sequence[Field], rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """The rows as a frame whose columns have types, so that an empty one is edited as it should be."""
    import pandas as pd

    made = {}
    for place, column in enumerate(columns):
        given = [row[place] for row in rows]
        try:
            values = [_cell(column, value) for value in given]
            made[column.name] = pd.Series(values, dtype=_TYPES.get(column.kind, "str"))
        except (TypeError, ValueError):  # it has a zone, or is not of the column's kind, as the core says then
            made[column.name] = pd.Series([None if v is None else shown(v) for v in given], dtype="str")
    return pd.DataFrame(made)


def _as_text(column: Field, frame: pd.DataFrame) -> bool:
    """Whether a column of another kind holds texts, because not all of its values are of that kind."""
    return column.kind in _TYPES and str(frame[column.name].dtype) in ("str", "string")


def _filled(row: Sequence[Any]) -> bool:
    return any(value is not None for value in row)


def _cells(frame: pd.DataFrame) -> Iterator[list[Any]]:
    import pandas as pd

    for row in frame.itertuples(index=False, name=None):
        yield [None if value is None or value is pd.NaT or value is pd.NA or value != value else value for value in row]


def _cell(column: Field, value: Any) -> Any:
    """A plain value as the table holds it."""
    if value is None:
        return None
    if column.kind is Kind.CHOICE:
        return id_of(value, ids_of(column.choices)) or shown(value)
    if column.kind is Kind.TIME:
        return time.fromisoformat(value)
    return value if column.kind in _TYPES else shown(value)


def _plain(column: Field, value: Any) -> Any:
    """What a cell holds as a plain value."""
    if value is None:
        return None
    if column.kind is Kind.CHOICE:
        choice = ids_of(column.choices).get(value)
        return value if choice is None else choice.value
    if column.kind is Kind.DATE and isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _column(column: Field, as_text: bool) -> Any:
    """How a column is edited, as text or by its kind. The limits are for convenience: the core checks what comes back."""
    config = st.column_config
    told: dict[str, Any] = {
        "label": column.label,
        "help": literal(column.help) if column.help else None,
        "required": column.required and column.kind is not Kind.FLAG,
    }
    low, high, step = limits_of(column)
    if as_text:
        return config.TextColumn(**told)
    if column.kind is Kind.INT:
        return config.NumberColumn(**told, min_value=low, max_value=high, step=step, format="%d")
    if column.kind is Kind.FLOAT:
        return config.NumberColumn(**told, min_value=low, max_value=high)
    if column.kind is Kind.CHOICE:
        ids = ids_of(column.choices)
        return config.SelectboxColumn(
            **told, options=list(ids), format_func=lambda each: ids[each].label if each in ids else str(each)
        )
    simple: dict[Kind, Callable[..., Any]] = {
        Kind.FLAG: config.CheckboxColumn,
        Kind.DATE: config.DateColumn,
        Kind.DATETIME: config.DatetimeColumn,
        Kind.TIME: config.TimeColumn,
    }
    return simple.get(column.kind, config.TextColumn)(**told)

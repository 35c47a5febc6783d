"""Tables as fields: a DataFrame whose columns come from its default, or from the annotation."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, get_type_hints

from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.fields import Field, Kind, Problem
from dtscheduler.forms.leaves import LEAVES, Unfit, shown

MOST_ROWS = 100_000
MOST_PROBLEMS = 20
Columns = Mapping[str, type]


def is_frame(kind: Any) -> bool:
    """Whether a type is pandas' DataFrame; pandas itself is not imported for that."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and kind is pandas.DataFrame


def column_types(metadata: Sequence[Any], default: Any, where: str) -> Columns:
    """The columns of a table: those of ``Annotated[DataFrame, {"city": str}]``, else those of the default.

    Raises:
        InvalidJobError: there is neither, or a column of a type that no form asks for.
    """
    named = next((part for part in metadata if isinstance(part, Mapping)), None)
    row = next((part for part in metadata if isinstance(part, type) and get_type_hints(part)), None)
    if named is None and row is not None:  # a dict cannot stand in Annotated[...] | None: it has no hash
        named = get_type_hints(row)
    if is_frame(type(default)) and list(default.index) != list(range(len(default))):
        raise InvalidJobError(
            f"{where}: a form has no place for the index of a table; give it as a column: reset_index()"
        )
    if is_frame(type(default)) and not all(isinstance(name, str) for name in default.columns):
        raise InvalidJobError(
            f"{where}: the columns of a table have texts as names in a form; rename those of its default"
        )
    if named is None and is_frame(type(default)):
        named = {str(name): _type_of(default[name]) for name in default.columns}
    if not named:
        raise InvalidJobError(
            f"{where}: the columns of the table are not known; give it a default, or Annotated[DataFrame, {{'city': str}}], "
            "or a dataclass in the place of the dict"
        )
    for name, kind in named.items():
        if kind not in LEAVES:
            raise InvalidJobError(
                f"{where}: column {name!r} is of type {kind!r}; allowed: {', '.join(k.__name__ for k in LEAVES)}"
            )
    return dict(named)


def _type_of(column: Any) -> type:
    """The type of a column: by its dtype, or by its first value where it holds objects."""
    from pandas.api import types

    if types.is_bool_dtype(column):
        return bool
    if types.is_integer_dtype(column):
        return int
    if types.is_float_dtype(column):
        return float
    if types.is_datetime64_any_dtype(column):
        return datetime
    if types.is_timedelta64_dtype(column):
        return timedelta
    first = next((value for value in column if value is not None), "")
    return type(first) if type(first) in (bool, int, float, date, time) else str


class TableNode:
    """A table. Its plain form has the columns' names and rows; missing cells are None."""

    def __init__(self, columns: Columns, field: Field | None = None) -> None:
        self._columns = columns
        fields = tuple(
            Field(name=name, kind=LEAVES[kind].kind, label=name, optional=True) for name, kind in columns.items()
        )
        self.field = field or Field(name="", kind=Kind.TABLE, label="", fields=fields)

    def read(self, plain: Any, path: tuple[str | int, ...], problems: list[Problem]) -> Any:
        import pandas as pd

        rows = self._rows(plain, path, problems)
        if rows is None:
            return None
        before = len(problems)
        cells: dict[str, list[Any]] = {name: [] for name in self._columns}
        for number, row in enumerate(rows):
            for name, kind in self._columns.items():
                cells[name].append(self._cell(row.get(name), kind, (*path, number, name), problems))
            if len(problems) - before >= MOST_PROBLEMS:
                break
        if len(problems) > before:
            return None
        made = {}
        for name, values in cells.items():
            try:
                made[name] = _series(values, self._columns[name])
            except (ValueError, TypeError, OverflowError) as error:
                problems.append(Problem((*path, name), f"this column cannot be made: {error}"))
        return None if len(problems) > before else pd.DataFrame(made)

    def _cell(self, plain: Any, kind: type, path: tuple[str | int, ...], problems: list[Problem]) -> Any:
        if plain is None:
            return None
        try:
            return LEAVES[kind].read(plain)
        except Unfit as unfit:
            problems.append(Problem(path, f"{shown(plain, path)} does not fit: {unfit}"))
            return None

    def _rows(self, plain: Any, path: tuple[str | int, ...], problems: list[Problem]) -> list[Mapping[str, Any]] | None:
        """The rows as dicts, whichever way they were given."""
        if isinstance(plain, Mapping) and set(plain) == {"columns", "rows"}:
            names, rows = self._named(plain, path, problems)
        else:
            names, rows = [], plain
        if rows is None:
            return None
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            problems.append(Problem(path, f"{shown(plain, path)} does not fit: it is a table, a list of dicts"))
            return None
        strange = sorted({str(name) for row in rows for name in row}.union(names) - set(self._columns))
        if strange:
            problems.append(Problem(path, f"there is no column {strange[0]!r}; there are: {', '.join(self._columns)}"))
            return None
        there = {str(name) for row in rows for name in row}.union(names)
        lacking = [name for name in self._columns if name not in there] if rows or names else []
        if lacking:
            problems.append(
                Problem(path, f"column {lacking[0]!r} is missing; there are to be: {', '.join(self._columns)}")
            )
            return None
        if len(rows) > MOST_ROWS:
            problems.append(Problem(path, f"{len(rows):,} rows are too many; at most {MOST_ROWS:,} are allowed"))
            return None
        return rows

    def _named(self, plain: Mapping[str, Any], path: tuple[str | int, ...], problems: list[Problem]) -> tuple[Any, Any]:
        """The columns and the rows, as dicts, of a table that has its cells in lists; None where they are not right."""
        names, rows = plain["columns"], plain["rows"]
        if not _listed(names) or not _listed(rows) or not all(_listed(row) for row in rows):
            problems.append(
                Problem(path, f"{shown(plain, path)} does not fit: its columns, rows and each row are lists")
            )
            return None, None
        names = [str(name) for name in names]
        twice = [name for place, name in enumerate(names) if name in names[:place]]
        ragged = [number for number, row in enumerate(rows) if len(row) != len(names)]
        if twice:
            problems.append(Problem(path, f"there are two columns {twice[0]!r}"))
        elif ragged:
            said = f"{len(rows[ragged[0]])} cells do not fit: there are {len(names)} columns"
            problems.append(Problem((*path, ragged[0]), said))
        else:
            return names, [dict(zip(names, row, strict=True)) for row in rows]
        return None, None

    def write(self, value: Any) -> Any:
        if not is_frame(type(value)):
            return value
        rows = [[_plain(cell) for cell in row] for row in value.itertuples(index=False, name=None)]
        return {"columns": [str(name) for name in value.columns], "rows": rows}

    def holds(self, value: Any) -> bool:
        return is_frame(type(value))

    def told(self, field: Field) -> TableNode:
        return TableNode(self._columns, field)

    def limited_to_choices(self) -> TableNode:
        raise InvalidJobError("Choices are for single values and lists of them, not for tables")


def _listed(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _series(values: list[Any], kind: type) -> Any:
    import pandas as pd

    missing = any(value is None for value in values)
    dtypes: dict[type, str] = {
        bool: "boolean" if missing else "bool",
        int: "Int64" if missing else "int64",
        float: "float64",
    }
    if kind in dtypes:
        return pd.Series(
            [pd.NA if value is None and kind is not float else value for value in values], dtype=dtypes[kind]
        )
    if kind is datetime:
        aware = all(value is None or value.tzinfo for value in values) and len({v.utcoffset() for v in values if v}) > 1
        return pd.to_datetime(pd.Series(values, dtype=object), utc=aware).dt.as_unit("us")  # pandas knows one offset
    if kind is timedelta:
        return pd.to_timedelta(pd.Series(values, dtype=object)).dt.as_unit("us")
    return pd.Series(values, dtype="str" if kind is str else object)


def _plain(cell: Any) -> Any:
    import pandas as pd

    if cell is None or (pd.api.types.is_scalar(cell) and pd.isna(cell)):
        return None
    if isinstance(cell, pd.Timestamp):
        cell = cell.to_pydatetime()
    elif isinstance(cell, pd.Timedelta):
        cell = cell.to_pytimedelta()
    elif hasattr(cell, "item"):
        cell = cell.item()
    leaf = LEAVES.get(type(cell))
    return leaf.write(cell) if leaf else cell

"""Tables as CSV and Parquet files."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from functools import partial
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from dtscheduler.errors import SchedulerError
from dtscheduler.model.secrets import MASK, looks_secret
from dtscheduler.reports import texts
from dtscheduler.reports.cells import (
    Cells,
    length_cells,
    number_cells,
    text_cell,
    text_cells,
    time_cells,
    whole_cells,
)
from dtscheduler.reports.columns import Kind
from dtscheduler.reports.files import Target, text_for, whole_file

if TYPE_CHECKING:
    import pandas as pd

_ROWS_AT_A_TIME = 10_000
_NOT_A_TIME = -(2**63)


def write_rows(
    chunks: Iterable[Sequence[Sequence[Any]]], kinds: Mapping[str, Kind], target: Target, *, raw: bool = False
) -> int:
    """Write rows, as a store gives them, as CSV, a chunk at a time; how many they were.

    Args:
        chunks: rows.
        kinds: what each column holds, by its name.
        target: a path, or an open file.
        raw: whether formulas are left as they are.

    Raises:
        SchedulerError: the file cannot be written; what stood there before is untouched.
    """
    makers = [_MAKERS.get(kind) or partial(_TEXT_MAKERS[kind], raw=raw) for kind in kinds.values()]
    count = 0
    with text_for(target) as file:
        file.write(",".join(kinds) + "\n")
        for rows in chunks:
            count += len(rows)
            file.write(_lines([make(values) for make, values in zip(makers, zip(*rows, strict=True), strict=True)]))
    return count


def to_csv(frame: pd.DataFrame, path_or_buffer: Target, *, raw: bool = False) -> None:
    """Write a table as CSV; see ``dtscheduler.to_csv``."""
    index: list[Any] = (
        [] if _is_count(frame.index) else [frame.index.get_level_values(i) for i in range(frame.index.nlevels)]
    )
    titles = [*_index_titles(frame.index, len(index)), *(_title(name) for name in frame.columns)]
    columns: list[Any] = [*index, *(frame.iloc[:, number] for number in range(frame.shape[1]))]
    makers = [_maker(title, column, raw) for title, column in zip(titles, columns, strict=True)]
    with text_for(path_or_buffer) as file:
        file.write(_lines([[text_cell(title, raw=raw)] for title in titles]) if titles else "\n")
        for start in range(0, len(frame) if titles else 0, _ROWS_AT_A_TIME):
            part = slice(start, start + _ROWS_AT_A_TIME)
            file.write(_lines([make(column[part]) for make, column in zip(makers, columns, strict=True)]))


def to_parquet(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table as a Parquet file; see ``dtscheduler.to_parquet``."""
    try:
        import pyarrow  # type: ignore[import-untyped, unused-ignore] # noqa: F401 # pandas would say less clearly what to install
    except ImportError as error:
        raise SchedulerError("Parquet needs pyarrow; install it with: pip install 'dtscheduler[parquet]'") from error
    kept = _storable(frame)
    buffer = io.BytesIO()
    kept.to_parquet(buffer, engine="pyarrow")
    with whole_file(path) as file:
        file.write(buffer.getbuffer())


def _lines(columns: Sequence[Cells]) -> str:
    if len(columns) == 1:  # a line without anything would be taken for no line
        columns = [[cell or '""' for cell in columns[0]]]
    return "\n".join(map(",".join, zip(*columns, strict=True))) + "\n" if columns[0] else ""


def _is_count(index: pd.Index[Any]) -> bool:
    """Whether an index only numbers rows, and says nothing."""
    return index.nlevels == 1 and index.name is None and index.dtype.kind in "iu"


def _index_titles(index: pd.Index[Any], levels: int) -> Iterator[str]:
    for level, name in enumerate(index.names[:levels]):
        yield _title(name) if name is not None else "index" if levels == 1 else f"level_{level}"


def _title(name: object) -> str:
    return " / ".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _maker(title: str, column: Any, raw: bool) -> Callable[[Any], Cells]:
    """What makes the cells of a part of a column."""
    kind = str(column.dtype)
    if looks_secret(title):
        return lambda part: [_secret_cell(value) for value in part.astype(object).tolist()]
    if kind == "datetime64[us, UTC]":
        return lambda part: time_cells(_micros(part))
    if kind == "timedelta64[us]":
        return lambda part: length_cells(_micros(part))
    if kind.startswith("datetime64[") and "," not in kind and _only_dates(column):
        return lambda part: ["" if day == "NaT" else day for day in _days(part).astype(str).tolist()]
    return partial(_cells, raw=raw)


def _only_dates(column: Any) -> bool:
    return bool(((_days(column) == column.to_numpy()) | column.isna()).all())


def _days(column: Any) -> Any:
    return column.to_numpy().astype("datetime64[D]")


def _cells(column: Any, raw: bool) -> Cells:
    values = column.astype(object).tolist()
    kinds = set(map(type, values))
    if kinds == {str}:
        return text_cells(values, raw=raw)
    return whole_cells(values) if kinds == {int} else [_cell(value, raw) for value in values]


def _micros(column: Any) -> list[int | None]:
    return [None if value == _NOT_A_TIME else value for value in column.astype("int64").tolist()]


def _secret_cell(value: Any) -> str:
    return _cell(value, False) if _missing(value) or isinstance(value, bool) or value == "" else MASK


def _cell(value: Any, raw: bool) -> str:
    """One value of any kind as a cell: numbers and times as themselves, all else as text."""
    kind = type(value)
    if kind is str:
        return text_cell(value, raw=raw)
    if kind is int or kind is bool:
        return str(value)
    if _missing(value):
        return ""
    if kind is float:
        return repr(value)
    if isinstance(value, Enum):
        return _cell(value.value, raw)
    if hasattr(value, "total_seconds"):
        return repr(value.total_seconds())
    if hasattr(value, "isoformat"):
        return text_cell(_instant(value))
    if isinstance(value, Integral | Decimal) or kind.__name__ == "bool":
        return str(value)
    if isinstance(value, Real):
        return repr(float(value))
    return text_cell(str(value), raw=raw)


def _instant(value: Any) -> str:
    text = str(value.isoformat())
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def _missing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT or NA: what is not equal to itself, or does not say."""
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, Real) and value != value  # as only NaN is


def _storable(frame: pd.DataFrame) -> pd.DataFrame:
    """A table whose column names are texts, each once, and whose columns of mixed values are text."""
    kept = frame.copy(deep=False)
    kept.columns = _unique([_title(name) for name in frame.columns])
    for name in kept.columns:
        if kept[name].dtype == object:
            kept[name] = _as_text_if_mixed(kept[name])
    if not _is_count(kept.index):
        kept.index.names = [None if name is None else str(name) for name in kept.index.names]
    return kept


def _unique(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        new, number = name, 1
        while new in found:
            number += 1
            new = f"{name}.{number}"
        found.append(new)
    return found


def _as_text_if_mixed(column: Any) -> Any:
    kinds = {type(value) for value in column if not _missing(value)}
    if len(kinds) <= 1 and not kinds & {dict, list, set, tuple}:
        return column
    return column.map(lambda value: None if _missing(value) else str(value)).astype("str")


_MAKERS: Mapping[Kind, Callable[[Sequence[Any]], Cells]] = {
    Kind.TIME: time_cells,
    Kind.LENGTH: length_cells,
    Kind.COUNT: whole_cells,
    Kind.COUNT_IF_KNOWN: whole_cells,
    Kind.NUMBER: number_cells,
    Kind.DATE: list,
    Kind.RUN_STATUS: list,
    Kind.TASK_STATUS: list,
    Kind.TRIGGER: list,
    Kind.PRIORITY: list,
}
_TEXT_MAKERS: Mapping[Kind, Callable[..., Cells]] = {
    Kind.NAME: text_cells,
    Kind.REASON: lambda values, raw: text_cells(texts.reasons(values), raw=raw),
    Kind.LABELS: lambda values, raw: text_cells(texts.labels(values), raw=raw),
}

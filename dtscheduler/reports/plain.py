"""Rows of a store, or of a DataFrame, as plain Python values for people and for JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.reports import texts
from dtscheduler.reports.columns import Kind

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain_rows(chunks: Iterable[Sequence[Sequence[Any]]], kinds: Mapping[str, Kind]) -> Iterator[Row]:
    """Rows as dictionaries: times are aware, lengths of time timedeltas, secrets masked.

    Args:
        chunks: rows as a store gives them.
        kinds: what each column holds, by its name.
    """
    for rows in chunks:
        columns = [
            _READ.get(kind, list)(values) for kind, values in zip(kinds.values(), zip(*rows, strict=True), strict=True)
        ]
        for values in zip(*columns, strict=True):
            yield dict(zip(kinds, values, strict=True))


def rows_of_frame(frame: pd.DataFrame) -> list[Row]:
    """A table as dictionaries; what is missing is None."""
    import pandas as pd

    columns = [frame[name].astype(object) for name in frame.columns]
    values = [[None if pd.isna(value) else _plain(value) for value in column] for column in columns]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*values, strict=True)]


def _plain(value: Any) -> Any:
    for name in ("to_pydatetime", "to_pytimedelta", "item"):
        if hasattr(value, name):
            return getattr(value, name)()
    return value


def _each(read: Callable[[Any], Any]) -> Callable[[Sequence[Any]], list[Any]]:
    return lambda values: [None if value is None else read(value) for value in values]


_READ: Mapping[Kind, Callable[[Sequence[Any]], list[Any]]] = {
    Kind.REASON: texts.reasons,
    Kind.LABELS: texts.labels,
    Kind.RUN_STATUS: _each(RunStatus),
    Kind.TASK_STATUS: _each(TaskStatus),
    Kind.DATE: _each(date.fromisoformat),
    Kind.TIME: _each(lambda micros: _EPOCH + timedelta(microseconds=micros)),
    Kind.LENGTH: _each(lambda micros: timedelta(microseconds=micros)),
}

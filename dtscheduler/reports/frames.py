"""Rows of a store as pandas DataFrames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from dtscheduler.model.priority import Priority
from dtscheduler.model.run import RunQuery, TaskRunQuery, TaskRunRecord, Trigger
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.reports import texts
from dtscheduler.reports.columns import RUN_COLUMNS, TASK_RUN_COLUMNS, Kind
from dtscheduler.stores.memory_reports import task_run_row
from dtscheduler.workspace import Workspace

_OF_ONE_RUN = (
    "task",
    "part",
    "part_name",
    "status",
    "reason",
    "attempt",
    "submitted",
    "started",
    "ended",
    "duration",
    "cpu_seconds",
    "peak_memory_mb",
    "result_bytes",
    "worker",
    "host",
)
_NOT_A_TIME = np.iinfo(np.int64).min


def runs_frame(workspace: Workspace, query: RunQuery) -> pd.DataFrame:
    """Runs that may be read, one row a run, newest first; the columns are ``RUN_COLUMNS``."""
    return frame_of(workspace.run_rows(query, list(RUN_COLUMNS)), RUN_COLUMNS)


def tasks_frame(workspace: Workspace, query: TaskRunQuery) -> pd.DataFrame:
    """Task runs of runs that may be read, newest run first; the columns are ``TASK_RUN_COLUMNS``."""
    return frame_of(workspace.task_run_rows(query, list(TASK_RUN_COLUMNS)), TASK_RUN_COLUMNS)


def records_frame(records: Sequence[TaskRunRecord]) -> pd.DataFrame:
    """Task runs of one run as a DataFrame, one row a part, without the columns that are the run's."""
    kinds = {name: TASK_RUN_COLUMNS[name] for name in _OF_ONE_RUN}
    return frame_of([[task_run_row(_OF_ONE_RUN, record) for record in records]], kinds)


def frame_of(chunks: Iterable[Sequence[Sequence[Any]]], kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """Rows as a DataFrame.

    Args:
        chunks: rows as a store gives them.
        kinds: what each column holds, by its name.
    """
    columns = list(zip(*chain.from_iterable(chunks), strict=True)) or [() for _ in kinds]
    arrays = zip(kinds.items(), columns, strict=True)
    return pd.DataFrame({name: _ARRAYS[kind](values) for (name, kind), values in arrays}, copy=False)


_TEXT: Any = pd.array([], dtype="str").dtype


def _text(values: Sequence[str]) -> Any:
    return pd.array(list(values), dtype=_TEXT)


def _whole(values: Sequence[int]) -> Any:
    return np.array(values, dtype="int64")


def _whole_if_known(values: Sequence[int | None]) -> Any:
    missing = np.array([value is None for value in values], dtype=bool)
    return pd.arrays.IntegerArray(np.array([value or 0 for value in values], dtype="int64"), missing)


def _micros(values: Sequence[int | None]) -> Any:
    return np.array([_NOT_A_TIME if value is None else value for value in values], dtype="int64")


def _times(values: Sequence[int | None]) -> Any:
    return pd.DatetimeIndex(_micros(values).view("M8[us]"), tz="UTC")


def _lengths(values: Sequence[int | None]) -> Any:
    return _micros(values).view("m8[us]")


def _of(known: type[RunStatus] | type[TaskStatus] | type[Trigger] | type[Priority]) -> Callable[[Sequence[str]], Any]:
    names = [member.value for member in known]
    codes = {name: code for code, name in enumerate(names)}
    dtype: Any = pd.CategoricalDtype(names)

    def category(values: Sequence[str]) -> Any:
        numbers = np.array([codes.get(value, -1) for value in values], dtype="int8")
        return pd.Categorical.from_codes(numbers, dtype=dtype, validate=False)

    return category


_ARRAYS: Mapping[Kind, Callable[[Sequence[Any]], Any]] = {
    Kind.NAME: _text,
    Kind.REASON: lambda values: _text(texts.reasons(values)),
    Kind.LABELS: lambda values: _text(texts.labels(values)),
    Kind.RUN_STATUS: _of(RunStatus),
    Kind.TASK_STATUS: _of(TaskStatus),
    Kind.TRIGGER: _of(Trigger),
    Kind.PRIORITY: _of(Priority),
    Kind.DATE: lambda values: np.array(values, dtype="M8[s]"),
    Kind.TIME: _times,
    Kind.LENGTH: _lengths,
    Kind.COUNT: _whole,
    Kind.COUNT_IF_KNOWN: _whole_if_known,
    Kind.NUMBER: lambda values: np.array(values, dtype="float64"),
}

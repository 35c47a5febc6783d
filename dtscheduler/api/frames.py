"""Records as pandas DataFrames."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dtscheduler.model.run import TaskRunRecord
from dtscheduler.model.status import TaskStatus

_ORDER = [
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
]
_TEXTS = ("reason", "worker", "host")
_TIMES = ("submitted", "started", "ended")
_NUMBERS = ("cpu_seconds", "peak_memory_mb")


def task_runs_frame(records: Sequence[TaskRunRecord]) -> pd.DataFrame:
    """Task runs as a DataFrame, one row a part; times are UTC-aware, ``duration`` is ``ended - started``."""
    columns: dict[str, object] = {
        "task": [record.task_name for record in records],
        "part": [record.part for record in records],
        "part_name": [record.part_name for record in records],
        "status": pd.Categorical([str(record.status) for record in records], categories=[str(s) for s in TaskStatus]),
        "attempt": [record.attempt for record in records],
    }
    for name in _TIMES:
        columns[name] = pd.to_datetime([getattr(record, name) for record in records], utc=True)
    for name in _NUMBERS:
        columns[name] = pd.array([getattr(record, name) for record in records], dtype="Float64").to_numpy(
            "float64", na_value=float("nan")
        )
    columns["result_bytes"] = pd.array([record.result_bytes for record in records], dtype="Int64")
    for name in _TEXTS:
        columns[name] = [getattr(record, name) for record in records]
    frame = pd.DataFrame(columns)
    frame["duration"] = frame["ended"] - frame["started"]
    return frame[_ORDER]

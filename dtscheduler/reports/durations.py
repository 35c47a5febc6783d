"""How long the runs of a job and their task runs take, and which took longest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain

import numpy as np
import pandas as pd

from dtscheduler.model.run import RunQuery, TaskRunQuery
from dtscheduler.model.status import RunStatus, TaskStatus
from dtscheduler.reports.columns import TASK_RUN_COLUMNS
from dtscheduler.reports.frames import frame_of
from dtscheduler.workspace import Workspace

FEWEST_FOR_A_TREND = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIGURES = ("median", "p90", "p95", "max")
_OF_SLOWEST = ("task", "part", "part_name", "status", "attempt", "started", "ended", "duration")
_ALSO_OF_SLOWEST = ("cpu_seconds", "peak_memory_mb", "host")


def durations_frame(workspace: Workspace, job: str, since: datetime | None) -> pd.DataFrame:
    """How long what completed took: a row for the whole runs, then one a task; see ``dtscheduler.durations``."""
    completed = RunQuery(job_name=job, since=since, statuses=[RunStatus.COMPLETED])
    of_runs = [length for (length,) in chain.from_iterable(workspace.run_rows(completed, ["duration"]))]
    of_tasks: dict[str, list[int | None]] = {}
    query = TaskRunQuery(runs=RunQuery(job_name=job, since=since), statuses=[TaskStatus.COMPLETED])
    for task, length in chain.from_iterable(workspace.task_run_rows(query, ["task", "duration"])):
        of_tasks.setdefault(task, []).append(length)
    rows = [("run", "", of_runs), *(("task", task, lengths) for task, lengths in of_tasks.items())]
    taken = [(of, task, [length for length in lengths if length is not None]) for of, task, lengths in rows]
    return _summary([row for row in taken if row[2]])


def slowest_frame(workspace: Workspace, run: int, count: int) -> pd.DataFrame:
    """The task runs of a run that took longest; see ``dtscheduler.slowest``."""
    record, now = workspace.run(run), workspace.clock.now()
    columns = [*_OF_SLOWEST, *_ALSO_OF_SLOWEST]
    started, taken = columns.index("started"), columns.index("duration")
    rows = []
    for row in chain.from_iterable(workspace.task_run_rows(TaskRunQuery(runs=RunQuery(id=run)), columns)):
        if row[started] is not None:
            so_far = max((now - _EPOCH) // timedelta(microseconds=1) - row[started], 0)
            rows.append((*row[:taken], so_far if row[taken] is None else row[taken], *row[taken + 1 :]))
    longest = sorted(rows, key=lambda row: row[taken], reverse=True)[:count]
    frame = frame_of([longest], {name: TASK_RUN_COLUMNS[name] for name in columns})
    wall = ((record.ended or now) - record.started).total_seconds() if record.started else 0
    seconds = frame["duration"].dt.total_seconds().to_numpy()
    frame.insert(len(_OF_SLOWEST), "share", seconds / wall if wall else np.full(len(frame), np.nan))
    return frame


def _summary(rows: Sequence[tuple[str, str, Sequence[int]]]) -> pd.DataFrame:
    figures = [np.quantile(np.array(lengths), [0.5, 0.9, 0.95, 1.0]) for _, _, lengths in rows]
    lengths_of_time = np.array(figures, dtype="float64").reshape(-1, 4).round().astype("int64").view("m8[us]")
    columns = {
        "of": pd.array([of for of, _, _ in rows], dtype="str"),
        "task": pd.array([task for _, task, _ in rows], dtype="str"),
        "count": np.array([len(lengths) for _, _, lengths in rows], dtype="int64"),
        **{name: lengths_of_time[:, number] for number, name in enumerate(_FIGURES)},
        "trend": np.array([_trend(lengths) for _, _, lengths in rows], dtype="float64"),
    }
    return pd.DataFrame(columns)


def _trend(newest_first: Sequence[int]) -> float:
    """By which part the median of the latest quarter is longer than that of the others; NaN where that says nothing."""
    if len(newest_first) < FEWEST_FOR_A_TREND:
        return float("nan")
    quarter = len(newest_first) // 4
    before = float(np.median(newest_first[quarter:]))
    return float(np.median(newest_first[:quarter])) / before - 1 if before else float("nan")

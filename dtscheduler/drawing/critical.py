"""Which task runs decided when a run ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dtscheduler.model.run import TaskRunRecord


def critical_path(
    upstream: Sequence[Sequence[int]], task_runs: Sequence[TaskRunRecord], now: datetime | None = None
) -> list[TaskRunRecord]:
    """The task run that ended last, before it the one of its upstream that ended last, and so on; earliest first.

    Args:
        upstream: for every task the tasks that it waits for.
        task_runs: of one run, in any order; those that never started decide nothing.
        now: when what is running counts as ended; None leaves it out.
    """
    last: dict[int, tuple[datetime, TaskRunRecord]] = {}
    for task_run in task_runs:
        ended = _end(task_run, now)
        if ended is not None and (task_run.task not in last or ended > last[task_run.task][0]):
            last[task_run.task] = (ended, task_run)
    path: list[TaskRunRecord] = []
    candidates: Sequence[int] = tuple(last)
    while ends := [last[task] for task in candidates if task in last]:
        path.append(max(ends, key=lambda end: end[0])[1])
        candidates = upstream[path[-1].task]
    return path[::-1]


def _end(task_run: TaskRunRecord, now: datetime | None) -> datetime | None:
    if task_run.started is None:
        return None
    return now if task_run.ended is None else task_run.ended

"""What the tasks of a job ask for beside what they use, and what they should ask for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import pandas as pd

from dtscheduler.errors import NotFoundError
from dtscheduler.model.job import Resources, TaskSpec
from dtscheduler.model.run import RunQuery, TaskRunQuery
from dtscheduler.model.status import TaskStatus
from dtscheduler.workspace import Workspace

MHZ_OF_A_CORE = 4000
HEADROOM = 1.25
HEADROOM_WHEN_KILLED = 1.5  # it was stopped at this peak, and would have used more
SHORTEST_US = 100_000  # what takes less says little of the CPU that it uses
WASTE = 2
_MEASURED = (TaskStatus.COMPLETED, TaskStatus.OUT_OF_MEMORY)
_STEPS = ((500, 50), (2_000, 100), (10_000, 500), (math.inf, 1_000))


@dataclass(slots=True)
class _Use:
    """What was measured of one task, over all parts and runs."""

    mhz: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    killed: int = 0


def sizing_frame(workspace: Workspace, job: str, runs: int) -> pd.DataFrame:
    """One row a task, in the order of the job; see ``dtscheduler.sizing``. Raises ``NotFoundError``."""
    tasks = _tasks(workspace, job)
    query = TaskRunQuery(runs=RunQuery(job_name=job, limit=runs), statuses=_MEASURED)
    used: dict[str, _Use] = {task.name: _Use() for task in tasks}
    columns = ["task", "status", "duration", "cpu_seconds", "peak_memory_mb"]
    for task, status, taken, cpu_seconds, peak in chain.from_iterable(workspace.task_run_rows(query, columns)):
        use = used.get(task)
        if use is None:  # the job has it no more
            continue
        if peak is not None:
            use.memory_mb.append(peak)
        if cpu_seconds is not None and taken is not None and taken >= SHORTEST_US:
            use.mhz.append(cpu_seconds / (taken / 1e6) * MHZ_OF_A_CORE)
        use.killed += status == TaskStatus.OUT_OF_MEMORY
    return pd.DataFrame([_row(task, used[task.name]) for task in tasks], columns=list(_DTYPES)).astype(_DTYPES)


def suggested_memory(asked: int, peak: float, *, killed: bool = False) -> int:
    """How many MB to ask for: what is asked where that fits, else the peak with headroom, rounded up."""
    wanted = _rounded_up(peak * (HEADROOM_WHEN_KILLED if killed else HEADROOM))
    fits = not killed and peak * 1.1 <= asked <= WASTE * wanted
    return asked if fits else wanted


def suggested_cpu(asked: int, used: float) -> int:
    """How many MHz to ask for: what is asked where that fits, else what is used with headroom, rounded up."""
    wanted = max(100, math.ceil(used * 1.1 / 100) * 100)
    return asked if used <= asked <= WASTE * wanted else wanted


def _tasks(workspace: Workspace, job: str) -> Sequence[TaskSpec]:
    saved = workspace.find(job)
    if saved is not None:
        return workspace.spec(saved.spec_hash).tasks
    latest = workspace.runs(RunQuery(job_name=job, limit=1))
    if not latest:
        raise NotFoundError(f"there is no job {job!r}, and no run of one, in this workspace ({workspace.home})")
    return workspace.spec(latest[0].spec_hash).tasks


def _rounded_up(mb: float) -> int:
    step = next(step for limit, step in _STEPS if mb <= limit)
    return max(step, math.ceil(mb / step) * step)


def _row(task: TaskSpec, use: _Use) -> tuple[object, ...]:
    asks, count = task.needs, len(use.memory_mb)
    mhz = float(np.quantile(use.mhz, 0.95)) if use.mhz else None
    p95, peak = (float(np.quantile(use.memory_mb, q)) if use.memory_mb else None for q in (0.95, 1))
    cpu = None if mhz is None else suggested_cpu(asks.cpu_mhz, mhz)
    memory = None if peak is None else suggested_memory(asks.memory_mb, peak, killed=use.killed > 0)
    advice = _advice(asks, cpu, memory, mhz, peak, use.killed)
    figures = (asks.cpu_mhz, mhz, cpu, asks.memory_mb, p95, peak, memory)
    return (task.name, len(task.parts), *figures, count, _sure(count), advice)


def _sure(measurements: int) -> str:
    return "high" if measurements >= 20 else "fair" if measurements >= 5 else "low" if measurements else "none"


def _advice(
    asks: Resources, cpu: int | None, memory: int | None, mhz: float | None, peak: float | None, killed: int
) -> str:
    said = []
    if peak is not None and memory != asks.memory_mb:
        ended = f", and {killed} ended for want of it" if killed else ""
        said.append(f"{asks.memory_mb:,} MB is asked and {peak:,.0f} MB is used at most{ended}: ask for {memory:,}")
    if mhz is not None and cpu != asks.cpu_mhz:
        said.append(f"{asks.cpu_mhz:,} MHz is asked and {mhz:,.0f} MHz is used: ask for {cpu:,}")
    return "; ".join(said) or ("fits" if peak is not None or mhz is not None else "nothing was measured yet")


_DTYPES = {
    "task": "str",
    "parts": "int64",
    "cpu_mhz": "int64",
    "cpu_mhz_used": "float64",
    "cpu_mhz_suggested": "Int64",
    "memory_mb": "int64",
    "memory_mb_p95": "float64",
    "memory_mb_max": "float64",
    "memory_mb_suggested": "Int64",
    "measurements": "int64",
    "sure": "str",
    "advice": "str",
}

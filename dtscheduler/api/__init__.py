"""How users say it: DAG, Task, ParallelTask, Schedule, batch, and the handles they get back."""

from __future__ import annotations

from importlib import import_module

from dtscheduler.api.batch import batch
from dtscheduler.api.dag import DAG
from dtscheduler.api.schedule import Schedule
from dtscheduler.api.task import ParallelTask, Task
from dtscheduler.model.priority import Priority

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from typing import Any

    from dtscheduler.api.comparing import compare
    from dtscheduler.api.grids import grid, zip_
    from dtscheduler.api.handle import Run
    from dtscheduler.api.listing import run, runs
    from dtscheduler.api.place import use
    from dtscheduler.api.pruning import prune
    from dtscheduler.api.reporting import durations, runs_report, sizing, slowest, tasks_report, to_csv, to_parquet
    from dtscheduler.api.saved import Job, job, jobs
    from dtscheduler.api.suites import Choices, Suite, suite

__all__ = [
    "DAG",
    "Choices",
    "Job",
    "ParallelTask",
    "Priority",
    "Run",
    "Schedule",
    "Suite",
    "Task",
    "batch",
    "compare",
    "durations",
    "grid",
    "job",
    "jobs",
    "prune",
    "run",
    "runs",
    "runs_report",
    "sizing",
    "slowest",
    "suite",
    "tasks_report",
    "to_csv",
    "to_parquet",
    "use",
    "zip_",
]

_LATER = {
    "Choices": "suites",
    "Job": "saved",
    "Run": "handle",
    "Suite": "suites",
    "compare": "comparing",
    "durations": "reporting",
    "grid": "grids",
    "job": "saved",
    "jobs": "saved",
    "prune": "pruning",
    "run": "listing",
    "runs": "listing",
    "runs_report": "reporting",
    "sizing": "reporting",
    "slowest": "reporting",
    "suite": "suites",
    "tasks_report": "reporting",
    "to_csv": "reporting",
    "to_parquet": "reporting",
    "use": "place",
    "zip_": "grids",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'dtscheduler.api' has no attribute {name!r}")
    return getattr(import_module(f"dtscheduler.api.{_LATER[name]}"), name)

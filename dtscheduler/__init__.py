"""Turn functions and parameters into suites of batch jobs: see the plan, run it here, keep every result."""

from __future__ import annotations

from importlib import import_module
from sys import modules

from dtscheduler.version import __version__

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from typing import Any

    from dtscheduler.api import (
        DAG,
        Choices,
        Job,
        ParallelTask,
        Priority,
        Run,
        Schedule,
        Suite,
        Task,
        batch,
        compare,
        durations,
        grid,
        job,
        jobs,
        prune,
        run,
        runs,
        runs_report,
        sizing,
        slowest,
        suite,
        tasks_report,
        to_csv,
        to_parquet,
        use,
        zip_,
    )
    from dtscheduler.errors import SchedulerError

__all__ = [
    "DAG",
    "Choices",
    "Job",
    "ParallelTask",
    "Priority",
    "Run",
    "Schedule",
    "SchedulerError",
    "Suite",
    "Task",
    "__version__",
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


def __getattr__(name: str) -> Any:
    if name == "testing":
        return import_module("dtscheduler.testing")
    if name not in __all__:
        raise AttributeError(f"module 'dtscheduler' has no attribute {name!r}")
    module = import_module("dtscheduler.errors" if name == "SchedulerError" else "dtscheduler.api")
    value = globals()[name] = getattr(module, name)
    if "ipykernel" in modules:
        _sit_at_the_notebook()
    return value


def _sit_at_the_notebook() -> None:
    """In the kernel of a notebook runs show themselves there from now on."""
    from IPython import get_ipython

    if (shell := get_ipython()) is not None:
        import_module("dtscheduler.ui.notebook.kernel").sit_down(shell)


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext dtscheduler``: the magics ``%dts_runs``, ``%dts_log`` and ``%%dts_task``."""
    _sit_at_the_notebook()
    import_module("dtscheduler.ui.notebook.magics").load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext dtscheduler``."""
    import_module("dtscheduler.ui.notebook.magics").unload(shell)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Widgets for notebooks: forms that build jobs, and views that show how runs go on.

Needs ``pip install "dtscheduler[notebook]"``. They work on the workspace of the process. Each has a ``value`` to observe.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dtscheduler.ui.notebook.dag_builder import DagBuilder
    from dtscheduler.ui.notebook.dag_view import DagView
    from dtscheduler.ui.notebook.run_explorer import RunExplorer
    from dtscheduler.ui.notebook.run_monitor import RunMonitor
    from dtscheduler.ui.notebook.schedule_builder import ScheduleBuilder
    from dtscheduler.ui.notebook.suite_form import SuiteForm

__all__ = ["DagBuilder", "DagView", "RunExplorer", "RunMonitor", "ScheduleBuilder", "SuiteForm"]

_MODULES = {
    "DagBuilder": "dag_builder",
    "DagView": "dag_view",
    "RunExplorer": "run_explorer",
    "RunMonitor": "run_monitor",
    "ScheduleBuilder": "schedule_builder",
    "SuiteForm": "suite_form",
}
_NEEDED = ("anywidget", "ipywidgets", "traitlets", "IPython")


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_MODULES[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDED:
            raise
        raise ImportError('the widgets need ipywidgets and anywidget: pip install "dtscheduler[notebook]"') from error
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Parts of Streamlit pages for forms, plans and runs, each of which serves alone in anybody's own app.

Needs ``pip install "dtscheduler[ui]"``. They work on the workspace of the process, or on that of whoever is logged in
where an app says so; nothing has to be set up.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dtscheduler.ui.streamlit.charts import dag_chart
    from dtscheduler.ui.streamlit.listings import runs_table
    from dtscheduler.ui.streamlit.monitors import run_monitor
    from dtscheduler.ui.streamlit.plans import plan_table
    from dtscheduler.ui.streamlit.schedule_forms import schedule_form
    from dtscheduler.ui.streamlit.suite_forms import suite_form

__all__ = ["dag_chart", "plan_table", "run_monitor", "runs_table", "schedule_form", "suite_form"]

_MODULES = {
    "dag_chart": "charts",
    "plan_table": "plans",
    "run_monitor": "monitors",
    "runs_table": "listings",
    "schedule_form": "schedule_forms",
    "suite_form": "suite_forms",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_MODULES[name]}")
    except ModuleNotFoundError as error:
        if error.name != "streamlit":
            raise
        raise ImportError('the parts of Streamlit pages need Streamlit: pip install "dtscheduler[ui]"') from error
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

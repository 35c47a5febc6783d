"""Which DAG is being written: per thread and per async task, so that two never see each other."""

from __future__ import annotations

from contextvars import ContextVar

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from typing import Any

    from dtscheduler.api.dag import DAG

writing: ContextVar[tuple[DAG, ...]] = ContextVar("dtscheduler_dags", default=())


def current_dag() -> Any:
    """The DAG of the innermost ``with`` block, or None."""
    open_dags = writing.get()
    return open_dags[-1] if open_dags else None

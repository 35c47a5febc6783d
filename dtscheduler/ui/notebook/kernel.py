"""What a notebook's kernel does for its user: runs show themselves live, and what is not waited for outlives it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dtscheduler.api.front import front, sit_at
from dtscheduler.errors import SchedulerError

if TYPE_CHECKING:
    from dtscheduler.api.handle import Run

logger = logging.getLogger("dtscheduler")


def sit_down(shell: Any) -> None:
    """Let runs show themselves in the notebook of a shell, if it is one and there are widgets."""
    if front() is not None or getattr(shell, "kernel", None) is None or not _has_widgets():
        return
    sit_at(Kernel())
    shell.display_formatter.mimebundle_formatter.for_type_by_name("dtscheduler.api.handle", "Run", shown_run)


def _has_widgets() -> bool:
    try:
        return all(find_spec(name) is not None for name in ("anywidget", "ipywidgets"))
    except (ImportError, ValueError):
        return False


class Kernel:
    """The kernel of a notebook, as the place where its user sits."""

    @contextmanager
    def showing(self, run: Run) -> Iterator[None]:
        """Show a run live while it is driven within the block; then its summary, which a saved notebook keeps."""
        from IPython.display import display

        monitor, handle = None, None
        with _harmless(run):
            from dtscheduler.ui.notebook.run_monitor import RunMonitor

            monitor = RunMonitor(run)
            handle = display(monitor, display_id=True)  # type: ignore[no-untyped-call] # IPython has no types here
        try:
            yield
        finally:
            with _harmless(run):
                if monitor is not None:
                    monitor.close()
                if handle is not None:
                    handle.update(run)

    def left(self, run: Run) -> None:
        """See that a service takes the run that outlives this kernel."""
        from dtscheduler.ui.notebook.starting import leave

        if wrong := leave(run):
            logger.warning("run %s waits: %s", run.id, wrong)


@contextmanager
def _harmless(run: Run) -> Iterator[None]:
    """Whatever goes wrong where a run is shown keeps no run from running."""
    try:
        yield
    except Exception as error:
        logger.warning("run %s cannot be shown here: %s: %s", run.id, type(error).__name__, error)


def shown_run(run: Run) -> Any:
    """A run as a cell shows it: live while it goes on, its summary afterwards."""
    from dtscheduler.ui.notebook.run_monitor import RunMonitor

    try:
        if run.status.final:
            return run._repr_mimebundle_()
        return RunMonitor(run)._repr_mimebundle_()
    except SchedulerError:
        return run._repr_mimebundle_()

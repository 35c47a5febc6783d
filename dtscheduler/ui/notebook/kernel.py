"""What a notebook's kernel does for its user: runs show themselves live, and what is not waited for outlives it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dtscheduler.api.front import front, sit_at
from dtscheduler.errors import SchedulerError

if TYPE_CHECKING:
    from dtscheduler.api.handle import Run


def sit_down(shell: Any) -> None:
    """Let runs show themselves in the notebook of a shell, if it is one and there are widgets."""
    if front() is not None or getattr(shell, "kernel", None) is None or find_spec("anywidget") is None:
        return
    sit_at(Kernel())
    shell.display_formatter.mimebundle_formatter.for_type_by_name("dtscheduler.api.handle", "Run", shown_run)


class Kernel:
    """The kernel of a notebook, as the place where its user sits."""

    @contextmanager
    def showing(self, run: Run) -> Iterator[None]:
        """Show a run live while it is driven within the block; then its summary, which a saved notebook keeps."""
        from IPython.display import display

        from dtscheduler.ui.notebook.run_monitor import RunMonitor

        monitor = RunMonitor(run)
        handle = display(monitor, display_id=True)  # type: ignore[no-untyped-call] # IPython has no types here
        try:
            yield
        finally:
            monitor.close()
            if handle is not None:
                handle.update(run)

    def left(self, run: Run) -> None:
        """See that a service takes the run that outlives this kernel."""
        import logging

        from dtscheduler.ui.notebook.starting import leave

        if wrong := leave(run):
            logging.getLogger("dtscheduler").warning("run %s waits: %s", run.id, wrong)


def shown_run(run: Run) -> Any:
    """A run as a cell shows it: live while it goes on, its summary afterwards."""
    from dtscheduler.ui.notebook.run_monitor import RunMonitor

    try:
        if run.status.final:
            return run._repr_mimebundle_()
        return RunMonitor(run)._repr_mimebundle_()
    except SchedulerError:
        return run._repr_mimebundle_()

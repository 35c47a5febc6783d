"""The Python of a job as a widget: to read, to copy, and to put into a new cell."""

from __future__ import annotations

from collections.abc import Sequence

import anywidget
import traitlets

from dtscheduler.errors import SchedulerError
from dtscheduler.ui.notebook.assets import joined
from dtscheduler.ui.notebook.shown import Shown

MASKED = "Secrets are not shown: put them in where *** stands."
NONE_YET = "There is none until the job is right."


class PythonText(Shown, anywidget.AnyWidget):
    """Shows Python, with buttons that copy it and that insert it as a cell below the one that shows the widget.

    Args:
        text: The Python.
        note: What is said above it.
        shown_by: Ids of the models of widgets: the new cell goes below the one that shows any of these.
    """

    _esm = joined("insert_cell.js")
    _css = joined("insert_cell.css")

    text = traitlets.Unicode("").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    shown_by: traitlets.List[str] = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, text: str = "", note: str = NONE_YET, shown_by: Sequence[str] = ()) -> None:
        super().__init__(text=text, note=note, shown_by=list(shown_by))

    def show(self, text: str, *, masked: bool) -> None:
        """Show another text; an empty one stands for none."""
        with self.hold_sync():
            self.text = text
            self.note = (MASKED if masked else "") if text else NONE_YET

    def _text(self) -> str:
        return "\n".join(part for part in (self.note, self.text) if part)


def put_into_next_cell(text: str) -> None:
    """Put text into a new cell below the one that is executed.

    Raises:
        SchedulerError: There is no IPython that has cells.
    """
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        shell = None
    else:
        shell = get_ipython()
    if shell is None:
        raise SchedulerError("there are no cells here, as this is no notebook; builder.python() gives the text")
    shell.set_next_input(text)

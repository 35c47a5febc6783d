"""A form in which somebody says when a job runs, as a widget that shows what it means."""

from __future__ import annotations

import threading
from typing import Any

import ipywidgets as widgets
import traitlets

from dtscheduler.api.schedule import Schedule
from dtscheduler.errors import InvalidScheduleError
from dtscheduler.model.tables import html_table, text_table
from dtscheduler.ui.notebook.schedule_controls import Controls
from dtscheduler.ui.notebook.shown import Shown, close_within
from dtscheduler.ui.views.schedule import ScheduleView
from dtscheduler.ui.views.schedule_form import Kind, Outcome, ScheduleFormModel

WIDTH = "680px"


class _Held(traitlets.TraitType[Any, Any]):
    """A Schedule or None, both of which validators see."""

    info_text = "a Schedule, or None"
    default_value = None

    def validate(self, obj: Any, value: Any) -> Schedule | None:
        if value is None or isinstance(value, Schedule):
            return value
        return self.error(obj, value)


class ScheduleBuilder(Shown, widgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Asks when a job runs, and shows it as a sentence with the next fires, and what clock changes do to them.

    Args:
        schedule: What it is filled with. Default: a schedule that runs only by hand.

    Observe ``value``, the ``Schedule``; it is None while what is entered is no schedule, and the form says why. Setting
    it fills the form anew; None stands for one that runs only by hand.

    Raises:
        InvalidScheduleError: What it is to be filled with is no Schedule.
    """

    value = _Held()

    def __init__(self, schedule: Schedule | None = None) -> None:
        if not isinstance(schedule, Schedule | None):
            raise InvalidScheduleError(
                f"ScheduleBuilder is filled with a Schedule, not with a {type(schedule).__name__}"
            )
        self._lock = threading.RLock()
        self._telling = True  # while the controls follow the model, and not the other way round
        self._model = ScheduleFormModel(schedule, _own_zone())
        self._offered = False
        self._outcome = self._model.outcome()
        self._controls = Controls(self._entered)
        self._meaning = widgets.HTML(layout=widgets.Layout(min_height="200px"))
        super().__init__([self._controls.form, self._meaning], layout=widgets.Layout(max_width=WIDTH))
        self._fill()

    def close(self) -> None:
        """Take it off the page, with its controls."""
        close_within(self.children)
        super().close()

    @traitlets.validate("value")
    def _said(self, proposal: Any) -> Schedule | None:
        found: Schedule | None = proposal["value"]
        return Schedule() if found is None and self._outcome.schedule is not None else found

    @traitlets.observe("value")
    def _set(self, change: Any) -> None:
        with self._lock:
            if change["new"] != self._outcome.schedule:
                self._model.fill(change["new"])
                self._fill()

    def _fill(self) -> None:
        with self._lock:
            self._telling = True
            try:
                self._controls.fill(self._model.entered, self._model.zones)
            finally:
                self._telling = False
            self._tell()

    def _entered(self, change: Any) -> None:
        with self._lock:
            if not self._telling:
                self._model.entered = self._controls.read(self._model.entered)
                self._tell()

    def _tell(self) -> None:
        """Say what comes of what is entered."""
        entered, outcome = self._model.entered, self._model.outcome()
        self._outcome, self._telling = outcome, True
        try:
            if entered.kind is Kind.AFTER_A_JOB and not self._offered:
                self._controls.offer(self._model.jobs())
                self._offered = True
            self._controls.arrange(entered)
            self._controls.complain(outcome.wrong, outcome.group)
            self._meaning.value = _meaning(outcome)
        finally:
            self._telling = False
        self.value = outcome.schedule

    def _text(self) -> str:
        outcome = self._outcome
        if outcome.view is None:
            return f"<ScheduleBuilder: no schedule yet. {outcome.wrong or outcome.needed}>"
        view = outcome.view
        return "\n".join([f"<ScheduleBuilder: {view.sentence}>", *_fires_in_text(view)])


def _meaning(outcome: Outcome) -> str:
    """The sentence and the fires, or what is still needed, as HTML."""
    view = outcome.view
    if view is None:
        return html_table([outcome.needed]) if outcome.needed else ""
    lines = [line for line in (view.sentence, view.note) if line]
    columns = view.columns()
    return html_table(lines, list(columns), _rows(columns)) if view.fires else html_table(lines)


def _fires_in_text(view: ScheduleView) -> list[str]:
    columns = view.columns()
    return [text_table(list(columns), _rows(columns))] if view.fires else [view.note]


def _rows(columns: dict[str, list[str]]) -> list[tuple[str, ...]]:
    return list(zip(*columns.values(), strict=True))


def _own_zone() -> str | None:
    """The name of the zone of this machine's clock, if it has one."""
    from dtscheduler.ui.notebook.listed_runs import viewers_zone

    return getattr(viewers_zone(), "key", None)

"""A form for the parameters of a suite as a widget: it builds the DAG that they make, plans it and runs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import ipywidgets as widgets
import traitlets

from dtscheduler.api.dag import DAG
from dtscheduler.api.handle import Run
from dtscheduler.errors import SchedulerError
from dtscheduler.model.shown import printable
from dtscheduler.ui.notebook.controls import message_html, muted_html
from dtscheduler.ui.notebook.plan_table import plan_box
from dtscheduler.ui.notebook.run_monitor import RunMonitor
from dtscheduler.ui.notebook.shown import Shown, close_within
from dtscheduler.ui.notebook.starting import submit_from_notebook
from dtscheduler.ui.notebook.suite_fields import SuiteFields
from dtscheduler.ui.views.suite_form import AnySuite, SuiteFormModel, said_of

if TYPE_CHECKING:
    from dtscheduler.api.plan import Plan

LEAST_SECONDS = 2.0
Several = Any  # one of what a suite makes, or a list of them where it makes a list


class SuiteForm(Shown, widgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Asks for the parameters of a suite, says below each what is wrong with it, and builds, plans and runs the DAG.

    Args:
        suite: A function marked with ``@suite``.
        values: What the form is filled with at first, in the place of the defaults.

    Raises:
        InvalidJobError: A parameter that no form could ask for, or a value that no parameter takes.
        SuiteError: A suite in another process that cannot be imported, or is not yet.

    Observe ``value``, the plain values by parameter, which can be set too; ``dag``, what the suite makes of them, None
    until they are right; and ``run``, the run that was started here last. Of a suite that makes a list of DAGs, ``dag``,
    ``plan`` and ``run`` are lists. The service runs what is started here, so that it outlives the kernel.
    """

    value: traitlets.Dict[str, Any] = traitlets.Dict()
    dag = traitlets.Any(None, allow_none=True)
    run = traitlets.Any(None, allow_none=True)

    def __init__(self, suite: AnySuite, values: Mapping[str, Any] | None = None) -> None:
        self._lock = threading.RLock()
        self._telling = True  # while value and dag follow the form, and not the other way round
        self._model = SuiteFormModel(suite, values)
        self._plans: Several = None
        self._planned: list[widgets.VBox] = []
        self._monitors: list[RunMonitor] = []
        self._tokens: dict[str, str] = {}
        self._pressed = -LEAST_SECONDS  # when a run of these values was submitted last
        self._form = widgets.VBox()
        self._status = widgets.HTML()
        self._below = widgets.VBox()
        self._plan_button = _button("Plan", "What would run now, what would be reused, and why", self._show_plan)
        self._run_button = _button("Run", "Leave a run to the service, and watch it", self._start, style="primary")
        self._again_button = _button("Build again", "Something else than these values may have changed", self._again)
        buttons = widgets.HBox([self._plan_button, self._run_button, self._again_button])
        head = [widgets.HTML(f'<div style="font-size:1.2em;font-weight:600">{escape(printable(suite.title))}</div>')]
        head += [widgets.HTML(muted_html(suite.doc))] if suite.doc else []
        super().__init__([*head, self._form, self._status, buttons, self._below])
        self._draw()

    @property
    def plan(self) -> Several:
        """What running it now would do, a ``Plan``; None until the values are right."""
        with self._lock:
            self._settle()
            if self._plans is None and self.dag is not None:
                self._plans = _each(self.dag, lambda dag: dag.plan())
            return self._plans

    @property
    def problems(self) -> tuple[str, ...]:
        """All that is wrong with what is filled in, a line each: ``months: a value is needed``."""
        found = self._model.problems
        return tuple(f"{each.field}: {each.message}" if each.path else each.message for each in found)

    def close(self) -> None:
        """Take it off the page, with all that it shows; runs go on."""
        close_within(self.children)
        super().close()

    # ---- filling in

    def _draw(self) -> None:
        """Draw the fields, filled with what the model has."""
        self._fields = SuiteFields(self._model, self._changed)
        self._form.children = [self._fields.box]
        self._changed()

    def _changed(self) -> None:
        """Say what is wrong with what is filled in now; build it, unless that takes long."""
        with self._lock:
            self._fields.offer()
            self._pressed = -LEAST_SECONDS
            self._tokens.clear()  # other values are another run
            self._plans, self._planned = None, []
            self._arrange()
            if not self._model.slow or self._model.is_built:
                self._settle()
            else:
                self._tell(None)
            self._say()

    def _settle(self) -> None:
        """Build what is filled in."""
        built = self._model.built
        self._tell(None if built.problems else built.value)

    def _tell(self, dag: Several) -> None:
        self._telling = True
        try:
            self.value = dict(self._model.plain)
            if dag is not self.dag and (not isinstance(dag, list) or dag != self.dag):
                self._plans = None
                self.dag = dag
        finally:
            self._telling = False

    def _say(self) -> None:
        said = said_of(self._model.problems, self._model.plain, self._fields.places)
        self._fields.say(said)
        lines = []
        if said.needed:
            labels = ", ".join(self._fields.labels[path] for path in said.needed)
            lines.append(muted_html(f"Still needed: {labels}"))
        if said.whole:
            lines.append(message_html(["Nothing can be built from these values:", *said.whole]))
        if self._model.slow and not self._model.is_built:
            lines.append(muted_html("It takes long to build, so it is built when you press Plan or Run."))
        self._status.value = "".join(lines)
        wrong = bool(self._model.problems)
        self._plan_button.disabled = wrong
        self._run_button.disabled = wrong or self._goes_on()
        self._again_button.layout.display = "" if said.whole else "none"

    def _again(self) -> None:
        with self._lock:
            self._act(self._model.forget)
            self._fields.close()
            self._draw()

    @traitlets.observe("value")
    def _set(self, change: Any) -> None:
        with self._lock:
            if self._telling:
                return
            self._model.fill(change.new)
            self._fields.close()
            self._draw()

    @traitlets.validate("value")
    def _checked(self, proposal: Any) -> Any:
        if not self._telling:
            SuiteFormModel(self._model.suite, proposal["value"])  # it names what no parameter takes
        return proposal["value"]

    # ---- planning and running

    def _show_plan(self) -> None:
        self._act(self._plan_anew)

    def _plan_anew(self) -> None:
        self._plans = None  # code and results may have changed since
        self._planned = [plan_box(plan) for plan in _listed(self.plan)]

    def _start(self) -> None:
        """Start a run of what is built: one a click, also on a double click."""
        with self._lock:
            if self._goes_on() or time.monotonic() - self._pressed < LEAST_SECONDS:
                return
            self._run_button.disabled = True
            self._act(self._monitored)

    def _monitored(self) -> None:
        self._settle()
        if self.dag is None:
            return
        runs: list[Run] = []
        try:
            for dag in _listed(self.dag):
                token = self._tokens.setdefault(dag.name, uuid4().hex)
                runs.append(submit_from_notebook(dag, token))
        finally:
            if runs:  # also where a later one was refused: these go on
                self._follow(runs if isinstance(self.dag, list) else runs[0])
        self._tokens.clear()
        self._pressed = time.monotonic()

    def _follow(self, runs: Several) -> None:
        self._monitors = [RunMonitor(run) for run in _listed(runs)]
        for monitor in self._monitors:
            monitor.observe(self._followed, ("value", "run"))
        self.run = runs

    def _followed(self, change: Any) -> None:
        """What is started again in a monitor counts as started here; once all have ended, Run can be pressed again."""
        with self._lock:
            runs: list[Run] = [monitor.run for monitor in self._monitors]
            if change.name == "run":
                self.run = runs if isinstance(self.run, list) else runs[0]
            self._run_button.disabled = bool(self._model.problems) or self._goes_on()

    def _goes_on(self) -> bool:
        return any(not monitor.over for monitor in self._monitors)

    def _act(self, do: Callable[[], None]) -> None:
        """Do what a button says, and show what comes of it, or what is wrong."""
        with self._lock:
            self._status.value = muted_html("Working …")
            try:
                do()
            except SchedulerError as error:
                self._say()
                self._status.value += message_html([str(error)])
                self._arrange()
                return
            self._say()
            self._arrange()

    def _arrange(self) -> None:
        """Show the plan below the form, then what was started here; what is shown no more is closed."""
        children = (*self._planned, *self._monitors)
        gone = [child for child in self._below.children if child not in children]
        self._below.children = children
        close_within(gone)

    def _text(self) -> str:
        problems = self.problems
        return f"Form of the suite {self._model.text}" + "".join(f"\n  {printable(each)}" for each in problems)


def _button(label: str, tooltip: str, act: Callable[[], None], style: str = "") -> Any:
    button = widgets.Button(description=label, tooltip=tooltip, button_style=style)
    button.on_click(lambda _: act())
    return button


def _listed(value: Several) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _each(dags: DAG | list[DAG], act: Callable[[DAG], Plan | Run]) -> Several:
    return [act(dag) for dag in dags] if isinstance(dags, list) else act(dags)

"""A widget in which a DAG is composed of the entrypoints of an image or a folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import traitlets

from dtscheduler.api import checks
from dtscheduler.api.dag import DAG, TAGS
from dtscheduler.errors import InvalidJobError, SchedulerError
from dtscheduler.ui.notebook.dag_builder_finish import Finish
from dtscheduler.ui.notebook.dag_builder_parts import Message, row, section
from dtscheduler.ui.notebook.dag_builder_python import PythonText, put_into_next_cell
from dtscheduler.ui.notebook.dag_builder_tasks import Tasks
from dtscheduler.ui.notebook.schedule_builder import ScheduleBuilder
from dtscheduler.ui.notebook.shown import Shown, close_within
from dtscheduler.ui.views.code import Code, codes, own_work_dirs
from dtscheduler.ui.views.dag_building import DagBuilderModel

if TYPE_CHECKING:
    from dtscheduler.api.handle import Run

HEIGHT = 320
OF_JOB = ("name", "code", "schedule", "")


class DagBuilder(Shown, widgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Lets a DAG be composed: tasks of the entrypoints that there are, in a table and a graph, and what becomes of it.

    Entrypoints are read from the files; no code is imported for that. Without image, folder and DAG the user chooses
    where the code is.

    Args:
        image: Name of a registered image whose entrypoints there are to choose from.
        tag: Environment: ``'dev'``, ``'pre'`` or ``'prod'``; of the job, and of the image.
        folder: A folder whose code is run as it stands, as a DevRun; instead of an image.
        dag: A DAG to start from; instead of both.
        height: Of the graph, in pixels.

    Raises:
        InvalidJobError: More than one of image, folder and dag; a tag that is none; a DAG without tasks.

    Observe ``value``, the DAG; None as long as something is wrong with what was typed. ``run`` is the run that was
    started last, or None.
    """

    value = traitlets.Any(None, allow_none=True)
    run = traitlets.Any(None, allow_none=True)

    def __init__(
        self,
        image: str | None = None,
        tag: str = "dev",
        folder: str | os.PathLike[str] | None = None,
        dag: DAG | None = None,
        height: int = HEIGHT,
    ) -> None:
        self._lock = threading.RLock()
        self._model = DagBuilderModel(code=_code(image, tag, folder, dag), dag=dag)
        self._tag = self._model.code.tag if self._model.code else tag
        self._available: list[Code] = []
        self._looked: Code | None = None
        self.name = widgets.Text(value=self._model.name, placeholder="of the job", description="Name")
        self.code = widgets.Combobox(placeholder="An image, or a folder for a dev run", description="Code")
        self.code.continuous_update = False
        self.tag = widgets.Dropdown(options=TAGS, value=self._tag, description="Tag")
        self.said = Message()
        self.tasks = Tasks(self._model, look=self._look, changed=self._changed, height=height, lock=self._lock)
        self.finish = Finish(self._model, self._ran)
        self.python_text = PythonText()
        self.schedule = ScheduleBuilder(self._model.schedule)
        super().__init__()
        self.add_class("dts-builder")
        self.layout.width, self.layout.grid_gap = "auto", "8px"
        self.python_text.shown_by = [self._model_id] if self._model_id else []
        self._arrange()
        self._look()

    def _arrange(self) -> None:
        for each, width in ((self.name, "320px"), (self.code, "360px"), (self.tag, "140px")):
            each.layout.width, each.style = width, {"description_width": "48px"}
        given = self._model.code is not None
        if not given:
            self._offer_codes()
        self.code.value = self._model.code.label if self._model.code else ""
        self.code.disabled = given
        python = section("Show the Python", self.python_text)
        head = row([self.name, self.code, self.tag])
        schedule = section("Schedule", self.schedule)
        self.children = (head, self.said, self.tasks, schedule, python, self.finish)
        self.name.observe(self._named, "value")
        self.code.observe(self._code_chosen, "value")
        self.tag.observe(self._tag_chosen, "value")
        self.schedule.observe(self._rescheduled, "value")

    def _offer_codes(self) -> None:
        from dtscheduler.api.place import workspace

        try:
            place = workspace()
            self._available = codes(place, own_work_dirs(place))
        except SchedulerError as error:  # a folder can still be typed
            self.said.say(str(error))
        self.code.options = list(dict.fromkeys(code.label for code in self._available))

    # -- what it gives

    def python(self) -> str:
        """The Python that builds the DAG; secrets in it are masked.

        Raises:
            InvalidJobError: The job is not right yet; the message says what is wrong.
        """
        with self._lock:
            return self._model.python()[0]

    def insert(self) -> None:
        """Put the Python into a new cell below the one in which this is called.

        Raises:
            InvalidJobError: The job is not right yet; the message says what is wrong.
            SchedulerError: There are no cells, as this is no notebook.
        """
        put_into_next_cell(self.python())

    @property
    def problems(self) -> Sequence[tuple[int | None, str, str]]:
        """What is wrong: the row of the table or None, the column, and a message."""
        return [(fault.row, fault.column, fault.message) for fault in self._model.problems]

    def close(self) -> None:
        """Take it off the page, and look at its run no more."""
        close_within(self.children)
        super().close()

    # -- what the user does

    def _named(self, change: Any) -> None:
        with self._lock:
            self._model.rename_job(change["new"])
            self._changed()

    def _code_chosen(self, change: Any) -> None:
        text = change["new"].strip()
        there = self._model.code.label if self._model.code else ""
        if not text or text == there or self.code.disabled:
            return
        chosen = next((code for code in self._available if code.label == text), None)
        with self._lock:
            if chosen is None or chosen.folder is not None:
                chosen = replace(chosen or Code(folder=text), tag=self.tag.value)
            self._model.take(chosen)
            self._changed()

    def _tag_chosen(self, change: Any) -> None:
        with self._lock:
            code = self._model.code
            if code is not None and code.tag != change["new"]:
                self._model.take(replace(code, tag=change["new"]))
                self._changed()

    def _look(self) -> None:
        """Read which entrypoints there are."""
        from dtscheduler.api.place import workspace

        with self._lock:
            self._looked = self._model.code
            try:
                self._model.entrypoints.look(workspace(), self._model.code)
            except SchedulerError as error:  # the store is away
                self._model.entrypoints.problem = str(error)
            self.tasks.show_entrypoints()
            self._changed()

    def _changed(self) -> None:
        """Show everywhere what the model says now."""
        with self._lock:
            model = self._model
            if model.code != self._looked:
                self._look()
                return
            self.tasks.refresh()
            self.finish.refresh()
            self._tell()
            if self.name.value != model.name:
                self.name.value = model.name
            label = model.code.label if model.code else ""
            if self.code.value != label:
                self.code.value = label
            if model.code is not None and self.tag.value != model.code.tag:
                self.tag.value = model.code.tag
            if model.schedule is not None and self.schedule.value != model.schedule:
                self.schedule.value = model.schedule
            self.value = model.dag

    def _tell(self) -> None:
        """Say what is wrong with the job as a whole, and show its Python."""
        model = self._model
        of_job = [fault.message for fault in model.problems if fault.row is None]
        self.said.say(*of_job, tone="alarm" if model.rows else "quiet")
        if model.dag is None:
            self.python_text.show("", masked=False)
            return
        try:
            text, masked = model.python()
        except SchedulerError as error:
            self.python_text.show(f"# {error}", masked=False)
        else:
            self.python_text.show(text, masked=masked)

    def _ran(self, run: Run) -> None:
        self.run = run

    def _rescheduled(self, change: Any) -> None:
        with self._lock:
            self._model.plan_for(change["new"])
            self._changed()

    def _text(self) -> str:
        return self._model.text


def _code(image: str | None, tag: str, folder: object, dag: DAG | None) -> Code | None:
    """Where the code is, as the arguments say; None where they do not."""
    where = "DagBuilder"
    checks.choice(tag, where, "tag", TAGS)
    given = [name for name, value in (("image", image), ("folder", folder), ("dag", dag)) if value is not None]
    if len(given) > 1:
        raise InvalidJobError(f"{where}: {' and '.join(given)} are given; give one of them")
    if dag is not None and not isinstance(dag, DAG):
        raise InvalidJobError(f"{where}: dag must be a DAG, not {type(dag).__name__}")
    if image is not None:
        return Code(image=checks.name(image, where, "image"), tag=tag)
    if folder is None:
        return None
    if not isinstance(folder, str | os.PathLike) or not os.fspath(folder) or "\0" in str(folder):
        raise InvalidJobError(f"{where}: folder must be a path, not {folder!r:.80}")
    return Code(folder=os.fspath(folder), tag=tag)

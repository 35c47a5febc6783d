"""The tasks of a job that is composed: a list of entrypoints to add from, a table, and the graph; all show the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from dtscheduler.errors import SchedulerError
from dtscheduler.ui.notebook.dag_builder_parts import Message, button, column, row, shortened, shown_if
from dtscheduler.ui.notebook.dag_view import DagView
from dtscheduler.ui.notebook.tables import Column, Table
from dtscheduler.ui.views.configuration import WAYS
from dtscheduler.ui.views.dag_building import DagBuilderModel
from dtscheduler.ui.views.drafts import CELLS

if TYPE_CHECKING:
    from threading import RLock

MOST_LISTED = 500


class Tasks(widgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Lets the tasks of a model be added, changed, connected and removed; says ``changed()`` after each change.

    Args:
        model: What is composed.
        look: Reads which entrypoints there are anew.
        changed: Called when the model has changed; it calls ``refresh``.
        height: Of the graph, in pixels.
        lock: Held while the model is changed: a front end may be heard in another thread than cells run in.
    """

    def __init__(
        self,
        model: DagBuilderModel,
        *,
        look: Callable[[], None],
        changed: Callable[[], None],
        height: int,
        lock: RLock,
    ) -> None:
        self._model, self._changed, self._lock = model, changed, lock
        self._chosen: int | None = None
        self._connects_from: int | None = None
        self._filling = False
        self._drawn: object = None
        self.search = widgets.Text(placeholder="Search entrypoints; Enter adds the first", continuous_update=True)
        self.search.layout.width = "auto"
        self.found = widgets.Select(options=[], rows=5, layout=widgets.Layout(width="auto"))
        self.add = button("Add", self._add, icon="plus")
        self.add_after = button("Add after", self._add_after)
        self.look = button("Look again", look, tooltip="Read the files anew")
        self.said_of_code = Message()
        self.table = Table(
            _columns(model), model.table, label="The tasks of the job", selectable=True, editable=True, empty=_EMPTY
        )
        self.connect = widgets.ToggleButton(description="Connect from", disabled=True)
        self.connect.layout.width = "auto"
        self.remove = button("Remove", self._remove, icon="trash")
        self.undo = button("Undo", self._undo, icon="undo")
        self.said = Message()
        self.configuration = widgets.Textarea(placeholder=WAYS, rows=3, layout=widgets.Layout(width="auto"))
        self.said_of_configuration = Message()
        self._about_configuration = Message()
        self._one = column([self._about_configuration, self.configuration, self.said_of_configuration])
        self.graph = DagView(height=height)
        self.graph_box = widgets.VBox([self.graph])
        self.said_of_graph = Message()
        self._adding = column([self.search, self.found, row([self.add, self.add_after, self.look])])
        actions = row([self.connect, self.remove, self.undo])
        style = widgets.HTML(_STYLE, layout=widgets.Layout(display="none"))
        children = [style, self._adding, self.said_of_code, self.table, actions, self.said, self._one]
        super().__init__([*children, self.said_of_graph, self.graph_box])
        self.layout.width, self.layout.grid_gap = "auto", "8px"
        self._listen()

    def _listen(self) -> None:
        self.search.observe(lambda change: self._list(), "value")
        self.search.on_msg(self._search_told)
        self.table.observe(self._put, "value")
        self.table.observe(self._row_chosen, "selected")
        self.connect.observe(self._connect_pressed, "value")
        self.configuration.observe(self._configured, "value")
        self.graph.observe(self._node_chosen, "value")

    def refresh(self) -> None:
        """Show the model as it is now."""
        self._filling = True
        try:
            self._refresh()
        finally:
            self._filling = False

    def _refresh(self) -> None:
        model = self._model
        number = model.row_at(self._chosen)
        columns = _columns(model)
        if columns != tuple(self.table.columns):
            self.table.columns = columns
        with self.table.hold_sync():
            self.table.rows = model.table
            self.table.selected = number
            self.table.problems = [
                [fault.row, fault.column, fault.message] for fault in model.problems if fault.row is not None
            ]
        self._refresh_chosen(number)
        self._refresh_graph(number)
        self.undo.description = f"Undo: {shortened(model.undoes, 48)}" if model.undoes else "Undo"
        self.undo.disabled = not model.undoes
        shown_if(self._adding, not model.fixed and model.code is not None)

    def _refresh_chosen(self, number: int | None) -> None:
        model = self._model
        name = None if number is None else model.rows[number].name
        quoted = "" if name is None else f" {shortened(name)!r}"
        self.connect.description = f"Connect from{quoted}"
        self.remove.description = f"Remove{quoted}"
        self.add_after.description = f"Add after{quoted}"
        self.connect.disabled = self.remove.disabled = number is None or model.fixed
        shown_if(self.add_after, number is not None)
        shown_if(self._one, number is not None and not model.fixed)
        if number is None or name is None:
            self._stop_connecting()
            return
        self._about_configuration.say(f"Configuration of {name}", tone="plain")
        if self.configuration.value != model.rows[number].configuration:
            self.configuration.value = model.rows[number].configuration
        wrong = [fault for fault in model.problems if (fault.row, fault.column) == (number, "configuration")]
        self.said_of_configuration.say(*(fault.message for fault in wrong))

    def _refresh_graph(self, number: int | None) -> None:
        model = self._model
        if model.drawn is not self._drawn:
            self.graph.show(model.drawn)
            self._drawn = model.drawn
        self.graph.select(model.drawn_name(number))
        stale = model.dag is None and model.drawn is not None
        shown_if(self.graph_box, model.drawn is not None)
        (self.graph_box.add_class if stale else self.graph_box.remove_class)("dts-stale")
        self.said_of_graph.say(_STALE if stale else "", tone="quiet")

    def show_entrypoints(self) -> None:
        """Show which entrypoints there are, or why there are none."""
        self.said_of_code.say(self._model.entrypoints.problem)
        self._list()
        self.refresh()

    def _list(self) -> None:
        found = self._model.entrypoints.found(self.search.value)[:MOST_LISTED]
        chosen = self.found.value
        self.found.options = found
        self.found.value = chosen if chosen in found else next(iter(found), None)
        self.add.disabled = self.add_after.disabled = not found

    # -- what the user does

    def _do(self, act: Callable[[], object]) -> None:
        with self._lock:
            try:
                act()
            except SchedulerError as error:
                self.said.say(str(error))
            else:
                self.said.say()
            self._changed()

    def _search_told(self, widget: object, content: Any, buffers: object) -> None:
        if content.get("event") == "submit":
            self._add()

    def _add(self, after: int | None = None) -> None:
        if self.found.value is not None:
            self._do(lambda: self._choose_key(self._model.key_at(self._model.add(self.found.value, after))))

    def _add_after(self) -> None:
        self._add(self._model.row_at(self._chosen))

    def _remove(self) -> None:
        number = self._model.row_at(self._chosen)
        if number is not None:
            self._do(lambda: self._model.remove(number))

    def _undo(self) -> None:
        self._do(self._model.undo)

    def _put(self, change: Any) -> None:
        if not self._filling:
            self._do(lambda: self._model.put(change["new"]))

    def _configured(self, change: Any) -> None:
        number = self._model.row_at(self._chosen)
        if not self._filling and number is not None:
            self._do(lambda: self._model.edit(number, "configuration", change["new"]))

    def _row_chosen(self, change: Any) -> None:
        if not self._filling:
            self._choose_key(self._model.key_at(change["new"]))
            self.refresh()

    def _node_chosen(self, change: Any) -> None:
        if self._filling or change["new"] is None:
            return
        number = self._model.row_of_drawn(change["new"].task)
        start = self._model.row_at(self._connects_from)
        if start is None or number is None:
            self._choose_key(self._model.key_at(number))
            self.refresh()
            return
        self._stop_connecting()
        self._do(lambda: self._model.connect(start, number))

    def _connect_pressed(self, change: Any) -> None:
        if self._filling:
            return
        self._connects_from = self._chosen if change["new"] else None
        if self._connects_from is None:
            self.said.say()
        else:
            self.said.say("Click the task that waits for it; one that waits already does so no more.", tone="quiet")

    def _stop_connecting(self) -> None:
        self._connects_from = None
        before, self._filling = self._filling, True
        self.connect.value = False
        self._filling = before

    def _choose_key(self, key: int | None) -> None:
        self._chosen = key


_EMPTY = "There are no tasks yet: choose an entrypoint and press Add"
_STYLE = "<style>.dts-stale { opacity: 0.45; }</style>"
_STALE = "The graph shows the job as it was right last."


def _columns(model: DagBuilderModel) -> tuple[Column, ...]:
    rows = model.rows
    entrypoints = tuple(dict.fromkeys([*model.entrypoints.names, *(row.entrypoint for row in rows if row.entrypoint)]))
    names = tuple(dict.fromkeys(row.name for row in rows if row.name))
    free = not model.fixed
    found = (
        Column("name", "Task", editable=free, width=120),
        Column("entrypoint", "Entrypoint", "choice", choices=entrypoints, editable=free, width=150),
        Column("waits_for", "Waits for", "choices", choices=names, editable=free, width=120),
        Column("cpu_mhz", "CPU, MHz", "int", align="right", help="4000 is one core", start=400),
        Column("memory_mb", "Memory, MB", "int", align="right", start=400),
        Column("retries", "Retries", "int", align="right", start=0),
        Column("configuration", "Configuration", editable=free, width=200, help=WAYS),
    )
    return tuple(sorted(found, key=lambda column: CELLS.index(column.name)))

"""The fields of a suite: drawn side by side, each with its label, its switch where it may be empty, and its problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from dtscheduler.forms.fields import Field, Kind
from dtscheduler.model.shown import printable
from dtscheduler.ui.notebook.controls import WIDE, Control, label_of, message_html, muted_html
from dtscheduler.ui.notebook.shown import close_within
from dtscheduler.ui.views.fields import by_dependence
from dtscheduler.ui.views.problems import Path
from dtscheduler.ui.views.suite_form import Said, SuiteFormModel, started

NARROWEST = "300px"


class SuiteFields:
    """Draws the fields of a form and writes what is filled in into its model.

    Args:
        model: What is filled in.
        changed: Called after a value was written.
    """

    def __init__(self, model: SuiteFormModel, changed: Callable[[], None]) -> None:
        self._model, self._changed = model, changed
        self._controls: dict[Path, Control] = {}
        self._switches: dict[Path, widgets.Checkbox] = {}
        self._said: dict[Path, widgets.HTML] = {}
        self._groups: dict[Path, widgets.GridBox] = {}
        self.labels: dict[Path, str] = {}
        self.box = self._group(model.fields, model.plain, ())

    @property
    def places(self) -> Sequence[Path]:
        """Where problems can be said."""
        return list(self._said)

    def offer(self) -> None:
        """Offer the choices that the values leave, and take over what is no choice any more."""
        for field in by_dependence(self._model.fields):
            if field.depends_on and (field.name,) in self._controls:
                self._controls[field.name,].offer(self._model.choices(field))
                self._write((field.name,))

    def say(self, said: Said) -> None:
        """Say below each field what is wrong with it."""
        for path, place in self._said.items():
            text = message_html(said.at.get(path, ()))
            if place.value != text:
                place.value = text

    def close(self) -> None:
        """Take all of it off the page."""
        close_within([self.box])

    def _group(self, fields: Sequence[Field], given: Mapping[str, Any], path: Path) -> widgets.GridBox:
        cells = [self._cell(field, given.get(field.name), (*path, field.name)) for field in fields]
        columns = f"repeat(auto-fit, minmax(min({NARROWEST}, 100%), 1fr))"
        layout = widgets.Layout(
            grid_template_columns=columns, grid_gap="8px 24px", width="100%", align_items="flex-start"
        )
        return widgets.GridBox(cells, layout=layout)

    def _cell(self, field: Field, given: Any, path: Path) -> widgets.VBox:
        self.labels[path] = label_of(field)
        self._said[path] = widgets.HTML()
        switch = self._switch(given is not None, path) if field.optional else None
        if field.kind is Kind.GROUP:
            body, wide = self._nested(field, given, path), True
        else:
            control = Control(field, given, self._model.choices(field), lambda: self._write(path, tell=True))
            self._controls[path] = control
            control.disable(switch is not None and not switch.value)
            body, wide = control.input, control.shape in WIDE
        labelled = field.kind is Kind.FLAG and switch is None  # its label stands beside it
        head = [] if labelled else [self._head(field, switch)]
        note = [widgets.HTML(muted_html(field.help))] if field.help else []
        cell = widgets.VBox([*head, *note, body, self._said[path]])
        # a page takes the shorthand alone: an empty grid_area undoes a grid_column
        cell.layout.grid_area = "auto / 1 / auto / -1" if wide else "auto"
        return cell

    def _nested(self, field: Field, given: Any, path: Path) -> widgets.GridBox:
        box = self._group(field.fields, given if isinstance(given, Mapping) else started(field.fields, {}), path)
        box.layout.border, box.layout.padding = "1px solid var(--jp-border-color2, #ccc)", "8px"
        if field.optional and given is None:
            box.layout.display = "none"
        self._groups[path] = box
        return box

    def _head(self, field: Field, switch: widgets.Checkbox | None) -> Any:
        label = widgets.HTML(f'<div style="font-weight:600;line-height:1.6">{escape(label_of(field))}</div>')
        if switch is None:
            return label
        return widgets.HBox([label, switch], layout=widgets.Layout(justify_content="space-between", width="100%"))

    def _switch(self, on: bool, path: Path) -> widgets.Checkbox:
        """Whether an optional field has a value."""
        name = printable(str(path[-1]).replace("_", " "))
        layout = {"width": "auto"}
        switch = widgets.Checkbox(
            value=on, indent=False, description="set", tooltip=f"Whether {name} is set", layout=layout
        )
        self._switches[path] = switch

        def switched(change: Any) -> None:
            if path in self._controls:
                self._controls[path].disable(not switch.value)
            elif path in self._groups:
                self._groups[path].layout.display = "grid" if switch.value else "none"
            self._write(path, tell=True)

        switch.observe(switched, "value")
        return switch

    def _write(self, path: Path, *, tell: bool = False) -> None:
        """Write what a field holds into the model; all of a group where that is switched on."""
        unset = next((path[:end] for end in range(1, len(path) + 1) if self._is_off(path[:end])), None)
        if unset is not None:
            self._model.set(unset, None)
        elif path in self._controls:
            self._model.set(path, self._controls[path].read())
        else:
            self._model.set(path, {})
            for inner in self._controls:
                if inner[: len(path)] == path:
                    self._write(inner)
        if tell:
            self._changed()

    def _is_off(self, path: Path) -> bool:
        switch = self._switches.get(path)
        return switch is not None and not switch.value

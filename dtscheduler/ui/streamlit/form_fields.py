"""The fields of a form: drawn side by side, each with its label, its switch where it may be empty, and its problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import streamlit as st

from dtscheduler.forms.fields import Choice, Field
from dtscheduler.ui.streamlit.field_widgets import Widget, label_of
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.fields import Shape, by_dependence, shape_of
from dtscheduler.ui.views.problems import Path

MISSING: Final = object()
COLUMNS, NARROWEST = 2, 300
_WIDE = (Shape.TABLE, Shape.GROUP, Shape.JSON, Shape.AREA)


class FormFields:
    """Draws fields, and keeps for each the place below it where problems are said.

    Args:
        prefix: of the keys of all widgets.
        choices: gives the choices of fields that depend on others, by name, for the plain values of those others.
    """

    def __init__(self, prefix: str, choices: Callable[[Mapping[str, Any]], Mapping[str, tuple[Choice, ...]]]) -> None:
        self._prefix, self._choices_of = prefix, choices
        self._depending: dict[str, tuple[Choice, ...]] = {}
        self.places: dict[Path, Any] = {}
        self.labels: dict[Path, str] = {}

    def group(self, fields: Sequence[Field], given: Mapping[str, Any], path: Path = ()) -> dict[str, Any]:
        """Draw fields side by side, as many as there is room for; returns the plain values of those that have one.

        Fields on which the choices of others depend come first, whatever their place.
        """
        rooms = self._rooms(fields, given)
        plain: dict[str, Any] = {}
        for field in by_dependence(fields):
            if field.depends_on:
                self._ask(plain)
            with rooms[field.name]:
                value = self._draw(field, given.get(field.name, field.default), (*path, field.name))
            if value is not MISSING:
                plain[field.name] = value
        return {field.name: plain[field.name] for field in fields if field.name in plain}

    def _rooms(self, fields: Sequence[Field], given: Mapping[str, Any]) -> dict[str, Any]:
        grid = st.grid(COLUMNS, min_column_width=NARROWEST)
        wide = {f.name: shape_of(f, self._choices(f), given.get(f.name, f.default)) in _WIDE for f in fields}
        return {field.name: grid.cell(column_span="all" if wide[field.name] else 1) for field in fields}

    def _ask(self, plain: Mapping[str, Any]) -> None:
        """Ask for the choices that the values drawn so far leave."""
        self._depending.update(self._choices_of(plain))

    def _draw(self, field: Field, given: Any, path: Path) -> Any:
        widget = Widget(field, given, self._key(path), self._choices(field))
        self.labels[path] = field.label
        if widget.shape is Shape.GROUP:
            value = self._draw_group(field, given, path, widget)
        elif field.optional:
            value = _optional(widget)
        else:
            value = widget.draw()
        if widget.shape is not Shape.GROUP:
            self.places[path] = st.container()
        return MISSING if value is None and field.required and not field.optional else value

    def _draw_group(self, field: Field, given: Any, path: Path, widget: Widget) -> Any:
        members = given if isinstance(given, Mapping) else {}
        with st.container(border=True):
            unset = _headed(widget) if field.optional else _heading(field)
            self.places[path] = st.container()
            return None if unset else self.group(field.fields, members, path)

    def _key(self, path: Path) -> str:
        return ".".join(map(str, (self._prefix, *path)))

    def _choices(self, field: Field) -> tuple[Choice, ...]:
        if field.depends_on:
            return self._depending.get(field.name, ())
        return field.choices or (field.item.choices if field.item else ())


def _optional(widget: Widget) -> Any:
    """A widget beside a switch that says that there is no value."""
    if widget.shape in _WIDE:
        return None if _headed(widget) else widget.draw(labelled=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        room = st.container()
        unset = _unset(widget)
    with room:
        value = widget.draw(disabled=unset)
    return None if unset else value


def _headed(widget: Widget) -> bool:
    """The label of what is drawn below it, beside the switch."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        _heading(widget.field)
        return _unset(widget)


def _heading(field: Field) -> bool:
    st.markdown(f"**{label_of(field)}**", help=literal(field.help) if field.help else None, width="content")
    return False


def _unset(widget: Widget) -> bool:
    key, usual = f"{widget.key} set", widget.given is not None
    label = "Set" if st.session_state.get(key, usual) else "Not set"
    return not st.toggle(label, value=usual, key=key, persist_state="session")

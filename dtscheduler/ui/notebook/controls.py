"""The control of a field: which one, what it starts with, and what it holds as a plain value."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from html import escape
from typing import Any

import ipywidgets as widgets

from dtscheduler.forms.fields import Choice, Field, Kind
from dtscheduler.model.secrets import looks_secret
from dtscheduler.model.shown import printable
from dtscheduler.ui.notebook.tables import Column, Table
from dtscheduler.ui.views.fields import (
    LARGEST_EXACT,
    Shape,
    columns_of,
    id_of,
    ids_of,
    limits_of,
    numbers_of,
    shape_of,
    shown,
    table_rows,
    table_value,
    typed,
)

WIDE = (Shape.TABLE, Shape.GROUP, Shape.JSON, Shape.AREA)
_FULL = {"width": "calc(100% - 4px)"}
_KINDS = {
    Kind.INT: "int",
    Kind.FLOAT: "float",
    Kind.FLAG: "flag",
    Kind.DATE: "date",
    Kind.DATETIME: "datetime",
    Kind.TIME: "time",
    Kind.CHOICE: "choice",
}
Changed = Callable[[], None]


def label_of(field: Field) -> str:
    """The label of a field, with a mark where a value is needed."""
    return printable(f"{field.label} *" if field.required and not field.optional else field.label)


class Control:
    """What a field is filled in with; ``box`` is drawn, ``read`` gives the plain value, None while there is none.

    Args:
        field: The field.
        given: The plain value it starts with.
        choices: Of the field, or of the items of its list, as they are now.
        changed: Called after something was filled in.
    """

    def __init__(self, field: Field, given: Any, choices: tuple[Choice, ...], changed: Changed) -> None:
        self.field, self._given, self._changed, self._quiet = field, given, changed, False
        self._offered = choices
        self._options = ids_of(choices or (numbers_of(field.item) if field.item else ()))
        self.shape = shape_of(field, choices, given)
        make, self._read = self._makers()[self.shape]
        self.input = make(given)
        self.inputs = self._pressed if self.shape is Shape.PILLS else [self.input]
        for one in self.inputs:
            one.observe(self._tell, "value")

    def read(self) -> Any:
        """The plain value."""
        return self._read()

    def offer(self, choices: tuple[Choice, ...]) -> None:
        """Offer other choices; one that is chosen stays if it is still among them."""
        if choices == self._offered or self.shape not in (Shape.SELECT, Shape.SEVERAL):
            return
        before = self.read()
        self._offered, self._options = choices, ids_of(choices)
        self._quiet = True
        try:
            self._refill(before)
        finally:
            self._quiet = False

    @property
    def _secret(self) -> bool:
        return self.shape is Shape.LINE and looks_secret(self.field.name)

    def disable(self, disabled: bool) -> None:
        """Let it be filled in, or not."""
        for one in self.inputs:
            if hasattr(one, "disabled"):
                one.disabled = disabled

    def _refill(self, before: Any) -> None:
        if self.shape is Shape.SEVERAL:
            self.input.value = []
            self.input.allowed_tags = self._labels()
            self.input.value = [self._label_of(value) for value in before or () if id_of(value, self._options)]
        else:
            self.input.options = self._pairs()
            self.input.value = id_of(before, self._options)

    def _tell(self, change: Any) -> None:
        if not self._quiet:
            self._changed()

    def _makers(self) -> dict[Shape, tuple[Callable[[Any], Any], Callable[[], Any]]]:
        return {
            Shape.NUMBER: (self._number, self._typed_number),
            Shape.LINE: (self._line, self._text),
            Shape.AREA: (self._area, self._text),
            Shape.SWITCH: (self._switch, self._value),
            Shape.DATE: (self._date, self._iso),
            Shape.DATETIME: (self._datetime, self._iso),
            Shape.TIME: (self._time, self._iso),
            Shape.SEGMENTS: (self._segments, self._chosen),
            Shape.SELECT: (self._select, self._chosen),
            Shape.PILLS: (self._pills, self._all_pressed),
            Shape.SEVERAL: (self._several, self._all_tagged),
            Shape.TAGS: (self._tags, self._all_typed),
            Shape.TABLE: (self._table, self._rows),
            Shape.JSON: (self._json, self._parsed),
        }

    def _told(self, **more: Any) -> dict[str, Any]:
        label = label_of(self.field)  # it stands above in markup of its own: a screen reader finds it here
        return {"tooltip": label, "layout": widgets.Layout(**_FULL), **more}

    # ---- numbers, text, times

    def _number(self, given: Any) -> Any:
        """A box with arrows where there is a number to begin with; an empty one can only be a box for text."""
        if not isinstance(given, int | float) or isinstance(given, bool) or not abs(given) <= LARGEST_EXACT:
            return widgets.Text(value="" if given is None else shown(given), placeholder="a number", **self._told())
        step = limits_of(self.field, given)[2]
        if self.field.kind is Kind.INT and given == int(given):
            return widgets.IntText(value=int(given), step=int(step), continuous_update=True, **self._told())
        return widgets.FloatText(value=float(given), step=float(step), continuous_update=True, **self._told())

    def _typed_number(self) -> Any:
        value = self.input.value
        if not isinstance(value, str):
            return value
        return typed(self.field.kind, value) if value.strip() else None

    def _line(self, given: Any) -> Any:
        if self._secret:  # a notebook may be saved with what its widgets hold
            return widgets.Password(placeholder="as it is, unless you type another" if given else "", **self._told())
        placeholder = "1h 30m" if self.field.kind is Kind.DURATION else ""
        return widgets.Text(value="" if given is None else shown(given), placeholder=placeholder, **self._told())

    def _area(self, given: Any) -> Any:
        return widgets.Textarea(value="" if given is None else shown(given), rows=5, **self._told())

    def _text(self) -> Any:
        """What was typed; nothing where a value is needed, and is no text or has no default, is no value."""
        text = self.input.value
        if self._secret and not text:
            return self._given
        empty_counts = self.field.kind is Kind.TEXT and not self.field.required
        return typed(self.field.kind, text) if text or empty_counts else None

    def _switch(self, given: Any) -> Any:
        beside = "yes" if self.field.optional else label_of(self.field)  # above it stands the switch with the label
        return widgets.Checkbox(value=bool(given), indent=False, description=beside, **self._told())

    def _value(self) -> Any:
        return self.input.value

    def _date(self, given: Any) -> Any:
        return widgets.DatePicker(value=_read(date, given), **self._told())

    def _datetime(self, given: Any) -> Any:
        found = _read(datetime, given)
        self._zone = found.tzinfo if found else None
        return widgets.NaiveDatetimePicker(value=found.replace(tzinfo=None) if found else None, **self._told())

    def _time(self, given: Any) -> Any:
        return widgets.TimePicker(value=_read(time, given), step=60, **self._told())

    def _iso(self) -> Any:
        found = self.input.value
        if isinstance(found, datetime) and self._zone is not None:
            found = found.replace(tzinfo=self._zone)
        return found.isoformat() if found is not None else None

    # ---- choices

    def _segments(self, given: Any) -> Any:
        style = {"button_width": "auto"}
        return widgets.ToggleButtons(options=self._pairs(), value=id_of(given, self._options), style=style)

    def _select(self, given: Any) -> Any:
        return widgets.Dropdown(options=self._pairs(), value=id_of(given, self._options), **self._told())

    def _chosen(self) -> Any:
        found = self.input.value
        return self._options[found].value if found in self._options else None

    def _pairs(self) -> list[tuple[str, str]]:
        return list(zip(self._labels(), self._options, strict=True))

    def _labels(self) -> list[str]:
        """What the choices are called; where two are called alike, with their values."""
        plain = [printable(choice.label) for choice in self._options.values()]
        keys = zip(plain, self._options, strict=True)
        return [f"{label} ({key})" if plain.count(label) > 1 else label for label, key in keys]

    def _label_of(self, value: Any) -> str:
        return dict(zip(self._options, self._labels(), strict=True))[str(id_of(value, self._options))]

    def _pills(self, given: Any) -> Any:
        chosen = {id_of(value, self._options) for value in given or ()} if isinstance(given, list) else set()
        layout = {"width": "auto", "margin": "0 4px 4px 0"}
        self._pressed = [
            widgets.ToggleButton(value=key in chosen, description=label, layout=layout) for label, key in self._pairs()
        ]
        return widgets.HBox(self._pressed, layout=widgets.Layout(flex_flow="row wrap"))

    def _all_pressed(self) -> Any:
        """Those that are pressed: first what was given, in its order, then what came to it."""
        pressed = {key for key, button in zip(self._options, self._pressed, strict=True) if button.value}
        given = self._given if isinstance(self._given, list) else []
        first = [key for value in given if (key := id_of(value, self._options)) in pressed]
        return [self._options[key].value for key in dict.fromkeys((*first, *self._options)) if key in pressed]

    def _several(self, given: Any) -> Any:
        values = [value for value in given or () if id_of(value, self._options)] if isinstance(given, list) else []
        tags = list(dict.fromkeys(map(self._label_of, values)))
        allowed = self._labels() or [""]
        placeholder = "Type to choose" if self._options else self._nothing()
        return widgets.TagsInput(
            value=tags, allowed_tags=allowed, allow_duplicates=False, placeholder=placeholder, **self._told()
        )

    def _nothing(self) -> str:
        depends = ", ".join(self.field.depends_on)
        return f"Nothing to choose yet: it depends on {depends}" if depends else "Nothing to choose"

    def _all_tagged(self) -> Any:
        by_label = dict(zip(self._labels(), self._options.values(), strict=True))
        return [by_label[tag].value for tag in self.input.value if tag in by_label]

    def _tags(self, given: Any) -> Any:
        texts = [shown(value) for value in given or ()] if isinstance(given, list) else []
        return widgets.TagsInput(value=texts, placeholder="Type a value and press Enter", **self._told())

    def _all_typed(self) -> Any:
        kind = self.field.item.kind if self.field.item else Kind.TEXT
        return [typed(kind, text) for text in self.input.value]

    # ---- tables and JSON

    def _table(self, given: Any) -> Any:
        columns = list(map(_column, columns_of(self.field)))
        return Table(columns, table_rows(self.field, given), label=label_of(self.field), editable=True)

    def _rows(self) -> Any:
        """Its rows; an empty one that was added and not filled in is none."""
        rows, given = [], sum(not _filled(row) for row in table_rows(self.field, self._given))
        for row in self.input.value:
            given -= not _filled(row)
            if _filled(row) or given >= 0:
                rows.append(list(row))
        return table_value(self.field, rows)

    def _json(self, given: Any) -> Any:
        text = "" if given is None else json.dumps(given, ensure_ascii=False, indent=1)
        return widgets.Textarea(value=text, rows=5, placeholder="JSON", **self._told())

    def _parsed(self) -> Any:
        text = self.input.value
        with suppress(ValueError):
            return json.loads(text) if text.strip() else None
        return text


def _filled(row: Sequence[Any]) -> bool:
    return any(cell not in (None, "") for cell in row)


def message_html(messages: Sequence[str]) -> str:
    """Problems as markup, a line each."""
    lines = "".join(f"<div>{escape(printable(message))}</div>" for message in messages)
    style = "color:var(--jp-error-color1,#c62828);line-height:1.4;overflow-wrap:anywhere;white-space:normal"
    return f'<div role="alert" style="{style}">{lines}</div>' if lines else ""


def muted_html(text: str) -> str:
    """A quiet remark as markup."""
    style = "color:var(--jp-ui-font-color2,#777);line-height:1.4;overflow-wrap:anywhere;white-space:normal"
    return f'<div style="{style}">{escape(printable(text))}</div>' if text else ""


def _column(field: Field) -> Column:
    kind: Any = _KINDS.get(field.kind, "text")
    choices = tuple((choice.value, choice.label) for choice in field.choices)
    return Column(
        field.name, label_of(field), kind, choices, help=field.help, start=None if field.required else field.default
    )


def _read(kind: Any, text: Any) -> Any:
    try:
        return kind.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None

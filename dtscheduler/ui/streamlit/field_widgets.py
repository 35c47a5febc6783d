"""The widget of a field: which one, what it starts with, and what it holds as a plain value."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

import streamlit as st

from dtscheduler.forms.fields import Choice, Field, Kind
from dtscheduler.model.secrets import looks_secret
from dtscheduler.ui.streamlit.field_tables import edit_table
from dtscheduler.ui.streamlit.texts import literal
from dtscheduler.ui.views.fields import Shape, id_of, ids_of, limits_of, numbers_of, shape_of, shown, typed

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


def label_of(field: Field) -> str:
    """The label of a field, with a mark where a value is needed, as Markdown."""
    return f"{literal(field.label)} \\*" if field.required and not field.optional else literal(field.label)


class Widget:
    """The widget of one field."""

    def __init__(self, field: Field, given: Any, key: str, choices: tuple[Choice, ...]) -> None:
        self.field, self.given, self.key = field, given, key
        self._options = ids_of(choices or (numbers_of(field.item) if field.item else ()))
        self.shape = shape_of(field, choices, given)

    def draw(self, *, disabled: bool = False, labelled: bool = True) -> Any:
        """Draw it; returns the plain value, None while there is none."""
        told: dict[str, Any] = {
            "label": label_of(self.field),
            "help": literal(self.field.help) if self.field.help else None,
            "key": self.key,
            "disabled": disabled,
            "label_visibility": "visible" if labelled else "collapsed",
            "persist_state": "session",
        }
        return self._drawers()[self.shape](told)

    def _drawers(self) -> dict[Shape, Callable[[dict[str, Any]], Any]]:
        return {
            Shape.NUMBER: self._number,
            Shape.LINE: self._line,
            Shape.AREA: self._area,
            Shape.SWITCH: self._switch,
            Shape.DATE: self._date,
            Shape.DATETIME: self._datetime,
            Shape.TIME: self._time,
            Shape.SEGMENTS: self._segments,
            Shape.SELECT: self._select,
            Shape.PILLS: self._pills,
            Shape.SEVERAL: self._several,
            Shape.TAGS: self._tags,
            Shape.TABLE: self._table,
            Shape.JSON: self._json,
        }

    def _number(self, told: dict[str, Any]) -> Any:
        low, high, step = limits_of(self.field, self.given)
        number = self.given if isinstance(self.given, int | float) and not isinstance(self.given, bool) else None
        within = number is None or ((low is None or low <= number) and (high is None or number <= high))
        if not within:  # what the form is filled with is shown, and the core says what is wrong with it
            low = high = None
        if self.field.kind is Kind.INT and (number is None or number == int(number)):
            return st.number_input(
                **told, min_value=_whole(low), max_value=_whole(high), step=int(step), value=_whole(number)
            )
        return st.number_input(
            **told,
            min_value=_real(low),
            max_value=_real(high),
            step=float(step),
            value=_real(number),
            format="%.15g",
        )

    def _line(self, told: dict[str, Any]) -> Any:
        text = st.text_input(
            **told,
            value="" if self.given is None else shown(self.given),
            max_chars=self._most(),
            placeholder="1h 30m" if self.field.kind is Kind.DURATION else None,
            type="password" if looks_secret(self.field.name) else "default",
        )
        return self._text(text)

    def _area(self, told: dict[str, Any]) -> Any:
        given = "" if self.given is None else shown(self.given)
        return self._text(st.text_area(**told, value=given, max_chars=self._most()))

    def _most(self) -> int | None:
        """The most characters, unless more are there from the beginning."""
        most = self.field.max_length if self.field.kind is Kind.TEXT else None
        return None if most is not None and len(str(self.given or "")) > most else most

    def _text(self, text: str | None) -> Any:
        """What was typed; nothing where a value is needed, and is no text or has no default, is no value."""
        empty_counts = self.field.kind is Kind.TEXT and not self.field.required
        return typed(self.field.kind, text or "") if text or empty_counts else None

    def _switch(self, told: dict[str, Any]) -> Any:
        st.space("small")  # as high as the label above the field beside it
        return st.toggle(**told, value=bool(self.given))

    def _date(self, told: dict[str, Any]) -> Any:
        value = _read(date, self.given)
        low, high = _days(self.field, value)
        found = st.date_input(**told, value=value, min_value=low, max_value=high, format="YYYY-MM-DD")
        return found.isoformat() if isinstance(found, date) else None

    def _datetime(self, told: dict[str, Any]) -> Any:
        value = _read(datetime, self.given)
        low, high = _days(self.field, value.date() if value else None)
        zone = value.tzinfo if value else None
        if zone:
            told["label"] += f" {literal(f'({value:%Z})')}"
        found = st.datetime_input(
            **told,
            value=value.replace(tzinfo=None) if value else None,
            min_value=datetime.combine(low, time.min),
            max_value=datetime.combine(high, time.max),
            format="YYYY-MM-DD",
            step=timedelta(minutes=1),
        )
        return found.replace(tzinfo=zone).isoformat() if found else None

    def _time(self, told: dict[str, Any]) -> Any:
        found = st.time_input(**told, value=_read(time, self.given), step=timedelta(minutes=1))
        return found.isoformat() if found else None

    def _segments(self, told: dict[str, Any]) -> Any:
        ids = self._options
        found = st.segmented_control(
            **told,
            options=list(ids),
            default=id_of(self.given, ids),
            required=True,
            wrap=True,
            format_func=lambda each: literal(ids[each].label),
        )
        return self._chosen(found)

    def _select(self, told: dict[str, Any]) -> Any:
        ids, options = self._options, list(self._options)
        chosen = id_of(self.given, ids)
        found = st.selectbox(
            **told,
            options=options,
            index=None if chosen is None else options.index(chosen),
            format_func=lambda each: ids[each].label if each in ids else str(each),
            placeholder=self._placeholder(),
        )
        return self._chosen(found)

    def _pills(self, told: dict[str, Any]) -> Any:
        ids = self._options
        found = st.pills(
            **told,
            options=list(ids),
            selection_mode="multi",
            wrap=True,
            default=self._given_ids(),
            format_func=lambda each: literal(ids[each].label),
        )
        return [self._chosen(each) for each in found]

    def _several(self, told: dict[str, Any]) -> Any:
        ids = self._options
        found = st.multiselect(
            **told,
            options=list(ids),
            default=self._given_ids(),
            wrap=True,
            format_func=lambda each: ids[each].label if each in ids else str(each),
            placeholder=self._placeholder(),
        )
        return [self._chosen(each) for each in found]

    def _tags(self, told: dict[str, Any]) -> Any:
        kind = self.field.item.kind if self.field.item else Kind.TEXT
        texts = [shown(value) for value in self.given or ()]
        found = st.multiselect(
            **told,
            options=texts,
            default=texts,
            accept_new_options=True,
            wrap=True,
            placeholder="Type a value and press Enter",
        )
        return [typed(kind, text) for text in found]

    def _table(self, told: dict[str, Any]) -> Any:
        if told["label_visibility"] == "visible":
            st.markdown(f":small[{told['label']}]", help=told["help"], width="content")
        return edit_table(self.field, self.given, self.key, disabled=told["disabled"])

    def _json(self, told: dict[str, Any]) -> Any:
        given = "" if self.given is None else json.dumps(self.given, ensure_ascii=False, indent=1)
        text = st.text_area(**told, value=given, placeholder="JSON")
        with suppress(ValueError):
            return json.loads(text) if text else None
        return text

    def _chosen(self, found: str | None) -> Any:
        """The value of a choice; what is none of them stays, for the core to refuse."""
        return self._options[found].value if found in self._options else found

    def _given_ids(self) -> list[str]:
        given = self.given if isinstance(self.given, list) else []
        return [each for value in given if (each := id_of(value, self._options)) is not None]

    def _placeholder(self) -> str:
        if self._options:
            return "Choose"
        return (
            f"Nothing to choose yet: it depends on {', '.join(self.field.depends_on)}"
            if self.field.depends_on
            else "Nothing to choose"
        )


def _days(field: Field, value: date | None) -> tuple[date, date]:
    """The first and the last day that a calendar offers."""
    low, high = (_read(date, each) for each in (field.ge or field.gt, field.le or field.lt))
    low, high = low or FIRST_DAY, high or LAST_DAY
    return (min(low, value), max(high, value)) if value else (low, high)


def _read(kind: Any, given: Any) -> Any:
    """A date or time from ISO text; None for anything else, so that the form begins empty."""
    with suppress(TypeError, ValueError):
        return kind.fromisoformat(given) if kind is not date else datetime.fromisoformat(given).date()
    return None


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _real(number: float | None) -> float | None:
    return None if number is None else float(number)

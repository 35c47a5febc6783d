"""A form as options of a command: ``--origins JFK --origins EWR --worst 5 --costs-fee 0.1``."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dtscheduler.errors import InvalidJobError
from dtscheduler.forms.fields import Choice, Field, Kind
from dtscheduler.model.secrets import MASK, looks_secret

NONE = "none"
PREFIX = "suite-"
_SHOWN = {
    Kind.INT: "INTEGER",
    Kind.FLOAT: "NUMBER",
    Kind.TEXT: "TEXT",
    Kind.DATE: "YYYY-MM-DD",
    Kind.DATETIME: "YYYY-MM-DDTHH:MM",
    Kind.TIME: "HH:MM",
    Kind.DURATION: "TIME",
    Kind.CHOICE: "CHOICE",
    Kind.TABLE: "CSV",
    Kind.LIST: "JSON",
    Kind.GROUP: "JSON",
    Kind.FLAG: "true|false",
}
_NUMBERS: dict[Kind, Callable[[str], Any]] = {Kind.INT: int, Kind.FLOAT: float}
_BOUNDS = (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than"))


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its name without dashes, where its value goes, and the field it is of."""

    name: str
    path: tuple[str, ...]
    field: Field

    @property
    def one(self) -> Field:
        """What a single text of it is: of a list, an item."""
        return self.field.item or self.field

    @property
    def metavar(self) -> str:
        """What its value is like: the choices, or a word."""
        if self.one.choices and len(self.one.choices) <= 12:
            return "|".join(str(choice.value) for choice in self.one.choices)
        return _SHOWN.get(self.one.kind, "TEXT")

    @property
    def help(self) -> str:
        """What it means, its limits, and what it is where it is not given."""
        parts = [self.field.help or self.field.label]
        limits = [f"{word} {getattr(self.one, name)}" for name, word in _BOUNDS if getattr(self.one, name) is not None]
        if self.field.kind is Kind.LIST:
            limits.append("may be repeated")
        if self.field.kind is Kind.TABLE:
            limits.append(f"columns: {', '.join(column.name for column in self.field.fields)}")
        if limits:
            parts.append(f"({', '.join(limits)})")
        return " ".join(parts) + f" [{self._default()}]"

    def _default(self) -> str:
        if self.field.required:
            return "required"
        value = self.field.default
        if looks_secret(self.field.name):
            return f"default: {MASK}"
        if value is None:
            return f"default: {NONE}"
        if self.field.kind is Kind.TABLE:
            return f"default: {len(value['rows'])} rows"
        if isinstance(value, list):
            text = ", ".join(map(str, value)) or "nothing"
            return f"default: {text if len(text) <= 60 else f'{len(value)} values'}"
        return f"default: {value}"


def options_of(fields: Sequence[Field], taken: Collection[str] = ()) -> tuple[Option, ...]:
    """The options of a form; one whose name is taken gets ``suite-`` before it.

    Args:
        fields: of the form.
        taken: names, without dashes, that are the command's own.
    """
    used, found = {*taken, *(f"no-{name}" for name in taken)}, []
    for path, field in _leaves(fields, ()):
        name = "-".join(path).replace("_", "-").strip("-")
        switch = field.kind is Kind.FLAG and not field.optional
        while name in used or (switch and f"no-{name}" in used):
            name = PREFIX + name
        used |= {name, f"no-{name}"} if switch else {name}
        found.append(Option(name, path, field))
    return tuple(found)


def _leaves(fields: Sequence[Field], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Field]]:
    """What has an option: all but groups, of which the members have one; a group that may be none has one too."""
    for field in fields:
        path = (*above, field.name)
        if field.kind is not Kind.GROUP or field.optional:
            yield path, field
        if field.kind is Kind.GROUP:
            yield from _leaves(field.fields, path)


def plain_values(fields: Sequence[Field], given: Iterable[tuple[Option, Any]]) -> dict[str, Any]:
    """What was given as options, as plain values for the form's check; what does not fit stays text, for it to refuse.

    Args:
        fields: of the form.
        given: each option that was given, with its text; of a list the texts, of a flag True or False.

    Raises:
        InvalidJobError: a CSV file that cannot be read.
    """
    defaults = {field.name: field.default for field in fields}
    found: dict[str, Any] = {}
    for option, texts in given:
        place = found
        for depth, step in enumerate(option.path[:-1]):
            usual = defaults.get(step) if depth == 0 else place.get(step)
            if not isinstance(place.get(step), dict):
                place[step] = _copied(usual)
            place = place[step]
        place[option.path[-1]] = _plain(option, texts)
    return found


def _copied(usual: Any) -> dict[str, Any]:
    return {k: _copied(v) if isinstance(v, dict) else v for k, v in usual.items()} if isinstance(usual, dict) else {}


def _plain(option: Option, texts: Any) -> Any:
    field = option.field
    if isinstance(texts, bool):
        return texts
    if field.kind is Kind.LIST:
        return [] if list(texts) == [""] else [_value(option.one, text) for text in texts]
    if field.optional and texts.strip().lower() == NONE:
        return None
    return _table(option, Path(texts)) if field.kind is Kind.TABLE else _value(field, texts)


def _value(field: Field, text: str) -> Any:
    """A text as a plain value of a field's kind, if it is one."""
    if field.kind is Kind.CHOICE:
        return next((choice.value for choice in field.choices if str(choice.value) == text), text)
    if field.kind is Kind.FLAG:
        return {"true": True, "false": False, "yes": True, "no": False}.get(text.strip().lower(), text)
    kinds = _NUMBERS | dict.fromkeys((Kind.GROUP, Kind.LIST, Kind.TABLE), json.loads)
    try:
        return kinds[field.kind](text) if field.kind in kinds else text
    except (ValueError, RecursionError):
        return text


def chosen_values(
    fields: Sequence[Field],
    plain: Mapping[str, Any],
    choices: Callable[[Mapping[str, Any]], Mapping[str, Sequence[Choice]]],
) -> dict[str, Any]:
    """The same values, with those texts that are choices which depend on others as the values that they mean.

    Args:
        fields: of the form.
        plain: as ``plain_values`` gives them.
        choices: of the form, for plain values.
    """
    found = dict(plain)
    depending = [field.name for field in fields if field.depends_on and field.name in found]
    for _ in depending:  # each round, choices of one more link of a chain are known
        allowed = choices(found)
        for name in depending:
            values = {str(choice.value): choice.value for choice in allowed.get(name, ())}
            texts = found[name]
            several = isinstance(texts, list)
            right = [_meant(text, values) for text in (texts if several else [texts])]
            found[name] = right if several else right[0]
    return found


def _meant(text: Any, values: Mapping[str, Any]) -> Any:
    """The choice that a text means; among numbers that number, so that it is refused as one that is not there."""
    if not isinstance(text, str) or text in values:
        return values.get(text, text)
    kinds = {type(value) for value in values.values()}
    number = next((kind for kind in (Kind.INT, Kind.FLOAT) if kinds == {_NUMBERS[kind]}), None)
    return text if number is None else _value(Field(name="", kind=number, label=""), text)


def _table(option: Option, path: Path) -> dict[str, Any]:
    columns = {column.name: column for column in option.field.fields}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names, *rows = list(csv.reader(file)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidJobError(f"--{option.name}: {path} cannot be read as CSV: {reason}") from error
    ragged = next((number for number, row in enumerate(rows, 2) if row and len(row) != len(names)), None)
    if ragged:
        raise InvalidJobError(f"--{option.name}: {path} line {ragged} has not as many cells as the first, {len(names)}")
    cells = [
        [_cell(columns[name], text) if name in columns else text for name, text in zip(names, row, strict=True)]
        for row in rows
        if row
    ]
    return {"columns": names, "rows": cells}


def _cell(column: Field, text: str) -> Any:
    return None if text == "" and column.kind is not Kind.TEXT else _value(column, text)

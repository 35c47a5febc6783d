"""How a field is filled in on a screen: the shape of its widget, its limits, and how typed text is read."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import time
from enum import StrEnum
from typing import Any

from dtscheduler.forms.fields import Choice, Field, Kind

MOST_SEGMENTS, MOST_PILLS, MOST_NUMBERS, MOST_TAGS = 5, 12, 100, 200
LONGEST_SEGMENTS, LONGEST_LINE = 60, 120
LARGEST_EXACT = 2**53 - 1
_TYPED = (Kind.INT, Kind.FLOAT, Kind.TEXT, Kind.DURATION)
_IN_CELLS = (*_TYPED, Kind.FLAG, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.CHOICE)


class Shape(StrEnum):
    """What a field is filled in with."""

    NUMBER = "number"
    LINE = "line"
    AREA = "area"
    SWITCH = "switch"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    SEGMENTS = "segments"
    SELECT = "select"
    PILLS = "pills"
    SEVERAL = "several"
    TAGS = "tags"
    TABLE = "table"
    GROUP = "group"
    JSON = "json"


_SHAPES = {
    Kind.FLOAT: Shape.NUMBER,
    Kind.FLAG: Shape.SWITCH,
    Kind.DATE: Shape.DATE,
    Kind.DURATION: Shape.LINE,
    Kind.GROUP: Shape.GROUP,
    Kind.TABLE: Shape.TABLE,
}


def shape_of(field: Field, choices: tuple[Choice, ...], given: Any = None) -> Shape:
    """What a field is best filled in with.

    Args:
        field: the field.
        choices: of the field, or of the items of its list, as they are now.
        given: the plain value it starts with.
    """
    if field.kind is Kind.INT:
        return Shape.NUMBER if _exact(field, given) else Shape.LINE
    if field.kind is Kind.TEXT:
        long = (
            (field.max_length or 0) > LONGEST_LINE or "\n" in str(given or "") or len(str(given or "")) > LONGEST_LINE
        )
        return Shape.AREA if long else Shape.LINE
    if field.kind in (Kind.TIME, Kind.DATETIME):
        clock = Shape.TIME if field.kind is Kind.TIME else Shape.DATETIME
        return clock if _whole_minutes(given) else Shape.LINE
    if field.kind is Kind.CHOICE:
        return Shape.SEGMENTS if _few(choices, MOST_SEGMENTS) and not field.depends_on else Shape.SELECT
    if field.kind is Kind.LIST:
        return _shape_of_list(field, choices, given)
    return _SHAPES[field.kind]


def by_dependence(fields: Sequence[Field]) -> list[Field]:
    """Fields in their order, but after all those on which their choices depend."""
    left, placed, names = list(fields), [], {field.name for field in fields}
    while left:
        free = [field for field in left if not names.intersection(field.depends_on)] or left[:1]
        placed += free
        names.difference_update(field.name for field in free)
        left = [field for field in left if field not in free]
    return placed


def numbers_of(field: Field) -> tuple[Choice, ...]:
    """All numbers that an int field may have, where its limits leave few; else none."""
    lowest, highest, step = limits_of(field)
    if field.kind is not Kind.INT or lowest is None or highest is None or (highest - lowest) / step >= MOST_NUMBERS:
        return ()
    first = -(-int(lowest) // int(step)) * int(step) if field.multiple_of else int(lowest)
    return tuple(Choice(number, str(number)) for number in range(first, int(highest) + 1, int(step)))


def limits_of(field: Field, given: Any = None) -> tuple[float | None, float | None, float]:
    """The lowest and the highest number that a field may have, if any, and the step of its buttons.

    Where the limit itself is not allowed, an int's is the next one that is; a float's stands, the core refuses it.
    """
    whole = field.kind is Kind.INT
    low = field.ge if field.ge is not None else _beyond(field.gt, 1 if whole else 0)
    high = field.le if field.le is not None else _beyond(field.lt, -1 if whole else 0)
    step = field.multiple_of or (1 if whole else _float_step(field.default if given is None else given))
    return _number(low), _number(high), step


def columns_of(field: Field) -> tuple[Field, ...]:
    """The columns in which a field is edited as a table: those of the table, or of the list of groups or values."""
    if field.kind is Kind.LIST and field.item:
        return (
            field.item.fields
            if field.item.kind is Kind.GROUP
            else (replace(field.item, name="value", label=field.label),)
        )
    return field.fields


def table_rows(field: Field, given: Any) -> list[list[Any]]:
    """The rows of a plain value in its columns, whichever of the ways to write it was taken; what is none gives none."""
    columns = columns_of(field)
    if isinstance(given, Mapping) and isinstance(given.get("rows"), list):
        names = list(given.get("columns", ()))
        given = [dict(zip(names, row, strict=False)) for row in given["rows"]]
    rows: list[list[Any]] = []
    for row in given if isinstance(given, list) else ():
        if isinstance(row, Mapping):
            rows.append([row.get(column.name) for column in columns])
        elif field.kind is Kind.LIST:
            rows.append([row, *[None] * (len(columns) - 1)])
    return rows


def table_value(field: Field, rows: Sequence[Sequence[Any]]) -> Any:
    """The plain value of rows: of a table ``{"columns": [...], "rows": [...]}``, of a list plain values or dicts."""
    columns = columns_of(field)
    if field.kind is Kind.TABLE:
        return {"columns": [column.name for column in columns], "rows": list(rows)}
    if field.item and field.item.kind is Kind.GROUP:
        return [_group(columns, row) for row in rows]
    return [row[0] for row in rows]


def _group(columns: Sequence[Field], row: Sequence[Any]) -> dict[str, Any]:
    """A group from its cells; an empty cell of what may not be None counts as not given."""
    pairs = zip(columns, row, strict=True)
    return {column.name: value for column, value in pairs if value is not None or column.optional}


def typed(kind: Kind, text: str) -> Any:
    """What somebody has typed, as the plain value it means; text that means none stays, for the core to refuse."""
    if kind is Kind.INT:
        with suppress(ValueError):
            return int(text.strip())
    if kind is Kind.FLOAT:
        with suppress(ValueError):
            return float(text.strip())
    return text


def shown(value: Any) -> str:
    """A plain value as text that ``typed`` reads back."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def ids_of(choices: tuple[Choice, ...]) -> dict[str, Choice]:
    """The choices by texts that tell them apart and stay when others come and go."""
    plain = {choice.value if isinstance(choice.value, str) else json.dumps(choice.value): choice for choice in choices}
    if len(plain) == len(choices):
        return plain
    return {json.dumps(choice.value): choice for choice in choices}


def id_of(value: Any, ids: dict[str, Choice]) -> str | None:
    """Which of the choices a plain value is."""
    wanted = json.dumps(value)
    return next((each for each, choice in ids.items() if json.dumps(choice.value) == wanted), None)


def _shape_of_list(field: Field, choices: tuple[Choice, ...], given: Any) -> Shape:
    item = field.item
    if item is None:
        return Shape.JSON
    values = given if isinstance(given, list) else []
    texts = [shown(value) for value in values]
    repeated = len(set(texts)) < len(texts)
    if item.kind is Kind.CHOICE or numbers_of(item):
        options = choices or numbers_of(item)
        known = all(id_of(value, ids_of(options)) is not None for value in values) or item.kind is Kind.CHOICE
        if known and not repeated:
            few = _few(options, MOST_PILLS, longest=120) and not field.depends_on
            return Shape.PILLS if few else Shape.SEVERAL
    columns = columns_of(field)
    blank = any(value is None or not text.strip() or "\n" in text for value, text in zip(values, texts, strict=True))
    if item.kind in _TYPED and not item.optional and not repeated and len(values) <= MOST_TAGS and not blank:
        return Shape.TAGS
    editable = bool(columns) and all(column.kind in _IN_CELLS for column in columns)
    return Shape.TABLE if editable else Shape.JSON


def _few(choices: tuple[Choice, ...], most: int, longest: int = LONGEST_SEGMENTS) -> bool:
    return 0 < len(choices) <= most and sum(len(choice.label) + 2 for choice in choices) <= longest


def _holds(number: int) -> bool:
    """Whether a whole number can be one in floating point."""
    return abs(number) <= sys.float_info.max


def _exact(field: Field, given: Any) -> bool:
    """Whether a browser, which counts in floating point, can hold the numbers of a field."""
    known = (field.ge, field.gt, field.le, field.lt, field.default, given)
    return all(abs(value) <= LARGEST_EXACT for value in known if isinstance(value, int))


def _whole_minutes(given: Any) -> bool:
    """Whether a clock without seconds can show a time."""
    try:
        found = time.fromisoformat(str(given).rpartition("T")[2].rpartition(" ")[2])
    except ValueError:
        return True
    return not (found.second or found.microsecond)


def _beyond(limit: float | str | None, by: int) -> float | None:
    found = _number(limit)
    return None if found is None else found + by


def _number(limit: float | str | None) -> float | None:
    return limit if isinstance(limit, int | float) else None


def _float_step(value: Any) -> float:
    """One of the last digit that a number has, 0.1 where it has none, and no less than a millionth."""
    text = repr(float(value)) if isinstance(value, float) or (isinstance(value, int) and _holds(value)) else "0.0"
    if "e" in text or "n" in text:
        return 0.1
    digits = len(text.partition(".")[2].rstrip("0"))
    return float(f"1e-{min(max(digits, 1), 6)}")

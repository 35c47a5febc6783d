"""What there is to fill in: fields, their limits and choices, and what is wrong with a value.

Values are plain here, as JSON has them: dates and times as ISO text, lengths of time as text such as ``2h 30m``, members
of enums by their names, groups as dicts, tables as ``{"columns": [...], "rows": [[...], ...]}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a field holds."""

    INT = "int"
    FLOAT = "float"
    TEXT = "text"
    FLAG = "flag"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    DURATION = "duration"
    CHOICE = "choice"
    LIST = "list"
    GROUP = "group"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a field may have, and how it is called."""

    value: Any
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing to fill in.

    Args:
        name: the parameter.
        kind: what it holds.
        label: the parameter in words.
        help: what it means, from the docstring or the annotation.
        required: whether there is no default.
        optional: whether it may be left empty (None).
        default: the plain value it starts with; None where there is none.
        ge, gt, le, lt, multiple_of: limits, plain.
        min_length, max_length: of a text or a list.
        pattern: regular expression that a text matches.
        choices: the values that are allowed; none where all are.
        depends_on: fields on whose values the choices depend.
        item: of a list, what each of its items is.
        fields: of a group its members, of a table its columns.
    """

    name: str
    kind: Kind
    label: str
    help: str = ""
    required: bool = False
    optional: bool = False
    default: Any = None
    ge: float | int | str | None = None
    gt: float | int | str | None = None
    le: float | int | str | None = None
    lt: float | int | str | None = None
    multiple_of: float | int | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    choices: tuple[Choice, ...] = ()
    depends_on: tuple[str, ...] = ()
    item: Field | None = None
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value; ``path`` leads to it: ``("months", 2)``. The empty path means the whole form."""

    path: tuple[str | int, ...]
    message: str

    @property
    def field(self) -> str:
        """The path in words: ``months[2]``, ``costs.fee``; empty for the whole form."""
        text = ""
        for step in self.path:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
        return text

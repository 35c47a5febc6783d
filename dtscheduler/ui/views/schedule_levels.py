"""The levels of times in a form for a schedule: how they are called, and how a list of their values is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dtscheduler.timing.names import MONTHS

_SHORT_MONTHS = tuple(month[:3] for month in MONTHS)
_SEPARATORS = re.compile(r"[,;\s]+")
_DASH = re.compile(r"\s*(?:-|–|\.\.|\bto\b)\s*")
_LONGEST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Unread:
    """A list as it was written, and why it cannot be read."""

    text: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level that is a list of values or a step, or neither: ``listed`` and ``step`` are its parameters."""

    label: str
    listed: str
    step: str
    values: range
    shown: Callable[[int], str]
    names: tuple[str, ...] = ()

    @property
    def list_word(self) -> str:
        """How it is called that values are listed."""
        return self.listed.split("_")[0].capitalize()

    @property
    def step_word(self) -> str:
        """How it is called that there is one every so many."""
        return f"Every n {self.label.lower()}"

    @property
    def example(self) -> str:
        """How a list may be written."""
        return "Jan, Jun-Aug" if self.names else "0, 15, 30" if len(self.values) > 24 else "9-17, 20"

    def written(self, values: Sequence[int]) -> str:
        """A list as ``read`` takes it: ``9-17, 20``; three or more that follow each other become one range."""
        runs: list[list[int]] = []
        for value in sorted(values):
            if runs and value == runs[-1][-1] + 1:
                runs[-1].append(value)
            else:
                runs.append([value])
        return ", ".join(text for run in runs for text in self._run(run))

    def _run(self, run: list[int]) -> list[str]:
        if len(run) < 3:
            return [self._one(value) for value in run]
        return [f"{self._one(run[0])}-{self._one(run[-1])}"]

    def _one(self, value: int) -> str:
        return self.names[value - self.values[0]] if self.names else str(value)

    def read(self, text: str) -> tuple[int, ...] | Unread:
        """The values of a list such as ``0, 15, 30`` or ``9-17``, each once and in order."""
        found: set[int] = set()
        for piece in filter(None, _SEPARATORS.split(_DASH.sub("-", text.strip()))):
            first, dash, last = piece.partition("-")
            ends = self._value(first), self._value(last if dash else first)
            if ends[0] is None or ends[1] is None:
                return Unread(text, self._unknown(piece))
            if ends[0] > ends[1]:
                return Unread(text, f"{piece[:_LONGEST_SHOWN]} ends before it begins; write it as two ranges.")
            found.update(range(ends[0], ends[1] + 1))
        return tuple(sorted(found))

    def _value(self, text: str) -> int | None:
        if text.isascii() and text.isdigit() and len(text) < 4:
            return int(text) if int(text) in self.values else None
        names = [name.lower() for name in self.names]
        found = text[:3].lower()
        long = next((month for month in MONTHS if month.lower().startswith(text.lower())), "")
        return self.values[names.index(found)] if found in names and long else None

    def _unknown(self, piece: str) -> str:
        most = f"{self._one(self.values[0])} to {self._one(self.values[-1])}"
        numbers = f", or {self.values[0]} to {self.values[-1]}" if self.names else ""
        shown = piece if len(piece) <= _LONGEST_SHOWN else f"{piece[:_LONGEST_SHOWN]}…"
        return f"{shown!r} is none of the {self.label.lower()} {most}{numbers}; a list is written {self.example}"


LEVELS = (
    Level(
        label="Minutes", listed="at_minutes", step="every_minute", values=range(60), shown=lambda value: f":{value:02d}"
    ),
    Level(label="Hours", listed="at_hours", step="every_hour", values=range(24), shown=lambda value: f"{value:02d} h"),
    Level(
        label="Months",
        listed="in_months",
        step="every_month",
        values=range(1, 13),
        shown=lambda value: _SHORT_MONTHS[value - 1],
        names=_SHORT_MONTHS,
    ),
)

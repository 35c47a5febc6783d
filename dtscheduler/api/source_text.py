"""How values and calls are written as Python source that is good to read and safe to run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

WIDTH = 100
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Name:
    """A name that stands in the source as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """A call in the source."""

    function: str
    positional: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()


@dataclass(slots=True)
class Source:
    """Writes values, and remembers what has to be imported for them: module → names."""

    imports: dict[str, set[str]] = field(default_factory=dict)

    def name(self, module: str, name: str) -> str:
        """A name that is imported from a module."""
        self.imports.setdefault(module, set()).add(name)
        return name

    def text(self, value: Any, *, indent: int = 0, ahead: int = 0) -> str:
        """A value as source, on several lines where it does not fit on one.

        Args:
            value: what ConfigurationJson may hold, ``Name`` and ``Called``, nested.
            indent: columns by which the line is indented that the value stands on.
            ahead: characters that stand before and behind it on that line.
        """
        flat = self._flat(value)
        if indent + ahead + len(flat) <= WIDTH:
            return flat
        match value:
            case Called():
                return self._broken_call(value, indent)
            case dict() if value:
                items = [
                    f"{literal(key)}: {self._inside(item, indent, len(literal(key)) + 3)}"
                    for key, item in value.items()
                ]
                return _block("{", items, "}", indent)
            case list() if value:
                return _block("[", self._items(value, indent), "]", indent)
            case tuple() if value:
                return _block("(", self._items(value, indent), ")", indent)
        return flat

    def _items(self, items: Sequence[Any], indent: int) -> list[str]:
        """The items of a sequence, one a line; small ones share a line."""
        if any(isinstance(item, list | tuple | dict | set | frozenset | Called) for item in items):
            return [self._inside(item, indent, 1) for item in items]
        lines: list[str] = []
        for item in map(self._flat, items):
            if lines and indent + len(_INDENT) + len(lines[-1]) + len(item) + 3 <= WIDTH:
                lines[-1] += f", {item}"
            else:
                lines.append(item)
        return lines

    def _broken_call(self, call: Called, indent: int) -> str:
        items = [self._inside(value, indent, 1) for value in call.positional]
        items += [f"{key}={self._inside(value, indent, len(key) + 2)}" for key, value in call.keywords]
        return _block(f"{call.function}(", items, ")", indent)

    def _inside(self, value: Any, indent: int, ahead: int) -> str:
        return self.text(value, indent=indent + len(_INDENT), ahead=ahead)

    def _flat(self, value: Any) -> str:
        match value:
            case Name():
                return value.text
            case Called():
                keywords = (f"{key}={self._flat(item)}" for key, item in value.keywords)
                return f"{value.function}({', '.join([*map(self._flat, value.positional), *keywords])})"
            case float() if not math.isfinite(value):
                return f'float("{value}")'
            case datetime():
                return self._datetime(value)
            case date():
                return f"{self.name('datetime', 'date')}({value.year}, {value.month}, {value.day})"
            case timedelta():
                return self._length(value)
            case Decimal():
                return f'{self.name("decimal", "Decimal")}("{value}")'
            case range():
                return _range(value)
            case dict():
                return "{" + ", ".join(f"{literal(key)}: {self._flat(item)}" for key, item in value.items()) + "}"
            case list():
                return f"[{self._joined(value)}]"
            case tuple():
                return f"({self._joined(value)}{',' if len(value) == 1 else ''})"
            case set():
                return "{" + ", ".join(sorted(map(self._flat, value))) + "}" if value else "set()"
            case frozenset():
                return f"frozenset({self._flat(set(value)) if value else ''})"
        return literal(value)

    def _joined(self, items: Iterable[Any]) -> str:
        return ", ".join(map(self._flat, items))

    def _datetime(self, value: datetime) -> str:
        parts = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
        while len(parts) > 5 and not parts[-1]:
            parts.pop()
        written = [str(part) for part in parts]
        if value.fold:
            written.append("fold=1")
        if value.tzinfo is not None:
            written.append(f"tzinfo={self._zone(value)}")
        return f"{self.name('datetime', 'datetime')}({', '.join(written)})"

    def _zone(self, value: datetime) -> str:
        key = getattr(value.tzinfo, "key", None)
        if key is not None:
            return f"{self.name('zoneinfo', 'ZoneInfo')}({literal(str(key))})"
        if value.tzinfo is UTC:
            return self.name("datetime", "UTC")
        return f"{self.name('datetime', 'timezone')}({self._length(value.utcoffset() or timedelta())})"

    def _length(self, value: timedelta) -> str:
        parts = {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}
        written = ", ".join(f"{unit}={count}" for unit, count in parts.items() if count)
        return f"{self.name('datetime', 'timedelta')}({written})"


def literal(value: object) -> str:
    """A plain value as Python writes it, text in double quotes where it has none inside."""
    written = repr(value)
    if isinstance(value, str) and written[0] == "'" and '"' not in value:
        return f'"{written[1:-1]}"'
    return written


def _range(value: range) -> str:
    start = [str(value.start)] if value.start or value.step != 1 else []
    return f"range({', '.join([*start, str(value.stop), *([str(value.step)] if value.step != 1 else [])])})"


def _block(opening: str, items: Iterable[str], closing: str, indent: int) -> str:
    pad = " " * indent
    return opening + "\n" + "".join(f"{pad}{_INDENT}{item},\n" for item in items) + pad + closing

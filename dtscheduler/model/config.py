"""How configuration and literal arguments are kept as text: JSON, plus the types that come back as they went in.

Kept text is plain JSON in which a tagged object ``{"$date": "2026-01-31"}`` stands for a value that JSON does not
know. Text is immutable, small and the same in every process, and every reader decodes a copy of its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from dtscheduler.errors import InvalidJobError

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from typing import Any

EMPTY = "{}"
_ALLOWED = "JSON values, datetime, date, Decimal, tuple and set"
_DEEPEST = 100
_write = json.JSONEncoder(separators=(",", ":")).encode
_write_sorted = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
_LONGEST_INT_BITS = 13_000  # Python reads no more than 4,300 digits from text


def encode(value: object, where: str, special: Callable[[object], Any] = lambda value: None) -> str:
    """Write a value as text.

    Args:
        value: what to write; dictionaries need str keys.
        where: how the user calls the value, for error messages: ``ConfigurationJson``.
        special: asked first about every value; what it returns unless None is written in its place.

    Raises:
        InvalidJobError: a value of another type, named by its path: ``ConfigurationJson['a'][3]``.
    """
    if isinstance(value, dict) and not value:
        return EMPTY
    return _write(_tagged(value, where, special, 0))


def decode(text: str, special: Callable[[str, Any], Any] | None = None) -> Any:
    """Read text written by ``encode``; each call gives a fresh copy.

    Args:
        text: what ``encode`` returned.
        special: turns tag and content of what ``encode``'s ``special`` had put in back into a value.
    """
    if '"$' not in text:
        return json.loads(text)

    def untag(found: dict[str, Any]) -> Any:
        if len(found) == 1:
            ((tag, content),) = found.items()
            if tag in _UNTAG:
                return _UNTAG[tag](content)
            if special is not None and tag.startswith("$"):
                return special(tag, content)
        return found

    return json.loads(text, object_hook=untag)


def canonical(text: str) -> str:
    """Rewrite text so that equal values have equal text, whatever the order of the keys; 1, 1.0 and True differ."""
    return text if text == EMPTY else _write_sorted(json.loads(text))


def _tagged(value: Any, where: str, special: Callable[[object], Any], depth: int) -> Any:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        if value.bit_length() > _LONGEST_INT_BITS:
            raise InvalidJobError(f"{where} is an int of more than 4,000 digits, which cannot be kept")
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if (replaced := special(value)) is not None:
        return replaced
    if depth > _DEEPEST:
        raise InvalidJobError(f"{where} is nested more than {_DEEPEST} levels deep, or contains itself")
    if isinstance(value, dict):
        return _tagged_dict(value, where, special, depth)
    if isinstance(value, list):  # also one that knows whose results it has
        return [_tagged(item, f"{where}[{i}]", special, depth + 1) for i, item in enumerate(value)]
    if kind in (tuple, set, frozenset):
        items = [_tagged(item, f"{where}[{i}]", special, depth + 1) for i, item in enumerate(value)]
        # the order of a set depends on the process's hash seed, that of its members' texts does not
        return {f"${kind.__name__}": items if kind is tuple else sorted(items, key=json.dumps)}
    if kind is datetime:
        return {"$datetime": _datetime_text(value, where)}
    if kind is date:
        return {"$date": value.isoformat()}
    if kind is Decimal:
        return {"$Decimal": str(value)}
    raise InvalidJobError(f"{where} is a {kind.__module__}.{kind.__qualname__}; {_ALLOWED} can be kept")


def _tagged_dict(value: dict[Any, Any], where: str, special: Callable[[object], Any], depth: int) -> Any:
    for key in value:
        if type(key) is not str:
            raise InvalidJobError(f"{where} has the key {key!r}, a {type(key).__name__}; keys must be str")
    content = {key: _tagged(item, f"{where}[{key!r}]", special, depth + 1) for key, item in value.items()}
    looks_tagged = len(content) == 1 and next(iter(content)).startswith("$")
    return {"$dict": list(content.items())} if looks_tagged else content


def _datetime_text(value: datetime, where: str) -> str | list[str]:
    zone = getattr(value.tzinfo, "key", None)
    if value.tzinfo is None or zone is None:
        return value.isoformat() if not value.fold else [value.isoformat(), "", str(value.fold)]
    return [value.replace(tzinfo=None).isoformat(), str(zone), str(value.fold)]


def _read_datetime(content: str | list[str]) -> datetime:
    if isinstance(content, str):
        return datetime.fromisoformat(content)
    text, zone, fold = content
    value = datetime.fromisoformat(text).replace(fold=int(fold))
    if not zone:
        return value
    from zoneinfo import ZoneInfo

    return value.replace(tzinfo=ZoneInfo(zone))


_UNTAG: dict[str, Callable[[Any], Any]] = {
    "$date": date.fromisoformat,
    "$datetime": _read_datetime,
    "$Decimal": Decimal,
    "$tuple": tuple,
    "$set": set,
    "$frozenset": frozenset,
    "$float": float,
    "$dict": lambda pairs: dict(map(tuple, pairs)),
}

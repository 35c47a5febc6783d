"""Where two values differ first, and by how much."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from dtscheduler.errors import ResultError
from dtscheduler.model.secrets import MASK, looks_secret
from dtscheduler.model.text import one_line
from dtscheduler.reports.comparing.arrays import (
    Unlike,
    array_difference,
    frame_difference,
    index_difference,
    series_difference,
)
from dtscheduler.running.values import dump, preview

LONGEST_VALUE = 80
_MOST_NAMED = 3
_SCALARS = (str, bytes, bytearray, bool, int, float, complex, type(None))
_key_repr = reprlib.Repr()
_key_repr.maxstring = _key_repr.maxother = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference of two values: ``path`` leads to it, ``['price'][3]``, ``what`` says it, ``1.2 → 1.3``."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}" if self.path else self.what


def difference(before: Any, after: Any, tol: float = 0.0) -> Difference | None:
    """The first difference of two values; None where they are equal.

    Floats are equal if they differ by at most ``tol``, or by at most ``tol`` times the larger one; NaN equals NaN.
    Values of different types differ, 1 and 1.0 too. What no rule is known for is equal if it says so itself, else if it
    pickles to the same bytes.

    Args:
        before: a value.
        after: another one.
        tol: absolute and relative tolerance, at least 0.
    """
    try:
        return _Comparer(tol).compare(before, after, "")
    except MemoryError:
        raise
    except Exception:  # too deep, or code of the user's that a set, a key or a cell calls
        return _by_bytes(before, after, "")


class _Comparer:
    """Compares two values, each pair of objects once, so that values that contain themselves come to an end."""

    def __init__(self, tol: float) -> None:
        self._tol = tol
        self._seen: dict[tuple[int, int], tuple[Any, Any]] = {}

    def compare(self, before: Any, after: Any, path: str) -> Difference | None:
        if before is after:
            return None
        kind = type(before)
        if kind is not type(after):
            return Difference(path, f"{_typed(before, path)} → {_typed(after, path)}")
        if isinstance(before, _SCALARS):
            return None if self._equal_scalars(before, after) else _changed(before, after, path)
        pair = id(before), id(after)
        if pair in self._seen:
            return None
        self._seen[pair] = before, after  # kept, so that no other object takes its id
        found = self._rule(before)(before, after, path)
        if found:
            del self._seen[pair]  # it differs wherever it occurs
        return found

    def _rule(self, value: Any) -> Callable[[Any, Any, str], Difference | None]:
        rules: tuple[tuple[Any, Callable[[Any, Any, str], Difference | None]], ...] = (
            (pd.DataFrame, self._told_by(frame_difference)),
            (pd.Series, self._told_by(series_difference)),
            (pd.Index, self._told_by(index_difference)),
            ((np.ndarray, np.generic), self._told_by(array_difference)),
            (dict, self._mappings),
            ((list, tuple), self._sequences),
            ((set, frozenset), self._sets),
        )
        for kind, rule in rules:
            if isinstance(value, kind):
                return rule
        return self._dataclasses if is_dataclass(value) else self._others

    def _equal_scalars(self, before: Any, after: Any) -> bool:
        if isinstance(before, float | complex):
            return _close(before, after, self._tol)
        return bool(before == after)

    def _told_by(self, rule: Callable[[Any, Any, float, Any], Unlike | None]) -> Callable[..., Difference | None]:
        def told(before: Any, after: Any, path: str) -> Difference | None:
            found = rule(before, after, self._tol, lambda a, b: self.compare(a, b, "") is None)
            return Difference(path, found.said(lambda value: _shown(value, path))) if found else None

        return told

    def _mappings(self, before: Mapping[Any, Any], after: Mapping[Any, Any], path: str) -> Difference | None:
        for key in before:
            if key in after and (found := self.compare(before[key], after[key], f"{path}[{_key(key)}]")):
                return found
        gone = [_key(key) for key in before if key not in after]
        new = [_key(key) for key in after if key not in before]
        said = [*_listed("gone", gone, "key"), *_listed("new", new, "key")]
        return Difference(path, "; ".join(said)) if said else None

    def _sequences(self, before: Any, after: Any, path: str) -> Difference | None:
        if len(before) != len(after):
            return Difference(path, f"{len(before):,} → {len(after):,} items")
        names = getattr(type(before), "_fields", None)
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            step = f".{names[number]}" if names else f"[{number}]"
            if found := self.compare(one, other, path + step):
                return found
        return None

    def _sets(self, before: Any, after: Any, path: str) -> Difference | None:
        old, new = ({_NAN if item != item else item for item in one} for one in (before, after))
        gone = sorted(_shown(item, path) for item in old - new)
        came = sorted(_shown(item, path) for item in new - old)
        said = [*_listed("gone", gone, "item"), *_listed("new", came, "item")]
        return Difference(path, "; ".join(said)) if said else None

    def _dataclasses(self, before: Any, after: Any, path: str) -> Difference | None:
        for field in fields(before):
            if field.compare:
                old, new = (getattr(one, field.name, _MISSING) for one in (before, after))
                if found := self.compare(old, new, f"{path}.{field.name}"):
                    return found
        return None

    def _others(self, before: Any, after: Any, path: str) -> Difference | None:
        """By their own ``==`` where they have one; it is the user's code, and may raise or return anything."""
        equal = _own_equality(before, after)
        if equal is True:
            return None
        if equal is None and _own_reduction(before):
            return _by_bytes(before, after, path)
        old, new = (getattr(one, "__dict__", None) for one in (before, after))
        if old and new:
            found = self._attributes(old, new, path)
            if found or equal is None or self._tol:
                return found
        return _by_bytes(before, after, path) if equal is None else _changed(before, after, path)

    def _attributes(self, before: Any, after: Any, path: str) -> Difference | None:
        for name in {**before, **after}:
            pair = before.get(name, _MISSING), after.get(name, _MISSING)
            if found := self.compare(*pair, f"{path}.{name}"):
                return found
        return None


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


_MISSING = _Missing()
_NAN = "NaN"


def _own_equality(before: Any, after: Any) -> bool | None:
    """What ``==`` says; None where there is none, or what it says is no answer."""
    if _inherited(type(before), "__eq__"):
        return None
    try:
        equal = before == after
        if equal is False and bool(before != before) and bool(after != after):  # NaN of Decimal, NaT
            return True
    except Exception:  # the user's code
        return None
    return equal if isinstance(equal, bool) else None


def _own_reduction(value: Any) -> bool:
    """Whether its attributes are not all there is of it."""
    kind = type(value)
    if any(hasattr(kind, name) for name in ("__slots__", "__getnewargs__", "__getnewargs_ex__")):
        return True
    return not (_inherited(kind, "__reduce__") and _inherited(kind, "__reduce_ex__"))


def _inherited(kind: type, method: str) -> bool:
    """Whether a method is the one that every object has."""
    found: object = getattr(kind, method)
    return found is getattr(object, method)


def _by_bytes(before: Any, after: Any, path: str) -> Difference | None:
    try:
        same = dump(before).digest == dump(after).digest
    except (ResultError, RecursionError):
        return Difference(path, f"a {type(before).__name__}, which cannot be compared")
    return None if same else _changed(before, after, path)


def _close(before: Any, after: Any, tol: float) -> bool:
    if before == after or (before != before and after != after):
        return True
    gap = abs(before - after)
    return bool(math.isfinite(gap) and gap <= max(tol, tol * max(abs(before), abs(after))))


def _changed(before: Any, after: Any, path: str) -> Difference:
    old, new = _shown(before, path), _shown(after, path)
    if isinstance(before, str | bytes | bytearray) and len(before) + len(after) > LONGEST_VALUE:
        place = next((n for n, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), None)
        place = min(len(before), len(after)) if place is None else place
        start = max(0, place - 20)
        old, new = (_shown(text[start : place + 20], path) for text in (before, after))
        sizes = f" of {len(before):,} → {len(after):,}" if len(before) != len(after) else f" of {len(before):,}"
        return Difference(path, f"{old} → {new} around place {place:,}{sizes}")
    if old == new:
        return Difference(path, f"{old}, in a way that it does not show")
    return Difference(path, f"{old} → {new}")


def _typed(value: Any, path: str) -> str:
    if value is None or value is _MISSING:
        return repr(value)
    name = type(value).__name__
    return f"{name} {_shown(value, path)}" if isinstance(value, _SCALARS) else f"a {name}"


def _shown(value: Any, path: str) -> str:
    if any(looks_secret(step) for step in path.replace("'", " ").replace(".", " ").split()):
        return MASK
    return one_line(preview(value.item() if isinstance(value, np.generic) else value), LONGEST_VALUE)


def _key(key: Any) -> str:
    try:
        return one_line(_key_repr.repr(key), 80)
    except Exception:  # its repr is the user's code
        return f"<{type(key).__name__}>"


def _listed(what: str, names: list[str], kind: str) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return [f"{kind}{'s' if len(names) > 1 else ''} {what}: {', '.join(names[:_MOST_NAMED])}{more}"]

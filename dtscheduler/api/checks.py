"""Checks of users' parameters: each returns the value in its inner form or raises, naming object and parameter."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from enum import Enum

from dtscheduler.errors import InvalidJobError, UnknownParameterError
from dtscheduler.model.durations import ACCEPTED, parse_duration
from dtscheduler.model.names import name_problem

TYPE_CHECKING = False  # typing itself is not imported: it would be a tenth of our import time
if TYPE_CHECKING:
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])
    E = TypeVar("E", bound=Enum)


def known_keywords(init: F) -> F:
    """Let a constructor answer an unknown keyword with the one that was probably meant."""
    parameters = init.__code__.co_varnames[1 : init.__code__.co_argcount]
    known = frozenset(parameters)

    @functools.wraps(init)
    def checked(self: object, *args: object, **kwargs: object) -> None:
        if not known.issuperset(kwargs):
            raise unknown_keyword(type(self).__name__, next(k for k in kwargs if k not in known), parameters)
        init(self, *args, **kwargs)

    return checked  # type: ignore[return-value] # same signature, by functools.wraps


def unknown_keyword(owner: str, keyword: str, parameters: Sequence[str]) -> UnknownParameterError:
    from difflib import get_close_matches

    by_folded = {parameter.lower(): parameter for parameter in parameters}
    close = get_close_matches(keyword.lower().replace("_", ""), by_folded, n=1, cutoff=0.6)
    hint = f"did you mean {by_folded[close[0]]!r}?" if close else f"it has: {', '.join(parameters)}"
    return UnknownParameterError(f"{owner} has no parameter {keyword!r}; {hint}")


def name(value: object, where: str, parameter: str) -> str:
    problem = name_problem(value)
    if problem:
        shown = repr(value) if isinstance(value, str) and len(value) <= 60 else "its name"
        raise InvalidJobError(f"{where}: {parameter}: {shown} {problem}")
    return str(value)


def text(value: object, where: str, parameter: str, *, longest: int = 10_000) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidJobError(f"{where}: {parameter} must be a str, not {type(value).__name__}")
    if len(value) > longest:
        raise InvalidJobError(f"{where}: {parameter} has {len(value)} characters; at most {longest} are allowed")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidJobError(f"{where}: {parameter} contains a NUL or a lone surrogate, which cannot be kept")
    return value


def integer(value: object, where: str, parameter: str, *, lowest: int, highest: int | None = None) -> int:
    if type(value) is not int:
        value = _as_int(value, where, parameter)
    if value < lowest or (highest is not None and value > highest):
        allowed = f"from {lowest} to {highest}" if highest is not None else f"{lowest} or more"
        raise InvalidJobError(f"{where}: {parameter} is {value}; allowed: {allowed}")
    return value


def _as_int(value: object, where: str, parameter: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InvalidJobError(f"{where}: {parameter} must be an int, not {_shown(value)}")
    return operator.index(value)


def flag(value: object, where: str, parameter: str) -> bool:
    if value is True or value is False:
        return value
    raise InvalidJobError(f"{where}: {parameter} must be True or False, not {_shown(value)}")


def length(value: object, where: str, parameter: str) -> timedelta:
    """A positive length of time."""
    found = parse_duration(value)
    if found is None:
        raise InvalidJobError(f"{where}: {parameter} is {value!r:.80}; it is a positive length of time: {ACCEPTED}")
    return found


def choice(value: object, where: str, parameter: str, allowed: Sequence[str]) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    raise InvalidJobError(f"{where}: {parameter} is {_shown(value)}; allowed: {', '.join(map(repr, allowed))}")


def member(value: object, where: str, parameter: str, kind: type[E]) -> E:
    """A member of an enum, given as itself, by its name or by its value, in any case."""
    if isinstance(value, kind):
        return value
    if isinstance(value, str):
        with suppress(ValueError):
            return kind(value)
        for candidate in kind:
            if value.strip().lower() in (str(candidate.value).lower(), candidate.name.lower()):
                return candidate
    raise InvalidJobError(f"{where}: {parameter} is {_shown(value)}; allowed: {', '.join(repr(c.value) for c in kind)}")


def listed(value: object, where: str, parameter: str) -> list[object]:
    """A list, tuple, set, range or other iterable as a list; str and dict are refused."""
    if isinstance(value, str | bytes | dict) or not isinstance(value, Iterable):
        raise InvalidJobError(f"{where}: {parameter} must be a list, not {_shown(value)}")
    return list(value)


def words(value: object, where: str, parameter: str) -> tuple[str, ...]:
    """A list of str, or a str with commas, without empty items and repeats."""
    if value is None:
        return ()
    items = value.split(",") if isinstance(value, str) else listed(value, where, parameter)
    for item in items:
        if not isinstance(item, str):
            raise InvalidJobError(f"{where}: {parameter} must be a list of str; it contains {_shown(item)}")
    stripped = [str(item).strip() for item in items]
    for item in stripped:
        if item:
            name(item, where, parameter)
    return tuple(dict.fromkeys(item for item in stripped if item))


def _shown(value: object) -> str:
    if value is None:
        return "None"
    shown = repr(value)
    return f"{shown[:57]}... ({type(value).__name__})" if len(shown) > 60 else f"{shown} ({type(value).__name__})"

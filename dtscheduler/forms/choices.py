"""Choices that depend on what else is filled in."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

from dtscheduler.errors import InvalidJobError


class Choices:
    """The values that a parameter may have, worked out from others: ``Annotated[str, Choices(lambda origins: [...])]``.

    Args:
        function: called with the other parameters that its own are named after; returns the values, or a dict of
            values and how they are called.
    """

    def __init__(self, function: Callable[..., Iterable[Any] | Mapping[Any, str]]) -> None:
        if not callable(function):
            raise InvalidJobError(f"Choices takes a function of other parameters, not {function!r:.60}")
        self.function = function
        parameters = inspect.signature(function).parameters.values()
        if any(parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) for parameter in parameters):
            raise InvalidJobError(
                "Choices: the function's parameters name other parameters; it cannot take *args or **kwargs"
            )
        self.names = tuple(parameter.name for parameter in parameters)

    def __repr__(self) -> str:
        return f"Choices({getattr(self.function, '__name__', '...')}: {', '.join(self.names)})"


def called(value: Any) -> str:
    """How a value is called among choices."""
    return value.name if isinstance(value, Enum) else str(value)


def in_order(depends: Mapping[str, tuple[str, ...]], names: Iterable[str], where: str) -> tuple[str, ...]:
    """The parameters in an order in which each comes after those that its choices depend on.

    Raises:
        InvalidJobError: choices that depend on an unknown parameter, or in the end on themselves.
    """
    known, done, found = set(names), set[str](), list[str]()
    for name, others in depends.items():
        unknown = [other for other in others if other not in known]
        if unknown:
            raise InvalidJobError(f"{where}: the choices of {name!r} depend on {unknown[0]!r}, which is no parameter")

    def visit(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            raise InvalidJobError(f"{where}: the choices of {name!r} depend on themselves: {' -> '.join((*way, name))}")
        if name not in done:
            for other in depends.get(name, ()):
                visit(other, (*way, name))
            done.add(name)
            found.append(name)

    for name in names:
        visit(name, ())
    return tuple(found)

"""Which cells of a grid are left out, and which are added: as users write it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dtscheduler.api.grid_axes import plain_value, read_axis
from dtscheduler.errors import InvalidJobError, SchedulerError
from dtscheduler.model.grids import Cells, Rows

Exclude = Mapping[str, Any] | Iterable[Mapping[str, Any]] | Callable[..., object]
Include = Mapping[str, Any] | Iterable[Mapping[str, Any]]


def excluder(exclude: Any, cells: Cells, where: str) -> Callable[[dict[str, Any], int], bool]:
    """What tells of a cell, and its number, whether ``exclude`` leaves it out."""
    if callable(exclude):
        return _told_by(exclude, cells.axes, where)
    patterns = [exclude] if isinstance(exclude, Mapping) else exclude
    if isinstance(patterns, str) or not isinstance(patterns, Iterable):
        raise InvalidJobError(
            f"{where}: exclude is a dict, a list of dicts or a function, not {type(exclude).__name__}"
        )
    patterns = [dict(_pattern(pattern, cells, f"{where}: exclude")) for pattern in patterns]
    for pattern in patterns:
        if not pattern:
            raise InvalidJobError(f"{where}: an empty dict in exclude would leave out everything")
    return lambda cell, number: any(
        all(_matches(cell[axis], wanted) for axis, wanted in pattern.items()) for pattern in patterns
    )


def _pattern(pattern: object, cells: Cells, where: str) -> Mapping[str, Any]:
    if not isinstance(pattern, Mapping):
        raise InvalidJobError(f"{where} has a {type(pattern).__name__}; it takes dicts of axes")
    for axis in pattern:
        if axis not in cells.axes:
            raise InvalidJobError(f"{where} names {axis!r:.60}, which is no axis; there are: {', '.join(cells.axes)}")
    return pattern


def _matches(value: Any, wanted: Any) -> bool:
    several = isinstance(wanted, Iterable) and not isinstance(wanted, str | bytes | Mapping)
    if several and not isinstance(value, list | tuple | set | frozenset):
        return any(_same(value, each) for each in wanted)
    return _same(value, wanted)


def _same(value: Any, wanted: Any) -> bool:
    wanted = plain_value(wanted, "exclude", missing=False)
    return (type(value) is bool) == (type(wanted) is bool) and bool(value == wanted)


def _told_by(function: Callable[..., Any], axes: tuple[str, ...], where: str) -> Callable[[dict[str, Any], int], bool]:
    """Ask the user's function about a cell: its parameters name axes, or its only one takes the cell as a dict."""
    wanted = _parameters(function, axes, where)

    def told(cell: dict[str, Any], number: int) -> bool:
        try:
            answer = function(cell) if wanted is None else function(**{axis: cell[axis] for axis in wanted})
            return bool(answer)
        except SchedulerError:
            raise
        except Exception as error:
            raise InvalidJobError(
                f"{where}: exclude failed at cell {number} ({in_words(cell)}): {type(error).__name__}: {error}"
            ) from error

    return told


def _parameters(function: Callable[..., Any], axes: tuple[str, ...], where: str) -> list[str] | None:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a function of C that does not say what it takes
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return list(axes)
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    named = [p.name for p in parameters if p.name in axes and p.kind in by_name]
    unknown = [p.name for p in parameters if p.name not in named and p.default is p.empty]
    if not unknown:
        return named
    if len(unknown) == 1 and not named:
        return None
    raise InvalidJobError(f"{where}: exclude takes {unknown[0]!r}, which is no axis; there are: {', '.join(axes)}")


def included(include: Any, cells: Cells, limit: int, where: str) -> Cells | None:
    """The cells that ``include`` adds; None where there are none."""
    entries = [include] if isinstance(include, Mapping) else include
    if isinstance(entries, str) or not isinstance(entries, Iterable):
        raise InvalidJobError(f"{where}: include is a dict or a list of dicts, not {type(include).__name__}")
    rows = [_pattern(entry, cells, f"{where}: include") for entry in entries]
    for number, row in enumerate(rows):
        if missing := [axis for axis in cells.axes if axis not in row]:
            raise InvalidJobError(f"{where}: include[{number}] has no {missing[0]!r}; it names all axes")
    if not rows:
        return None
    return Rows([read_axis(axis, [row[axis] for row in rows], limit, f"{where}: include") for axis in cells.axes])


def in_words(cell: Mapping[str, Any]) -> str:
    """A cell for an error message."""
    return ", ".join(f"{axis}={value!r:.40}" for axis, value in cell.items())

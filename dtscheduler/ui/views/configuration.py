"""How the configuration of a task is written in one line: as JSON, or as ``grid(...)``, of which nothing is executed."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from keyword import iskeyword
from typing import Any

from dtscheduler.api.grids import Grid, grid, zip_
from dtscheduler.api.source_text import Called, Source
from dtscheduler.errors import InvalidJobError

WAYS = '{"limit": 5}, a list of such, or grid(origin=["JFK", "LGA"], month=range(1, 13))'
LONGEST = 20_000
_MAKERS: dict[str, Callable[..., Grid]] = {"grid": grid, "zip_": zip_}


def read_configuration(text: str) -> dict[str, Any] | list[Any] | Grid | None:
    """The configuration that a text says; None for an empty one.

    Raises:
        InvalidJobError: what is neither JSON nor a grid, or a grid that the core refuses.
    """
    text = text.strip()
    if not text:
        return None
    if text.split("(")[0].strip() in _MAKERS:
        return _read_grid(text)
    try:
        found = _json(text)
    except (ValueError, RecursionError) as error:
        raise InvalidJobError(f"Configuration is not JSON ({error}); write {WAYS}") from None
    if not isinstance(found, dict | list):
        raise InvalidJobError(f"Configuration is {text:.60}; write {WAYS}")
    return found


def read_values(text: str) -> list[Any] | range:
    """The values of an axis: ``JFK, LGA``, ``1..12`` or a JSON list.

    Raises:
        InvalidJobError: a list that is not JSON.
    """
    text = text.strip()
    if text.startswith("["):
        try:
            found = _json(text)
        except (ValueError, RecursionError) as error:
            raise InvalidJobError(f"{text:.60} is not a JSON list: {error}") from None
        return list(found)
    first, dots, last = text.partition("..")
    if dots and _is_whole(first) and _is_whole(last):
        return range(int(first), int(last) + 1)
    return [_scalar(item.strip()) for item in text.split(",") if item.strip()]


def said_values(values: Sequence[Any]) -> str:
    """Values of an axis as ``read_values`` reads them."""
    whole = [value for value in values if type(value) is int]
    if len(whole) == len(values) > 2 and list(values) == list(range(whole[0], whole[0] + len(whole))):
        return f"{whole[0]}..{whole[-1]}"
    text = ", ".join(value if isinstance(value, str) else json.dumps(value) for value in values)
    return text if list(read_values(text)) == list(values) else json.dumps(list(values))


def grid_text(axes: Mapping[str, Sequence[Any]], exclude: Sequence[Mapping[str, Any]], name: str) -> str:
    """The ``grid(...)`` that ``read_configuration`` reads."""
    options: dict[str, Any] = {"exclude": list(exclude)} if exclude else {}
    options |= {"name": name} if name else {}
    plain = all(
        axis.isascii() and axis.isidentifier() and not iskeyword(axis) and axis not in _OPTIONS for axis in axes
    )
    if plain:
        return said_call(Called("grid", keywords=(*axes.items(), *options.items())))
    return said_call(Called("grid", positional=(dict(axes),), keywords=tuple(options.items())))


def said_call(call: Called) -> str:
    """A call on one line."""
    return Source().text(call, ahead=-LONGEST * LONGEST)


def grid_of(axes: Mapping[str, Sequence[Any]], exclude: Sequence[Mapping[str, Any]], name: str) -> Grid:
    """The grid itself. Raises ``InvalidJobError``, naming the axis."""
    return grid(axes, exclude=list(exclude) or None, name=name or None)


_OPTIONS = frozenset(("name", "description", "exclude", "include", "arg_translation_table", "limit"))


def _read_grid(text: str) -> Grid:
    if len(text) > LONGEST:
        raise InvalidJobError(f"Configuration has {len(text):,} characters; at most {LONGEST:,} are read as a grid")
    try:
        tree = ast.parse(text, mode="eval").body
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or None in _names(tree):
            raise ValueError("it is no call of grid")  # noqa: TRY301 # said below, with what else can be wrong
        positional = [_literal(node) for node in tree.args]
        keywords = {str(keyword.arg): _literal(keyword.value) for keyword in tree.keywords}
        maker = _MAKERS[tree.func.id]
        if "limit" in keywords:
            raise ValueError("a page makes no more cells than is usual, so there is no limit to give")  # noqa: TRY301
    except (SyntaxError, ValueError, KeyError, TypeError, RecursionError, MemoryError) as error:
        raise InvalidJobError(f"Configuration {text:.60} cannot be read: {error}; write {WAYS}") from None
    if len(positional) > 1:
        raise InvalidJobError(f"Configuration {text:.60} has more than one argument without a name; write {WAYS}")
    return maker(*positional, **keywords)


def _names(call: ast.Call) -> list[str | None]:
    return [keyword.arg for keyword in call.keywords]


def _literal(node: ast.expr) -> Any:
    """What an expression means, if it is a literal, or a range of literals."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range" and not node.keywords:
        return range(*map(_literal, node.args))
    if isinstance(node, ast.Dict) and all(node.keys):
        keys = [_literal(key) for key in node.keys if key]
        return {key: _literal(value) for key, value in zip(keys, node.values, strict=True)}
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise ValueError(f"{ast.unparse(node):.40} is neither a plain value nor a range") from None


def _is_whole(text: str) -> bool:
    text = text.strip().removeprefix("-")
    return text.isascii() and text.isdecimal() and len(text) < 16


def _json(text: str) -> Any:
    """What JSON says; Infinity and NaN, which Python's reader adds to it, are none."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _scalar(text: str) -> Any:
    try:
        found = _json(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(found, dict | list) else found

"""Whether the parts of a ParallelTask are a grid, and which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice, product
from typing import Any

from dtscheduler.api.grid_axes import LIMIT
from dtscheduler.api.grids import Grid, grid
from dtscheduler.api.source_text import Called, Source
from dtscheduler.errors import InvalidJobError
from dtscheduler.model.cell_names import Template, shown
from dtscheduler.model.config import EMPTY, canonical, decode, encode
from dtscheduler.model.job import PartSpec

MOST_GUESSES = 300
_KEYWORDS = frozenset({"name", "description", "exclude", "include", "arg_translation_table", "limit"})
_FEWEST = 3


def as_grid(parts: Sequence[PartSpec], table: Mapping[str, str], source: Source) -> Called | None:
    """The call of ``grid`` that makes just these parts; None where they are no product of axes.

    Args:
        parts: parts of a task, in order.
        table: its translation table.
        source: remembers what has to be imported.
    """
    axes = _axes(parts)
    if axes is None:
        return None
    options: dict[str, Any] = {} if len(parts) <= LIMIT else {"limit": len(parts)}
    try:
        made = grid(axes, **options)
        for option, texts, usual in (
            ("name", [part.name for part in parts], "Name"),
            ("description", [part.description for part in parts], "Description"),
        ):
            if any(cell[usual] != text for cell, text in zip(made, texts, strict=True)):
                template = _template(made, axes, texts)
                if template is None:
                    return None
                options[option] = template
        made = grid(axes, **options)
        if any(encode(cell, "part") != part.config for cell, part in zip(made, parts, strict=True)):
            return None
    except InvalidJobError:  # no grid may have these axes
        return None
    source.name("dtscheduler", "grid")
    if table:
        options["arg_translation_table"] = dict(table)
    return _call(axes, options)


def _call(axes: Mapping[str, list[Any]], options: Mapping[str, Any]) -> Called:
    written = {axis: _as_range(values) for axis, values in axes.items()}
    if all(axis.isidentifier() and axis not in _KEYWORDS and axis.isascii() and not _is_keyword(axis) for axis in axes):
        return Called("grid", keywords=(*written.items(), *options.items()))
    return Called("grid", positional=(written,), keywords=tuple(options.items()))


def _is_keyword(name: str) -> bool:
    import keyword

    return keyword.iskeyword(name)


def _axes(parts: Sequence[PartSpec]) -> dict[str, list[Any]] | None:
    """The values of each parameter in order of appearance, if there are as many parts as combinations of them."""
    if len(parts) < 2 or any(part.config == EMPTY for part in parts):
        return None
    found: dict[str, dict[str, Any]] = {}
    names: list[str] = []
    for part in parts:
        config = decode(part.config)
        keys = list(config)
        if keys[:2] != ["Name", "Description"] or len(keys) < 3 or keys != (names or keys):
            return None
        names = keys
        for key in keys[2:]:
            found.setdefault(key, {}).setdefault(canonical(encode(config[key], key)), config[key])
    axes = {key: list(values.values()) for key, values in found.items()}
    count = 1
    for values in axes.values():
        count *= len(values)
    return axes if count == len(parts) else None


def _as_range(values: list[Any]) -> Any:
    if len(values) < _FEWEST or any(type(value) is not int for value in values):
        return values
    step = values[1] - values[0]
    made = range(values[0], values[-1] + (1 if step > 0 else -1), step) if step else range(0)
    return made if list(islice(made, len(values) + 1)) == values else values


def _template(cells: Grid, axes: Mapping[str, list[Any]], texts: Sequence[str]) -> str | None:
    """A template that gives these texts: guessed from the last of them, and tried on all."""
    number = len(texts) - 1
    for guess in islice(_guesses(cells[number], list(axes), texts[number]), MOST_GUESSES):
        template = Template(guess, tuple(axes), "template") if guess is not None else None
        if template is not None and all(_written(template, cells[place]) == text for place, text in enumerate(texts)):
            return guess
    return None


def _written(template: Template, cell: Mapping[str, Any]) -> str | None:
    try:
        return template.write(cell)
    except InvalidJobError:
        return None


def _guesses(cell: Mapping[str, Any], axes: Sequence[str], text: str) -> Iterator[str | None]:
    """Texts in which values of a cell have become their axes: first those in which all have; None where two overlap."""
    spots = {axis: list(_spots(axis, cell[axis], text)) for axis in axes if _can_be_named(axis)}
    for count in range(len(spots), -1, -1):
        for chosen in combinations(spots, count):
            for places in product(*(spots[axis] for axis in chosen)):
                yield _with_axes(text, sorted(places))


def _can_be_named(axis: str) -> bool:
    return not any(character in axis for character in "{}!:")


def _spots(axis: str, value: Any, text: str) -> Iterator[tuple[int, int, str]]:
    forms = [(shown(value), f"{{{axis}}}")]
    if type(value) is int:
        padded = [(f"{value:0{width}d}", f"{{{axis}:0{width}d}}") for width in (4, 3, 2)]
        forms = sorted([*forms, *padded], key=lambda form: form[0] == str(value))  # zeros that are seen are meant
    elif value is True or value is False or value is None:
        forms = [(str(value), f"{{{axis}!s}}"), *forms]
    for form, replacement in forms:
        start = text.find(form) if form else -1
        while start >= 0:
            yield start, start + len(form), replacement
            start = text.find(form, start + 1)


def _with_axes(text: str, places: Sequence[tuple[int, int, str]]) -> str | None:
    pieces, done = [], 0
    for start, end, replacement in places:
        if start < done:
            return None
        pieces += [_escaped(text[done:start]), replacement]
        done = end
    return "".join([*pieces, _escaped(text[done:])])


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")

"""Where on a form each problem is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dtscheduler.forms.fields import Problem

Path = tuple[str | int, ...]


def problems_at(problems: Sequence[Problem], places: Collection[Path]) -> dict[Path, list[str]]:
    """The messages of problems by the places of a form where they are said.

    A problem is said at the deepest place on the way to it, with the rest of the way before it; one that no place is
    near at the empty path.
    """
    said: dict[Path, list[str]] = {}
    for problem in problems:
        depth = next((d for d in range(len(problem.path), 0, -1) if problem.path[:d] in places), 0)
        rest = _in_words(problem.path[depth:]) if depth else problem.field
        said.setdefault(problem.path[:depth], []).append(f"{rest}: {problem.message}" if rest else problem.message)
    return said


def _in_words(path: Path) -> str:
    """The way from a widget to what is wrong in it, counted as people count: ``item 2, fee``."""
    return ", ".join(f"item {step + 1}" if isinstance(step, int) else step for step in path)


def value_at(plain: Mapping[str, Any], path: Path) -> Any:
    """The value that a path leads to; None where there is none."""
    found: Any = plain
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found

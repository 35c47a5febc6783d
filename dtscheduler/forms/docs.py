"""What a docstring says: the first paragraph, and a text for each of the arguments under ``Args:``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

_SECTION = re.compile(r"^(Args|Arguments|Parameters|Returns|Yields|Raises|Note|Notes|Example|Examples|Attributes):\s*$")
_ARGUMENT = re.compile(r"^(?P<name>\*{0,2}\w+)(?:\s*\([^)]*\))?:\s*(?P<text>.*)$")


def summary_of(documented: Callable[..., Any] | type) -> str:
    """The first paragraph of a docstring, on one line; empty where there is none."""
    text = inspect.getdoc(documented) or ""
    return " ".join(text.split("\n\n", 1)[0].split())


def arguments_of(documented: Callable[..., Any] | type) -> dict[str, str]:
    """What a docstring in Google's style says of each argument, each on one line."""
    found: dict[str, list[str]] = {}
    name, least = "", None
    for line in _section(inspect.getdoc(documented) or "", {"Args", "Arguments", "Parameters", "Attributes"}):
        depth = len(line) - len(line.lstrip())
        least = depth if least is None else least
        begins = _ARGUMENT.match(line.strip()) if depth <= least else None
        if begins:
            name = begins["name"].lstrip("*")
            found[name] = [begins["text"]]
        elif name:
            found[name].append(line.strip())
    return {argument: " ".join(" ".join(lines).split()) for argument, lines in found.items()}


def _section(text: str, titles: set[str]) -> Iterator[str]:
    inside = False
    for line in text.splitlines():
        title = _SECTION.match(line)
        if title:
            inside = title[1] in titles
        elif inside and line.strip():
            if not line.startswith((" ", "\t")):
                inside = False
            else:
                yield line

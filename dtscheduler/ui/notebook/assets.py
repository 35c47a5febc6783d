"""The client side of the widgets: modules and styles, put together of the files that all faces share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "assets"


@cache
def joined(*names: str) -> str:
    """The text of several files, one after the other; modules that follow see what those before define."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)

"""How far a remote suite is, and how the files are that it was made of."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

Files = dict[str, tuple[int, int]]
"""Files, each with when it was changed last (ns) and its size."""


class Stage(StrEnum):
    """How far a remote suite is."""

    WAITING = "waiting"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class State:
    """How far a remote suite is, since when (UTC), and why where it has failed."""

    stage: Stage
    since: datetime
    reason: str = ""


def states_of(paths: Iterable[str]) -> Files:
    """When files were changed last, and their sizes; those that are gone have neither."""
    found: Files = {}
    for path in paths:
        found[path] = (-1, -1)
        with suppress(OSError):
            state = Path(path).stat()
            found[path] = (state.st_mtime_ns, state.st_size)
    return found

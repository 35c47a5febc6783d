"""Where the user sits: at a terminal, or at a notebook, which shows runs in its own way and has no service beside it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dtscheduler.api.handle import Run


class Front(Protocol):
    """What a notebook does in the place of a terminal."""

    def showing(self, run: Run) -> AbstractContextManager[None]:
        """Show a run while it is driven within the block, and how it ended afterwards."""

    def left(self, run: Run) -> None:
        """A run was left to the service: see that one is alive that outlives this process."""


_front: Front | None = None


def sit_at(front: Front | None) -> None:
    """From now on the user of this process sits there; None: at a terminal."""
    global _front  # one user a process
    _front = front


def front() -> Front | None:
    """Where the user sits; None at a terminal."""
    return _front

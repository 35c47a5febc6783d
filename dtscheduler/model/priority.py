"""In which order work that could start is started."""

from __future__ import annotations

from enum import Enum


class Priority(Enum):
    """Priority of a job or of a task: of all parts that could start, those with the higher one start first."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"

    @property
    def rank(self) -> int:
        """0 for the most urgent, so that sorting puts it first."""
        return _RANK[self]


_RANK = {Priority.HIGH: 0, Priority.NORMAL: 1, Priority.LOW: 2}

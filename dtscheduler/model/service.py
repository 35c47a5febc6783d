"""A service process, as others see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

SILENT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecord:
    """A service: since when it is alive, when it last said so, and what it is doing.

    ``holder`` is the name under which it holds leases, ``driving`` the ids of the runs that it drives, ``capacity``
    how many it drives at most at a time.
    """

    holder: str
    user: str
    since: datetime
    beat: datetime
    driving: tuple[int, ...] = ()
    capacity: int = 0
    version: str = ""

    def alive(self, now: datetime) -> bool:
        """Whether it has said lately that it is alive."""
        return now - self.beat < SILENT

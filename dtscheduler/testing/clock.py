"""A clock that stands still until it is told to go on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The time of a test.

    Args:
        now: An aware datetime, or one without a zone, which is taken as UTC.
    """

    def __init__(self, now: datetime) -> None:
        self._now = _utc(now)

    def now(self) -> datetime:
        """The time, aware and in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that really pass, for durations and limits of time."""
        return time.monotonic()

    def step(self, length: timedelta) -> None:
        """Go on, or back, by a length of time."""
        self._now += length

    def set(self, now: datetime) -> None:
        """Be at an instant."""
        self._now = _utc(now)


def _utc(moment: datetime) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)

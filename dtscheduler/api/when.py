"""How dates and instants are written by users, everywhere alike."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from dtscheduler.errors import InvalidJobError
from dtscheduler.model.durations import parse_duration

_AGO = re.compile(r"\d+\s*[dhms](\s*\d+\s*[hms])*")


def as_rundate(value: object) -> date | None:
    """A rundate given as a date or as ``'YYYY-MM-DD'``; None stays None. Raises ``InvalidJobError``."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if isinstance(value, datetime):
        raise InvalidJobError(f"rundate is a date, not a time: give {value.date().isoformat()!r}")
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidJobError(f"rundate is {value!r:.40}; it is a date or 'YYYY-MM-DD'")


def as_instant(value: object, where: str, now: datetime, zone: str | None = None) -> datetime | None:
    """An instant in UTC, given as a datetime, a date, ``'2026-11-20 18:00'``, ``'2026-11-20'`` or ``'7d'`` for so long ago.

    What has no zone is read on the clock of ``zone``, an IANA name; by default on that of this machine. Raises
    ``InvalidJobError``.
    """
    if value is None:
        return None
    if isinstance(value, str):
        if _AGO.fullmatch(value.strip().lower()) and (ago := parse_duration(value)):
            return now - ago
        with suppress(ValueError):
            value = datetime.fromisoformat(value.strip())
    if isinstance(value, timedelta):
        return now - value
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if isinstance(value, datetime):
        from zoneinfo import ZoneInfo

        local = zone is not None and value.tzinfo is None
        return (value.replace(tzinfo=ZoneInfo(zone)) if local and zone else value).astimezone(UTC)
    raise InvalidJobError(
        f"{where} is {value!r:.40}; write '2026-11-20', '2026-11-20 18:00' or '7d' for seven days ago"
    )

"""How dates and instants are written by users, everywhere alike."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from dtscheduler.errors import InvalidJobError
from dtscheduler.model.durations import parse_duration

_AGO = re.compile(r"\d+\s*[dhms](\s*\d+\s*[hms])*")


def as_rundate(value: object, where: str = "rundate") -> date | None:
    """A rundate given as a date or as ``'YYYY-MM-DD'``; None stays None. Raises ``InvalidJobError``."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if isinstance(value, datetime):
        raise InvalidJobError(f"{where} is a date, not a time: give {value.date().isoformat()!r}")
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise InvalidJobError(f"{where} is {value!r}, a day that the calendar does not have") from None
    raise InvalidJobError(f"{where} is {value!r:.40}; it is a date or 'YYYY-MM-DD'")


def as_instant(value: object, where: str, now: datetime, zone: str | None = None) -> datetime | None:
    """An instant in UTC, given as a datetime, a date, ``'2026-11-20 18:00'``, ``'2026-11-20'`` or ``'7d'`` for so long ago.

    What has no zone is read on the clock of ``zone``, an IANA name; by default on that of this machine. A time that the
    clocks skip is the first instant after the gap, one that comes twice is the first. Raises ``InvalidJobError``.
    """
    try:
        return _instant(value, where, now, zone)
    except InvalidJobError:
        raise
    except (OverflowError, ValueError):
        raise InvalidJobError(f"{where} is {value!r:.40}, outside the years 1 to 9999") from None


def _instant(value: object, where: str, now: datetime, zone: str | None) -> datetime | None:
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
        if zone is None or value.tzinfo is not None:
            return value.astimezone(UTC)
        from zoneinfo import ZoneInfo

        from dtscheduler.timing.zones import instant_of_wall_clock

        return instant_of_wall_clock(ZoneInfo(zone), value)
    raise InvalidJobError(
        f"{where} is {value!r:.40}; write '2026-11-20', '2026-11-20 18:00' or '7d' for seven days ago"
    )

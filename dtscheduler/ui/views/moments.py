"""How instants are said on a screen: on the clock of who looks, with UTC at hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_named(name: str | None) -> tzinfo:
    """The zone of a name; UTC where there is none, or this machine does not know it."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def local(at: datetime | None, zone: tzinfo) -> str:
    """An instant in a zone, ``2026-11-20 18:00:03 CET``; empty if there is none."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}" if at else ""


def in_utc(at: datetime | None) -> str:
    """The same instant in UTC, ``2026-11-20 17:00:03 UTC``; empty if there is none."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else ""


def start_of(day: date, zone: tzinfo) -> datetime:
    """The first instant of a day on the clock of a zone, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end_of(day: date, zone: tzinfo) -> datetime:
    """The first instant after a day on the clock of a zone, in UTC."""
    return start_of(day + timedelta(days=1), zone) if day < date.max else datetime.max.replace(tzinfo=UTC)

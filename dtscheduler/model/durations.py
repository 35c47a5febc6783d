"""How lengths of time are written by users, and shown to them."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WORDED = r"\s*(?:([0-9]+)\s*d)?\s*(?:([0-9]+)\s*h)?\s*(?:([0-9]+)\s*m)?\s*(?:([0-9]+)\s*s)?\s*"
_CLOCK = r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])"
_LONGEST_SECONDS = 10 * 366 * 86_400

ACCEPTED = "'1h 30m', '45m', '10s', '2d', '01:30:00' or a timedelta"


def parse_duration(value: object) -> timedelta | None:
    """Read a positive length of time of at most ten years; None where it is none.

    Accepts ``'1h 30m'`` (units d, h, m, s, in that order, each once), ``'01:30:00'`` and ``timedelta``.
    """
    if isinstance(value, timedelta):
        return value if 0 < value.total_seconds() <= _LONGEST_SECONDS else None
    if not isinstance(value, str) or len(value) > 40:
        return None
    if clock := re.fullmatch(_CLOCK, value.strip()):
        hours, minutes, seconds = (int(group) for group in clock.groups())
        total = hours * 3_600 + minutes * 60 + seconds
    elif worded := re.fullmatch(_WORDED, value.lower()):
        total = sum(int(count or 0) * size for count, size in zip(worded.groups(), _UNITS.values(), strict=True))
    else:
        return None
    return timedelta(seconds=total) if 0 < total <= _LONGEST_SECONDS else None


def show_duration(length: timedelta | float) -> str:
    """Write a length of time the way a person would: ``'3.4 s'``, ``'2m 05s'``, ``'1h 30m'``, ``'2d 4h'``."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else float(length)
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h {minutes:02d}m"
    days, hours = divmod(hours, 24)
    return f"{days}d {hours}h"

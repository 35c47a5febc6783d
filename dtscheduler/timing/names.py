"""How days and months are called, whatever the language of the machine."""

from __future__ import annotations

from collections.abc import Iterable

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def ordinal(number: int) -> str:
    """``'1st'``, ``'2nd'``, ``'11th'``, ``'23rd'``."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def joined(words: Iterable[object], last: str = "and") -> str:
    """``'a, b and c'``."""
    *most, final = map(str, words)
    return f"{', '.join(most)} {last} {final}" if most else final


def counted(number: int, unit: str) -> str:
    """``'1 minute'``, ``'4 minutes'``."""
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"

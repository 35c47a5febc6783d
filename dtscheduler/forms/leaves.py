"""Single values: read from their plain form, and written back to it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from dtscheduler.forms.fields import Kind
from dtscheduler.model.durations import ACCEPTED, parse_duration
from dtscheduler.model.secrets import MASK, looks_secret, masked_text

LONGEST_SHOWN, LONGEST_RAISED = 60, 2_000
TOO_LARGE = 10**4_000  # Python itself refuses to write longer numbers
T = TypeVar("T")


class Unfit(Exception):  # noqa: N818 # not an error of ours: it becomes a problem of the form
    """A plain value that is none of its kind; the message says what is."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One kind of single value: the Python type, how to read its plain form and how to write it."""

    kind: Kind
    type: type
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


def shown(value: object, path: tuple[str | int, ...] = ()) -> str:
    """A value as a message shows it: short, whole where it is short, and not at all where the path looks secret."""
    if any(isinstance(step, str) and looks_secret(step) for step in path):
        return MASK
    try:
        text = repr(value)
    except Exception:  # a number with thousands of digits, or an object of the user's
        text = f"this {type(value).__name__}"
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def unwrapped(value: Any) -> Any:
    """A single value of numpy or pandas as Python has it; anything else as it is."""
    if type(value).__module__.partition(".")[0] not in ("numpy", "pandas") or getattr(value, "ndim", 0) != 0:
        return value
    for way in ("to_pydatetime", "to_pytimedelta", "item"):
        if hasattr(value, way):
            return getattr(value, way)()
    return value


def raised(error: BaseException) -> str:
    """What an exception of the user's code says, secrets masked: its type and text, also where that cannot be had."""
    try:
        text = str(error)
    except Exception:
        text = "its text cannot be shown"
    return f"{type(error).__name__}: {masked_text(text[:LONGEST_RAISED])}" if text else type(error).__name__


def _flag(plain: Any) -> bool:
    if type(plain) is not bool:
        raise Unfit("it is True or False")
    return plain


def _whole(plain: Any) -> int:
    if isinstance(plain, bool) or not isinstance(plain, int):
        if isinstance(plain, float) and plain.is_integer() and abs(plain) < 2**53:
            return int(plain)  # JSON and number fields know one kind of number
        raise Unfit("it is a whole number")
    if abs(plain) >= TOO_LARGE:
        raise Unfit("it is a whole number of at most 4,000 digits")
    return int(plain)


def _number(plain: Any) -> float:
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise Unfit("it is a number")
    try:
        number = float(plain)
    except OverflowError:
        raise Unfit("it is a number that is not too large") from None
    if not math.isfinite(number):
        raise Unfit("it is a finite number")
    return number


def _text(plain: Any) -> str:
    if not isinstance(plain, str):
        raise Unfit("it is a text")
    return plain


def _day(plain: Any) -> date:
    return _iso(plain, date.fromisoformat, "it is a date such as '2026-11-20'")


def _instant(plain: Any) -> datetime:
    return _iso(
        plain, datetime.fromisoformat, "it is a date and time such as '2026-11-20T18:00' or '2026-11-20T18:00+01:00'"
    )


def _hour(plain: Any) -> time:
    return _iso(plain, time.fromisoformat, "it is a time such as '18:00'")


def _iso(plain: Any, read: Callable[[str], T], wanted: str) -> T:
    if isinstance(plain, str) and len(plain) <= 60:
        try:
            return read(plain.strip())
        except ValueError:
            pass
    raise Unfit(wanted)


def _length(plain: Any) -> timedelta:
    if isinstance(plain, int | float) and not isinstance(plain, bool) and abs(plain) < 1e11:  # nan is not less
        return timedelta(seconds=plain)
    if isinstance(plain, str) and re.fullmatch(r"\s*[-+]?[0-9.]{1,15}(e-?[0-9]{1,2})?\s*", plain):
        with suppress(ValueError):
            return _length(float(plain))
    found = parse_duration(plain) if isinstance(plain, str) else None
    if found is None:
        raise Unfit(f"it is a length of time: {ACCEPTED}")
    return found


def _written_length(length: timedelta) -> str | float:
    """As text where that is exact, or else in seconds."""
    seconds = length.total_seconds()
    if seconds <= 0 or seconds != int(seconds):
        return seconds
    parts, rest = [], int(seconds)
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    text = " ".join(parts)
    return text if parse_duration(text) == length else seconds


def _same(value: Any) -> Any:
    return value


def _isoformat(value: Any) -> str:
    return str(value.isoformat())


LEAVES: dict[type, Leaf] = {
    leaf.type: leaf
    for leaf in (
        Leaf(Kind.FLAG, bool, _flag, _same),
        Leaf(Kind.INT, int, _whole, _same),
        Leaf(Kind.FLOAT, float, _number, _same),
        Leaf(Kind.TEXT, str, _text, _same),
        Leaf(Kind.DATE, date, _day, _isoformat),
        Leaf(Kind.DATETIME, datetime, _instant, _isoformat),
        Leaf(Kind.TIME, time, _hour, _isoformat),
        Leaf(Kind.DURATION, timedelta, _length, _written_length),
    )
}

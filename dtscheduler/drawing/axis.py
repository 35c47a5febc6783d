"""Where the marks of a time axis stand and what is written at them."""

from __future__ import annotations

from dataclasses import dataclass

_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_SMALL = tuple(digit * 10.0**power for power in range(-6, 0) for digit in (1, 2, 5))
_CLOCK = tuple(
    [float(seconds) for seconds in (1, 2, 5, 10, 15, 30)]
    + [minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)]
    + [hours * _HOUR for hours in (1, 2, 3, 6, 12)]
)
_LARGE = tuple(digit * 10.0**power * _DAY for power in range(7) for digit in (1, 2, 5))
STEPS = (*_SMALL, *_CLOCK, *_LARGE)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark, in seconds from the start, and its words."""

    seconds: float
    label: str


def ticks(length_seconds: float, most: int = 8) -> tuple[Tick, ...]:
    """Marks from 0 to the length, all one round step apart; the last is less than a step before the end.

    Args:
        length_seconds: of the axis; of a length of 0 there is one mark, at 0.
        most: how many marks there may be after the first.
    """
    step = next((step for step in STEPS if length_seconds <= step * most), length_seconds / most)
    count = int(length_seconds / step * (1 + 1e-12))
    return tuple(Tick(number * step, _label(number * step)) for number in range(count + 1))


def _label(seconds: float) -> str:
    if not seconds:
        return "0"
    if seconds < 1:
        microseconds = round(seconds * 1e6, 3)
        return f"{microseconds:g} µs" if microseconds < 1000 else f"{microseconds / 1000:g} ms"
    if seconds < _MINUTE:
        return f"{seconds:g} s"
    if seconds < _HOUR:
        return _worded(seconds, _MINUTE, "min", "m", "s", 1)
    if seconds < _DAY:
        return _worded(seconds, _HOUR, "h", "h", "m", _MINUTE)
    return _worded(seconds, _DAY, "day" if seconds == _DAY else "days", "d", "h", _HOUR)


def _worded(seconds: float, size: float, alone: str, unit: str, rest_unit: str, rest_size: float) -> str:
    """``2 h``, or with a rest ``1h 30m``."""
    whole, rest = divmod(round(seconds), size)
    if not rest:
        return f"{whole:,.0f} {alone}"
    return f"{whole:,.0f}{unit} {rest / rest_size:02.0f}{rest_unit}"

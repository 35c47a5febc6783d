"""How the cells of a grid are named: from their values alone, so that a name stays when the grid is enlarged."""

from __future__ import annotations

import hashlib
import re
import string
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dtscheduler.errors import InvalidJobError
from dtscheduler.model.config import canonical, encode
from dtscheduler.model.names import LONGEST_NAME, name_problem
from dtscheduler.model.secrets import MASK, looks_secret

LONGEST_TOKEN = 40
LONGEST_DESCRIPTION = 1000
_DIGITS = 8
_TWO_DIGITS = re.compile(r"(?:.*_)?(?:month|day|hour|minute|week)")
_FORMAT = re.compile(r"[^{}]{0,20}")
_WIDE = re.compile(r"\d{3}")


def token(axis: str, value: object) -> str:
    """The piece of a part's name that a value gives: short, readable, and the same whatever stands beside it.

    ``month=2`` gives ``02``, ``hedged=False`` gives ``no-hedged``, a window ``(5, 20)`` gives ``5,20``. What is long
    or holds other characters is shortened and ends in eight digits of its content; a secret is only those.
    """
    if looks_secret(axis):
        return f"~{_digest(value)}"
    if type(value) is bool:
        return axis if value else f"no-{axis}"
    if type(value) is int and 0 <= value < 100 and _TWO_DIGITS.fullmatch(axis):
        return f"{value:02}"
    return _masked(value) if _holds_secret(value) else _legible(shown(value), value)


def shown(value: object) -> str:
    """A value as text: dates as ISO 8601 writes them, floats with as many digits as they need."""
    if value is None:
        return "none"
    if isinstance(value, datetime):
        return value.isoformat(timespec="auto" if value.second or value.microsecond else "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ",".join(map(shown, value))
    if isinstance(value, set | frozenset):
        return ",".join(sorted(map(shown, value)))
    if isinstance(value, dict):
        return ",".join(f"{key}={MASK if looks_secret(str(key)) else shown(item)}" for key, item in value.items())
    return str(value) if isinstance(value, str | float | int | Decimal) else repr(value)


def joined(tokens: list[str]) -> str:
    """A part's name from its pieces."""
    name = "-".join(tokens)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - _DIGITS - 1]}~{_digest(name)}"


def description(cell: Mapping[str, object]) -> str:
    """What a part is for, in words: ``origin=JFK, month=2``."""
    text = ", ".join(f"{axis}={'***' if looks_secret(axis) else _clean(shown(value))}" for axis, value in cell.items())
    return text if len(text) <= LONGEST_DESCRIPTION else f"{text[: LONGEST_DESCRIPTION - 1]}…"


class Template:
    """A text with the axes of a grid in braces: ``{origin}-{year}-{month:02d}``.

    Args:
        text: the template.
        axes: names that may stand in it.
        where: how the user calls it, for error messages.

    Raises:
        InvalidJobError: it is none, or has something else than names of axes in it.
    """

    def __init__(self, text: object, axes: tuple[str, ...], where: str) -> None:
        if not isinstance(text, str):
            raise InvalidJobError(f"{where} must be a str with axes in braces, not {type(text).__name__}")
        self._where = where
        try:
            self._pieces = list(string.Formatter().parse(text))
        except ValueError as error:
            raise InvalidJobError(f"{where} {text!r:.80} cannot be read: {error}") from None
        for _, axis, form, conversion in self._pieces:
            if axis is None:
                continue
            if axis not in axes:
                raise InvalidJobError(f"{where} names {axis!r:.60}, which is no axis; there are: {', '.join(axes)}")
            if not _FORMAT.fullmatch(form or "") or _WIDE.search(form or "") or conversion not in (None, "r", "s"):
                raise InvalidJobError(f"{where}: {{{axis}}} has a format that is not allowed: {form!r:.60}")

    def write(self, cell: Mapping[str, Any]) -> str:
        """The text for one cell. Raises ``InvalidJobError`` where a value cannot be written so."""
        return "".join(
            text + ("" if axis is None else self._value(axis, cell[axis], form or "", conversion))
            for text, axis, form, conversion in self._pieces
        )

    def _value(self, axis: str, value: Any, form: str, conversion: str | None) -> str:
        if looks_secret(axis):
            return f"~{_digest(value)}"
        if _holds_secret(value):
            return _masked(value)
        if conversion is not None:
            value = repr(value) if conversion == "r" else str(value)
        try:
            return format(value, form) if form else shown(value)
        except (ValueError, TypeError) as error:
            raise InvalidJobError(f"{self._where}: {{{axis}:{form}}} cannot write {value!r:.60}: {error}") from None


def _holds_secret(value: object) -> bool:
    """Whether there is something inside that its key calls a secret."""
    if isinstance(value, dict):
        return any(looks_secret(str(key)) or _holds_secret(item) for key, item in value.items())
    return isinstance(value, list | tuple | set | frozenset) and any(map(_holds_secret, value))


def _masked(value: object) -> str:
    """What may be shown of a value with a secret inside; the digits at its end tell it from others."""
    return f"{_clean(shown(value))[: LONGEST_TOKEN - _DIGITS - 1].rstrip()}~{_digest(value)}"


def _legible(text: str, value: object) -> str:
    clean = _clean(text)
    if clean == text and 0 < len(text) <= LONGEST_TOKEN:
        return text
    kept = clean[: LONGEST_TOKEN - _DIGITS - 1].rstrip()
    return f"{kept}~{_digest(value)}" if text else "empty"


def _clean(text: str) -> str:
    """Text in which what no name may hold has become a space."""
    if text.isascii() and text.isprintable() and text == text.strip():
        return text
    legible = "".join(
        " " if name_problem(character) and not character.isspace() else character for character in text[:10_000]
    )
    return " ".join(unicodedata.normalize("NFC", legible).split())


def _digest(value: object) -> str:
    kept = canonical(encode(value, "value"))
    return hashlib.blake2b(kept.encode("utf-8", "surrogatepass"), digest_size=_DIGITS // 2).hexdigest()

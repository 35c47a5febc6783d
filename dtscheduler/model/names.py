"""Which names jobs, tasks, parts, labels and images may have, and when two names are the same."""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 200

_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_BREAKS = frozenset("\u2028\u2029\ufeff")


def name_problem(name: object) -> str | None:
    """Say what is wrong with a name in words that complete "its name ...", or None if it may be used."""
    if not isinstance(name, str):
        return f"must be a str, not {type(name).__name__}"
    if not name:
        return "is empty"
    if name.isascii() and name.isprintable() and name[0] != " " != name[-1] and len(name) <= LONGEST_NAME:
        return None
    if len(name) > LONGEST_NAME:
        return f"has {len(name)} characters; at most {LONGEST_NAME} are allowed"
    if name != name.strip():
        return "starts or ends with white space"
    for character in name:
        if unicodedata.category(character) in ("Cc", "Cs") or character in _REORDERING or character in _LINE_BREAKS:
            return (
                f"contains U+{ord(character):04X}; control characters, line breaks, lone surrogates "
                "and marks that reorder text are not allowed"
            )
    return None


def name_key(name: str) -> str:
    """Give the form in which two names are compared: two spellings of the same letters are one name."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)

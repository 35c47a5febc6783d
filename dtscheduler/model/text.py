"""How text that others wrote is made fit to be shown: no control characters, no secrets, not too long."""

from __future__ import annotations

import re

from dtscheduler.model.secrets import masked_text

# C0 and C1, marks that reorder text, line separators, the byte order mark, lone surrogates
_UNWANTED = "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff\\ud800-\\udfff"
_IN_LINES = re.compile(f"[{_UNWANTED}]")
_IN_LINE = re.compile(f"[{_UNWANTED}\\s]+")
_LONGEST_READ = 200_000


def one_line(text: str, limit: int) -> str:
    """Text as one line of at most ``limit`` characters, with secrets masked."""
    return shortened(masked_text(_IN_LINE.sub(" ", text[:_LONGEST_READ]).strip()), limit)


def last_lines(text: str, count: int, width: int) -> str:
    """The last lines of a text, each of at most ``width`` characters, with secrets masked."""
    if len(text) > _LONGEST_READ:  # what is left of a line that was cut could be a secret without its key
        text = text[-_LONGEST_READ:].partition("\n")[2] or "…"
    lines = masked_text(_IN_LINES.sub("", text)).rstrip().split("\n")
    return "\n".join(shortened(line, width) for line in lines[-count:])


def header(text: str, limit: int) -> str:
    """One line that may stand in a header of a mail.

    The ``=?`` of an encoded word is broken up: the e-mail package of Python 3.11 decodes such words, and what
    follows a line break inside one becomes a header of its own.
    """
    return shortened(one_line(text, _LONGEST_READ).replace("=?", "= ?"), limit)


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters of a text; a cut is visible."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"

"""How text that comes out of user code is made fit for any database, and stays readable."""

from __future__ import annotations


def legible(text: str) -> str:
    r"""Write what a database cannot keep, NUL and lone surrogates, as ``\x00`` and ``\ud800``; the rest as it is."""
    if text.isascii():
        return text.replace("\0", "\\x00") if "\0" in text else text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")

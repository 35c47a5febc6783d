"""When two failures are the same error, judged by what was recorded of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST_MESSAGE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorKind:
    """What equal errors share: the exception's type, the user's function it came from, the message without details.

    Type and function are empty where nothing tells them, as when a process was killed.
    """

    exception: str
    function: str
    message: str


def error_kind(reason: str, traceback: str = "") -> ErrorKind:
    """Say what kind of error it was, from the reason of a task run and, where that is not enough, its traceback."""
    if place := _PLACE.search(reason):
        exception, message = _split(reason[: place.start()])
        return ErrorKind(exception=exception, function=place["function"], message=blanked(message))
    named, message = _split(reason)
    exception = _last_exception(traceback) or (named if named.endswith(_ENDINGS) else "")
    message = message if named == exception else reason
    return ErrorKind(exception=exception, function=_last_function(traceback), message=blanked(message))


def without_place(reason: str) -> str:
    """A reason without the place in the code at its end."""
    return _PLACE.sub("", reason)


def blanked(message: str) -> str:
    """A message without what differs from part to part: numbers, addresses, quoted text, paths, identifiers."""
    text = _DETAIL.sub("…", message[:_LONGEST_MESSAGE])
    return _SEVERAL.sub("…", text)


_PLACE = re.compile(r" \((?P<function>[^\s()]+)\(\), [^\n]{1,300} line [0-9]+\)\Z")
_HEAD = re.compile(r"(?:\w+\.)*(?P<exception>[^\W\d]\w*)(?:: (?P<message>.*))?\Z", re.DOTALL)
_ENDINGS = ("Error", "Exception", "Warning", "Interrupt", "Exit")
_FRAME = re.compile(r'^  File "(?P<file>[^"\n]+)", line [0-9]+, in (?P<function>\S+)$', re.MULTILINE)
_LIBRARY = re.compile(r"[/\\](?:site-packages|dist-packages|lib[/\\]python[0-9.]+)[/\\]|^<frozen ")
_STOPS = r"""\s()\[\]{}<>'",;="""
# Quoted text (but not what follows the apostrophe of can't), and every word with a digit or a slash in it: numbers,
# dates, addresses, hashes, uuids, paths. Patterns that tell these apart take four times as long and group no better.
_DETAIL = re.compile(rf"""'(?<!\w')[^']*'|"(?<!\w")[^"]*"|(?<![^{_STOPS}])[^{_STOPS}0-9/\\]*+[0-9/\\][^{_STOPS}]*""")
_SEVERAL = re.compile(r"…(?:[,\s]{1,3}…)+")


def _split(head: str) -> tuple[str, str]:
    found = _HEAD.match(head)
    return (found["exception"], found["message"] or "") if found else ("", head)


def _last_function(traceback: str) -> str:
    frames = [found.groups() for found in _FRAME.finditer(traceback)]
    own = [function for file, function in frames if not _LIBRARY.search(file)]
    return own[-1] if own else (frames[-1][1] if frames else "")


def _last_exception(traceback: str) -> str:
    found = (_HEAD.match(line) for line in reversed(traceback.splitlines()))
    return next((match["exception"] for match in found if match), "")

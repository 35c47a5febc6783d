"""Files that are there whole, or not at all."""

from __future__ import annotations

import io
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TextIO, cast

from dtscheduler.errors import SchedulerError

Target = str | os.PathLike[str] | IO[Any]


@contextmanager
def text_for(target: Target) -> Iterator[TextIO]:
    """Where text is written: a file that takes its place at the end, or something that is open already.

    Args:
        target: a path, or a text or binary file that stays open.

    Raises:
        SchedulerError: the file cannot be written; what stood there before is untouched.
    """
    if not isinstance(target, str | os.PathLike):
        yield from _text_on(target)
        return
    with whole_file(target) as file:
        yield from _text_on(file)


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A new file beside ``path`` that takes its place when the block has ended well, and is removed otherwise.

    Raises:
        SchedulerError: it cannot be written; what stood there before is untouched.
    """
    place = Path(os.path.realpath(Path(path).expanduser()))
    try:
        if place.exists() and not stat.S_ISREG(place.stat().st_mode):  # a pipe or a device cannot be replaced
            with place.open("wb") as file:
                yield file
            return
        yield from _replaced(place)
    except OSError as error:
        raise SchedulerError(f"{place} cannot be written: {error.strerror or error}") from error


def _replaced(place: Path) -> Iterator[IO[bytes]]:
    beside = place.with_name(f".{place.name[:100]}.{secrets.token_hex(6)}.part")
    mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        if mode is not None:
            os.fchmod(descriptor, mode)
        with open(descriptor, "wb", buffering=2**18) as file:  # noqa: PTH123 # of a descriptor
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def _text_on(target: IO[Any]) -> Iterator[TextIO]:
    if not isinstance(target, io.RawIOBase | io.BufferedIOBase):
        yield cast(TextIO, target)
        return
    text = io.TextIOWrapper(cast(Any, target), encoding="utf-8", newline="")
    try:
        yield text
        text.flush()
    finally:
        with suppress(ValueError):
            text.detach()

"""How runner and worker talk: frames on a pipe, and a board that outlives the worker.

A worker may belong to another account than the runner. So the runner pickles what it says, and reads what a worker
says as ``reports``; and where the worker maps the board into its memory, the runner reads it as a file, which cannot
harm it when it is cut short.
"""

from __future__ import annotations

import math
import mmap
import os
import pickle
import struct
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

from dtscheduler.errors import SchedulerError
from dtscheduler.model.call import PartCall, TaskSetup, Wanted

LONGEST_REPORT = 2**28
_LENGTH = struct.Struct("!Q")
_BOARD = struct.Struct("!Qdd")


class GarbledError(SchedulerError):
    """What came through a pipe is nothing that a worker says."""


@dataclass(frozen=True, slots=True)
class Prepare:
    """To the worker: what the calls of a task will share."""

    setup: TaskSetup


@dataclass(frozen=True, slots=True)
class Calls:
    """To the worker: attempts to make, one after the other."""

    calls: list[PartCall]


@dataclass(frozen=True, slots=True)
class Describe:
    """To the worker: look these functions up, and answer with the number of the question."""

    question: int
    wanted: list[Wanted]


@dataclass(frozen=True, slots=True)
class Recall:
    """To the worker: give back what has not been started."""


@dataclass(frozen=True, slots=True)
class Leave:
    """To the worker: end when all calls are made."""


def order(message: object) -> bytes:
    """Make the bytes of a message to the worker."""
    return frame(pickle.dumps(message, protocol=5))


def frame(content: bytes) -> bytes:
    """Make the bytes of a message, of which this is the content."""
    return _LENGTH.pack(len(content)) + content


class Frames:
    """Cuts the bytes that come out of a pipe into contents of messages, none of them longer than it may be."""

    def __init__(self, longest: int | None = None) -> None:
        self._buffer = bytearray()
        self._longest = longest

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Contents that are complete. Raises ``GarbledError``."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if self._longest is not None and length > self._longest:
                raise GarbledError("it is too long")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            content = bytes(memoryview(self._buffer)[_LENGTH.size : end])
            del self._buffer[:end]
            yield content


class Board:
    """In the worker: where it notes how many calls it has begun, and when the latest began."""

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, _BOARD.size)

    def begin(self) -> None:
        """Note that the next call begins now."""
        begun, _, _ = _BOARD.unpack_from(self._memory)
        _BOARD.pack_into(self._memory, 0, begun + 1, time.time(), time.monotonic())


class BoardFile:
    """In the runner: the board of a worker. ``descriptor`` is what the worker is to inherit."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(bytes(_BOARD.size))  # a hole instead would be a crash of the worker where the disk is full
            file.flush()
            self.descriptor = os.dup(file.fileno())

    def read(self) -> tuple[int, float, float] | None:
        """How many calls have begun, and when the latest did: on the clock of the wall, and on the monotonic one.

        None where the board was cut short.
        """
        found = os.pread(self.descriptor, _BOARD.size, 0)
        if len(found) < _BOARD.size:
            return None
        begun, at, monotonic = _BOARD.unpack(found)
        return begun, at if 0 <= at < _LATEST else time.time(), monotonic if math.isfinite(monotonic) else 0.0

    def close(self) -> None:
        os.close(self.descriptor)


_LATEST = 2.0**32  # far in the future, and a time that every platform can show

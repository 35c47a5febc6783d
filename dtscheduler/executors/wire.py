"""How runner and worker talk: pickled frames on a pipe, and a board of shared memory that outlives the worker.

Both ends are processes of the same user and the same code, connected by pipes that nobody else can open.
"""

from __future__ import annotations

import mmap
import os
import pickle
import struct
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dtscheduler.model.call import EntrypointInfo, Outcome, PartCall, TaskSetup, Wanted

_LENGTH = struct.Struct("!Q")
_BOARD = struct.Struct("!Qdd")


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
    """To the worker: look these functions up."""

    wanted: list[Wanted]


@dataclass(frozen=True, slots=True)
class Recall:
    """To the worker: give back what has not been started."""


@dataclass(frozen=True, slots=True)
class Leave:
    """To the worker: end when all calls are made."""


@dataclass(frozen=True, slots=True)
class Ready:
    """To the runner: the worker has started."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """To the runner: attempts that have ended. ``retiring``: the last one left something behind; replace the worker."""

    outcomes: list[Outcome]
    retiring: bool = False


@dataclass(frozen=True, slots=True)
class Recalled:
    """To the runner: calls that were given back, as (task, part, attempt)."""

    calls: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Described:
    """To the runner: what was found of each function that was wanted, or why it cannot be used."""

    wanted: list[Wanted]
    found: list[EntrypointInfo | str]


def frame(message: object) -> bytes:
    """Make the bytes of one message."""
    content = pickle.dumps(message, protocol=5)
    return _LENGTH.pack(len(content)) + content


class Frames:
    """Puts the bytes that come out of a pipe together to messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Any]:
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            content = bytes(memoryview(self._buffer)[_LENGTH.size : end])
            del self._buffer[:end]
            yield pickle.loads(content)


class Board:
    """How many calls a worker has begun and when the latest began: written by it, still readable after its death."""

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, _BOARD.size)

    @classmethod
    def create(cls) -> tuple[Board, int]:
        """A new board, and the descriptor that a worker is to inherit."""
        with tempfile.TemporaryFile() as file:
            file.write(bytes(_BOARD.size))  # a hole instead would be a crash of the worker where the disk is full
            file.flush()
            descriptor = os.dup(file.fileno())
        return cls(descriptor), descriptor

    def begin(self) -> None:
        """Note, in the worker, that the next call begins now."""
        begun, _, _ = _BOARD.unpack_from(self._memory)
        _BOARD.pack_into(self._memory, 0, begun + 1, time.time(), time.monotonic())

    def read(self) -> tuple[int, float, float]:
        """How many calls have begun, and when the latest did: on the clock of the wall, and on the monotonic one."""
        begun, at, monotonic = _BOARD.unpack_from(self._memory)
        return begun, at, monotonic

    def close(self) -> None:
        self._memory.close()

"""Results kept in this process, for tests and for trying things out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import BinaryIO

from dtscheduler.errors import ResultMissingError


class MemoryCache:
    """Keeps payloads as bytes, so that every reader gets a copy of its own here too."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[bytes, str, float]] = {}
        self._lock = Lock()

    def put(self, key: str, payload: bytes | BinaryIO, note: str = "") -> str:
        content = payload if isinstance(payload, bytes) else payload.read()
        with self._lock:
            self._entries[key] = (content, note, time.monotonic())
        return key

    def get(self, key: str) -> bytes | BinaryIO:
        with self._lock:
            if key not in self._entries:
                raise ResultMissingError(f"there is no result {key}")
            return self._entries[key][0]

    def note(self, key: str) -> str | None:
        with self._lock:
            return self._entries[key][1] if key in self._entries else None

    def find(self, keys: Iterable[str]) -> dict[str, str]:
        with self._lock:
            return {key: key for key in keys if key in self._entries}

    def missing(self, keys: Iterable[str]) -> set[str]:
        with self._lock:
            return {key for key in keys if key not in self._entries}

    def keys(self, after: str = "") -> Iterator[str]:
        with self._lock:
            return iter(sorted(key for key in self._entries if key > after))

    def sizes(self, keys: Iterable[str], *, idle_seconds: float = 0.0) -> dict[str, int]:
        with self._lock:
            return {key: len(self._entries[key][0]) for key in keys if self._idle(key, idle_seconds)}

    def remove(self, keys: Iterable[str], *, idle_seconds: float = 0.0) -> int:
        with self._lock:
            return sum(len(self._entries.pop(key)[0]) for key in keys if self._idle(key, idle_seconds))

    def _idle(self, key: str, seconds: float) -> bool:
        return key in self._entries and time.monotonic() - self._entries[key][2] >= seconds

    def close(self) -> None:
        with self._lock:
            self._entries.clear()

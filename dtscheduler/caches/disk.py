"""Results on disk: diskcache underneath, with its pickling and its eviction switched off and every entry signed."""

from __future__ import annotations

import hashlib
import hmac
import io
import logging
import os
import secrets
import shutil
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import diskcache
from diskcache.core import MODE_BINARY, MODE_RAW

from dtscheduler.caches.folders import private_folder, workspace_key
from dtscheduler.caches.shards import keys_in, remove_from, sizes_in
from dtscheduler.errors import ResultError, ResultMissingError, WorkspaceError

SHARDS = 8
SMALL_BYTES = 32 * 1024
BUSY_SECONDS = 60
_CHUNK = 4 * 2**20
_MAC_LENGTH = 64
_UNREADABLE = (OSError, sqlite3.Error, diskcache.Timeout, ResultError, WorkspaceError)

logger = logging.getLogger("dtscheduler")


class DiskCache:
    """Keeps payloads of any size under a folder that belongs to one user.

    Entries lie in ``SHARDS`` databases, so that workers that write at the same time do not wait for each other: a cache
    writes into the shard of its ``slot`` and adds that to the key, and reads all. Small payloads are rows, large ones
    files. Each entry carries a keyed hash of its key, note and payload; one that does not fit is a miss with a warning.

    Args:
        folder: where to keep everything; made private if it is new.
        slot: number of the writer, for example of the worker in its pool.

    Raises:
        WorkspaceError: the folder or its key is not private, or cannot be made.
    """

    def __init__(self, folder: Path, *, slot: int = 0) -> None:
        self._folder = private_folder(folder)
        self._key = workspace_key(folder / "key")
        self._own = slot % SHARDS
        self._open: dict[int, Any] = {}
        self._unlisted: dict[int, str] = {}

    def put(self, key: str, payload: bytes | BinaryIO, note: str = "") -> str:
        full_key = f"{key}@{self._own}"
        mac, small = self._signature(full_key, note, payload), isinstance(payload, bytes) and len(payload) < SMALL_BYTES
        value = payload if small or not isinstance(payload, bytes) else io.BytesIO(payload)
        try:
            self._shard(self._own).set(full_key, value, read=not small, tag=mac + note)
        except (OSError, sqlite3.Error, diskcache.Timeout, UnicodeEncodeError) as error:
            raise ResultError(f"the result cannot be written to {self._folder}: {_why(error)}") from error
        return full_key

    def get(self, key: str) -> bytes | BinaryIO:
        return self._read(key)[0]

    def note(self, key: str) -> str | None:
        try:
            payload, note = self._read(key)
        except ResultMissingError:
            return None
        if not isinstance(payload, bytes):
            payload.close()
        return note

    def find(self, keys: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        shards = [number for number in range(SHARDS) if (self._folder / str(number)).is_dir()]
        for key in keys:
            for number in shards:
                if self._has(f"{key}@{number}"):
                    found[key] = f"{key}@{number}"
        return found

    def missing(self, keys: Iterable[str]) -> set[str]:
        return {key for key in keys if not self._has(key)}

    def keys(self, after: str = "") -> Iterator[str]:
        first = _shard_number(after) if after else 0
        if not after:
            self._unlisted.clear()
        for number in range(first or 0, SHARDS):
            try:
                yield from (
                    key
                    for key in keys_in(self._folder / str(number), after if number == first else "")
                    if _shard_number(key) == number
                )
            except ResultError as error:
                self._unlisted[number] = str(error)
        if self._unlisted:
            raise ResultError("; ".join(self._unlisted.values()))

    def sizes(self, keys: Iterable[str], *, idle_seconds: float = 0.0) -> dict[str, int]:
        found: dict[str, int] = {}
        for number, there in _by_shard(keys).items():
            found |= sizes_in(self._folder / str(number), there, idle_seconds)
        return found

    def remove(self, keys: Iterable[str], *, idle_seconds: float = 0.0) -> int:
        freed, problems = 0, []
        for number, there in _by_shard(keys).items():
            try:
                freed += remove_from(self._folder / str(number), there, idle_seconds)
            except ResultError as error:
                problems.append(str(error))
        if problems:
            raise ResultError("; ".join(problems))
        return freed

    def close(self) -> None:
        for shard in self._open.values():
            shard.close()
        self._open.clear()

    def _read(self, key: str) -> tuple[bytes | BinaryIO, str]:
        """The payload and the note of an entry whose signature is right."""
        try:
            value, tag = self._shard_of(key).get(key, read=True, tag=True)
            mac, note = _split(tag)
            expected = "" if value is None else self._signature(key, note, value)
        except ResultMissingError:
            raise
        except (*_UNREADABLE, UnicodeEncodeError, _DamagedError) as error:
            raise self._damaged(key, _why(error)) from error
        if value is None:
            raise ResultMissingError(f"there is no result {key}")
        if not hmac.compare_digest(expected.encode(), mac.encode("utf-8", "surrogatepass")):
            self._give_up(key, tag)
            raise self._damaged(key, "it does not carry this workspace's signature")
        return value, note

    def _give_up(self, key: str, tag: object) -> None:
        """Remove an entry that is not what was written, so that it counts as missing from now on; not one put since."""
        with suppress(*_UNREADABLE):
            shard = self._shard_of(key)
            with shard.transact():
                if shard.get(key, read=True, tag=True)[1] == tag:
                    shard.delete(key)

    def _has(self, key: str) -> bool:
        try:
            return key in self._shard_of(key)
        except _UNREADABLE as error:
            logger.warning("the result %s cannot be looked up and counts as missing: %s", key, _why(error))
            return False

    def _shard_of(self, key: str) -> Any:
        number = _shard_number(key)
        if number is None:
            raise ResultMissingError(f"{key} is not the key of a result")
        return self._shard(number)

    def _shard(self, number: int) -> Any:
        if number not in self._open:
            folder = self._folder / str(number)
            try:
                self._open[number] = _opened_or_replaced(folder)
            except (OSError, sqlite3.Error, diskcache.Timeout) as error:
                raise ResultError(f"the results in {folder} cannot be opened: {_why(error)}") from error
        return self._open[number]

    def _signature(self, key: str, note: str, payload: bytes | BinaryIO) -> str:
        head = f"{len(key)}:{key}{len(note)}:{note}".encode()
        if isinstance(payload, bytes):
            return hmac.digest(self._key, head + payload, "sha256").hex()
        mac = hmac.new(self._key, head, hashlib.sha256)
        while chunk := payload.read(_CHUNK):
            mac.update(chunk)
        payload.seek(0)
        return mac.hexdigest()

    def _damaged(self, key: str, why: str) -> ResultMissingError:
        logger.warning("the result %s is damaged and counts as missing: %s", key, why)
        return ResultMissingError(f"the result {key} is damaged: {why}")


def _shard_number(key: str) -> int | None:
    number = key.rpartition("@")[2]
    return int(number) if number.isascii() and number.isdecimal() and int(number) < SHARDS else None


def _by_shard(keys: Iterable[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for key in keys:
        number = _shard_number(key)
        if number is not None:
            found.setdefault(number, []).append(key)
    return found


def _split(tag: object) -> tuple[str, str]:
    """The signature and the note, of an entry that is there."""
    if tag is None or (isinstance(tag, str) and len(tag) >= _MAC_LENGTH):
        return (tag or "")[:_MAC_LENGTH], (tag or "")[_MAC_LENGTH:]
    raise _DamagedError("it is not signed")


def _opened_or_replaced(folder: Path) -> Any:
    """Open the database of a shard; one that is damaged is put aside, and its results count as missing."""
    try:
        return _opened(folder)
    except sqlite3.OperationalError:  # locked, full, not to be read: it may be sound
        raise
    except sqlite3.DatabaseError as error:
        aside = folder / f"damaged-{secrets.token_hex(4)}"
        aside.mkdir(mode=0o700)
        for file in folder.glob("cache.db*"):
            file.rename(aside / file.name)
        logger.warning("the results in %s are damaged (%s) and were put aside in %s", folder, error, aside.name)
        return _opened(folder)


def _opened(folder: Path) -> Any:
    return diskcache.Cache(
        str(private_folder(folder)),
        timeout=BUSY_SECONDS,
        disk=_BytesDisk,
        disk_min_file_size=SMALL_BYTES,
        eviction_policy="none",
        cull_limit=0,
        size_limit=2**62,
        statistics=0,
        tag_index=0,
    )


class _DamagedError(Exception):
    """An entry that this cache cannot have written."""


class _BytesDisk(diskcache.Disk):  # type: ignore[misc] # diskcache has no types
    """Keeps str keys and byte values only, and so never unpickles what it finds."""

    def put(self, key: Any) -> tuple[str, bool]:
        if type(key) is not str:
            raise TypeError(f"keys are str, not {type(key).__name__}")
        return key, True

    def get(self, key: Any, raw: Any) -> str:
        if not raw or type(key) is not str:
            raise _DamagedError("its key is pickled")
        return key

    def store(self, value: Any, read: Any, key: Any = None) -> tuple[int, int, str | None, Any]:
        if type(value) is bytes:
            return 0, MODE_RAW, None, sqlite3.Binary(value)
        filename, full_path = self.filename()
        path = Path(full_path)
        try:
            with _new_file(path) as file:
                shutil.copyfileobj(value, file, _CHUNK)
                return file.tell(), MODE_BINARY, filename, None
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def fetch(self, mode: int, filename: str | None, value: Any, read: Any) -> Any:
        if mode == MODE_RAW and isinstance(value, bytes):
            return value
        if mode != MODE_BINARY or not isinstance(filename, str):
            raise _DamagedError("it is of a kind that is never written here")
        root = Path(self._directory).resolve()
        path = (root / filename).resolve()
        if not path.is_relative_to(root):
            raise _DamagedError("its file lies elsewhere")
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise _DamagedError("its file is not a file")
        return os.fdopen(descriptor, "rb")


def _new_file(path: Path) -> BinaryIO:
    """Make a file and the folders around it, which somebody who removes results may be removing just now."""
    for _ in range(3):
        with suppress(FileNotFoundError):
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("xb")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


def _why(error: BaseException) -> str:
    if isinstance(error, diskcache.Timeout):
        return f"its database was locked for more than {BUSY_SECONDS} s"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__

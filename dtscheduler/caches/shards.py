"""What lies in one database of the results on disk, and how some of it is removed."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from dtscheduler.errors import ResultError

PATIENCE_SECONDS = 10.0
PAGE = 1_000
_MOST_PARAMETERS = 500

logger = logging.getLogger("dtscheduler")

_SIZE = "size + coalesce(length(value), 0)"


def keys_in(folder: Path, after: str) -> Iterator[str]:
    """The keys in a shard's folder that come after one, in their order. Raises ``ResultError``."""
    page = "SELECT key FROM Cache WHERE key > ? AND raw = 1 AND typeof(key) = 'text' ORDER BY key LIMIT ?"
    found = [after]
    while found:
        with _opened(folder) as connection:
            found = [key for (key,) in connection.execute(page, (found[-1], PAGE))] if connection else []
        yield from found


def sizes_in(folder: Path, keys: Sequence[str], idle_seconds: float) -> dict[str, int]:
    """The sizes in bytes of those of the keys that are in a shard's folder, written so long ago. Raises ``ResultError``."""
    sizes: dict[str, int] = {}
    with _opened(folder) as connection:
        if connection is None:
            return {}
        for chunk in _chunks(keys):
            chosen = f"SELECT key, {_SIZE} FROM Cache WHERE {_among(chunk)} AND raw = 1 AND store_time <= ?"  # noqa: S608 # marks only
            sizes |= dict(connection.execute(chosen, (*chunk, _written_before(idle_seconds))))
    return sizes


def remove_from(folder: Path, keys: Sequence[str], idle_seconds: float) -> int:
    """Remove these keys from a shard's folder, if they were written so long ago; how many bytes. Raises ``ResultError``."""
    freed = 0
    with _opened(folder) as connection:
        if connection is None:
            return 0
        for chunk in _chunks(keys):
            chosen = f"SELECT rowid, filename, {_SIZE} FROM Cache WHERE {_among(chunk)} AND raw = 1 AND store_time <= ?"  # noqa: S608 # marks only
            connection.execute("BEGIN IMMEDIATE")
            found = connection.execute(chosen, (*chunk, _written_before(idle_seconds))).fetchall()
            connection.executemany("DELETE FROM Cache WHERE rowid = ?", [(rowid,) for rowid, _, _ in found])
            connection.execute("COMMIT")
            freed += sum(size for _, _, size in found)
            for _, name, _ in found:
                _remove_file(folder, name)
        if freed:
            connection.execute("PRAGMA busy_timeout = 0")  # who is reading is not waited for
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return freed


@contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection | None]:
    path = folder / "cache.db"
    if not path.exists() and not path.is_symlink():
        yield None  # nothing was ever kept here
        return
    if folder.is_symlink() or path.is_symlink():
        raise ResultError(f"{path} is a symbolic link, which is not followed")
    try:
        place = f"file:{quote(str(path))}?mode=rw"
        with closing(sqlite3.connect(place, uri=True, timeout=PATIENCE_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'Cache'").fetchone()
            yield connection if made else None  # another process may be making it just now
    except (OSError, sqlite3.Error) as error:
        raise ResultError(f"the results in {folder} cannot be pruned: {_why(error)}") from error


def _why(error: Exception) -> str:
    if str(getattr(error, "sqlite_errorname", "")).startswith("SQLITE_BUSY"):
        return f"their database was locked for more than {PATIENCE_SECONDS:g} s"
    return getattr(error, "strerror", None) or str(error)


def _remove_file(folder: Path, name: object) -> None:
    """Remove the file of an entry, and the folders around it if they are empty; only what lies in the shard."""
    if not isinstance(name, str):
        return
    root = folder.resolve()
    path = root / name
    if path.parent.resolve() != path.parent or not path.is_relative_to(root) or path.parent == root:
        logger.warning("the file %s of a result lies elsewhere and is left alone", name)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("the file %s of a result cannot be removed: %s", path, error.strerror)
        return
    with suppress(OSError):
        for around in path.parents:
            if around == root:
                break
            around.rmdir()


def _written_before(idle_seconds: float) -> float:
    return time.time() - idle_seconds if idle_seconds else float("inf")


def _among(keys: Sequence[str]) -> str:
    return f"key IN ({','.join('?' * len(keys))})"


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + _MOST_PARAMETERS] for start in range(0, len(keys), _MOST_PARAMETERS))

"""A SQLite file: how it is made, how a connection to it is set up, and what its errors mean to the user."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from dtscheduler.errors import WorkspaceError

BUSY_SECONDS = 60

_MEANING = {
    "SQLITE_BUSY": f"was locked by another process for more than {BUSY_SECONDS} s; end that process, or try again",
    "SQLITE_FULL": "cannot grow: the disk is full; make room and try again, what was written before is kept",
    "SQLITE_READONLY": "cannot be written: the file or its folder is read-only; make both writable",
    "SQLITE_CANTOPEN": "cannot be opened; its folder must exist and be writable",
    "SQLITE_NOTADB": "is not a database; move it away, or choose another workspace",
    "SQLITE_CORRUPT": "is damaged; restore it from a backup",
    "SQLITE_IOERR": "cannot be read or written: the disk reports an error, or is full",
}


def make(file: Path) -> None:
    """Make the file if it is missing, for its owner alone, and turn write-ahead logging on for good."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise WorkspaceError(
            f"the workspace's database {file} cannot be opened: {error.strerror}; "
            "its folder must exist, and you need to be allowed to write to both"
        ) from error
    try:
        with closing(connect(file)) as connection:
            _switch_to_wal(connection)
    except sqlite3.Error as error:
        raise WorkspaceError(f"the workspace's database {file} {meaning(error)}") from error


def connect(file: Path) -> sqlite3.Connection:
    """Open a connection that begins no transaction by itself, and never makes a missing file anew."""
    connection = sqlite3.connect(
        f"file:{quote(str(file))}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,  # a connection is used by one thread at a time, not always by the same
    )
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def meaning(error: BaseException | None) -> str:
    """Complete the sentence "the database ..." with what is wrong and what to do."""
    code = str(getattr(error, "sqlite_errorname", ""))
    known = (text for name, text in _MEANING.items() if code.startswith(name))
    return f"{next(known, 'refuses')} ({error})"


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # SQLite does not wait for others while it switches, whatever the busy timeout: of two processes that open a new
    # file at the same moment, one would see an error.
    patience = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(0.01)

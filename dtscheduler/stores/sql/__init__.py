"""Jobs and runs in a database: a SQLite file, or a PostgreSQL server."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dtscheduler.ports import Store


def open_store(place: str | Path) -> Store:
    """Open the store in a SQLite file or at a database URL; it is created, or brought up to date, where needed.

    Args:
        place: path of a file, whose folder exists, or ``postgresql+psycopg://user@host/database``.

    Raises:
        StoreVersionError: it was written by a newer dtscheduler.
        WorkspaceError: it cannot be opened; the message says why.
    """
    with _no_garbage_collection():
        # SQLAlchemy takes 0.15 s to import: who only builds a job, or is a worker, never pays for it.
        from dtscheduler.stores.sql.store import SqlStore
    return SqlStore.open(place)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Spare an import a tenth of its time: all it makes stays, and the collector looks at it again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

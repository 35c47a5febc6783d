"""How the database is reached: one engine, short transactions, and errors in the user's words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from dtscheduler.errors import DamagedError, WorkspaceError
from dtscheduler.stores.sql import file


class Database:
    """A place for tables. Any thread may use it; each transaction has a connection to itself.

    Args:
        place: path of a SQLite file, or a database URL.
    """

    def __init__(self, place: str | Path) -> None:
        is_url = isinstance(place, str) and "://" in place
        self.path = _path_in(str(place)) if is_url else Path(place).expanduser().absolute()
        self.title = _without_password(str(place)) if self.path is None else str(self.path)
        self.engine = _server_engine(str(place)) if self.path is None else _file_engine(self.path)
        self._writer = self.engine.execution_options(writes=True)
        self._identity: tuple[int, int] | None = None
        _OPEN.add(self)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of ours; else it is a server."""
        return self.path is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with self._explained():
            self._check_file()
            with self.engine.begin() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write. On SQLite there is one at a time; others wait their turn."""
        with self._explained():
            self._check_file()
            with self._writer.begin() as connection:
                yield connection

    def insert(self, table: Any) -> Any:
        """An INSERT that knows ``on_conflict_do_...``: both databases have it, in the same words."""
        if self.is_sqlite:
            from sqlalchemy.dialects.sqlite import insert as sqlite_insert

            return sqlite_insert(table)
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)

    def prepare(self, statement: Any, names: tuple[str, ...]) -> str:
        """The text of a statement, to be executed with tuples of values in the order of ``names``."""
        compiled = statement.compile(dialect=self.engine.dialect, column_keys=names)
        if tuple(compiled.positiontup) != names:
            raise ValueError(f"the statement takes {compiled.positiontup}, not {names}")
        return str(compiled)

    def close(self) -> None:
        """Close all connections."""
        _OPEN.discard(self)
        self.engine.dispose()

    def _check_file(self) -> None:
        """Notice when the file was removed or replaced: SQLite would go on writing to what nobody can see."""
        if self.path is None:
            return
        try:
            found = os.stat(self.path)  # noqa: PTH116 # in every transaction, and Path.stat takes three times as long
        except OSError as error:
            raise WorkspaceError(
                f"the workspace's database {self.path} is gone ({error.strerror}); put it back, or open a new workspace"
            ) from error
        identity = found.st_dev, found.st_ino
        if self._identity not in (None, identity):
            self.engine.dispose()
        self._identity = identity

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise DamagedError(f"the workspace's database {self.title} {file.meaning(error.orig)}") from error
        except DBAPIError as error:
            raise WorkspaceError(f"the workspace's database {self.title} {file.meaning(error.orig)}") from error
        except PoolTimeoutError as error:
            raise WorkspaceError(f"all connections to {self.title} are in use; try again") from error


def _path_in(url: str) -> Path | None:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise WorkspaceError(f"{url!r} is neither a path nor a database URL") from error
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        raise WorkspaceError(f"{url!r} names no file; a workspace needs one")
    return Path(parsed.database).absolute()


def _without_password(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _server_engine(url: str) -> Engine:
    try:
        return create_engine(url, paramstyle="format", pool_pre_ping=True)
    except ImportError as error:
        raise WorkspaceError(
            f"{_without_password(url)}: {error}; install it with: pip install 'dtscheduler[postgres]'"
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise WorkspaceError(f"{_without_password(url)} cannot be used: {error}") from error


def _file_engine(path: Path) -> Engine:
    file.make(path)
    engine = create_engine(
        "sqlite://", creator=lambda: file.connect(path), poolclass=QueuePool, pool_size=4, max_overflow=-1
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # Writers queue up here. One that began as a reader would fail, without waiting, if another wrote in between.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


_OPEN: WeakSet[Database] = WeakSet()


def _leave_connections_to_parent() -> None:
    for database in list(_OPEN):
        database.engine.dispose(close=False)


# Connections must not be used, nor closed, on both sides of a fork.
os.register_at_fork(after_in_child=_leave_connections_to_parent)

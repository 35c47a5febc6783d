"""Whether the tables of a store are those this version of dtscheduler knows, and how they become so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from dtscheduler.errors import StoreVersionError, WorkspaceError
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

REVISIONS = ("0001", "0002", "0003", "0004")
"""All revisions of the tables, oldest first; named here so that opening a store need not import Alembic."""

_MIGRATIONS = Path(__file__).with_name("migrations")
_CREATE_LOCK = 0x64747363  # any number: whoever makes or changes the tables on a server holds this lock


def make_ready(database: Database) -> None:
    """Create the tables, or bring them up to date, so that they are of the latest revision."""
    with database.reading() as connection:
        found = revision(connection)
    if found == REVISIONS[-1]:
        return
    _refuse_unknown(database, found)
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CREATE_LOCK})
        found = revision(connection)  # another process may have been faster
        _refuse_unknown(database, found)
        if found is None:
            _create(database, connection)
        elif found != REVISIONS[-1]:
            migrate(connection)


def revision(connection: Connection) -> str | None:
    """The revision of the tables in a database; None where there are none."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def migrate(connection: Connection) -> None:
    """Bring tables of an older revision, or none at all, to the latest one, inside the connection's transaction."""
    from alembic import command

    command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection | None = None) -> Config:
    """Where Alembic finds the migrations: beside this file, without an ``alembic.ini``."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _create(database: Database, connection: Connection) -> None:
    if strangers := inspect(connection).get_table_names():
        raise WorkspaceError(
            f"{database.title} holds other tables ({', '.join(strangers[:3])}, ...) and is no workspace; choose another"
        )
    metadata.create_all(connection, checkfirst=False)
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:found)"), {"found": REVISIONS[-1]})


def _refuse_unknown(database: Database, found: str | None) -> None:
    if found is not None and found not in REVISIONS:
        raise StoreVersionError(
            f"{database.title} was written by a newer dtscheduler: its tables are of revision {found}, this version "
            f"knows those up to {REVISIONS[-1]}; upgrade with: pip install --upgrade dtscheduler"
        )

"""The store in a database, put together from its parts."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from dtscheduler.errors import WorkspaceError
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.firing import SqlFiring
from dtscheduler.stores.sql.images import SqlImages
from dtscheduler.stores.sql.jobs import SqlJobs
from dtscheduler.stores.sql.looking import SqlLooking
from dtscheduler.stores.sql.outbox import SqlOutbox
from dtscheduler.stores.sql.pruning import SqlPruning
from dtscheduler.stores.sql.reports import SqlReports
from dtscheduler.stores.sql.runs import SqlRuns
from dtscheduler.stores.sql.schema import REVISIONS, make_ready, revision
from dtscheduler.stores.sql.services import SqlServices


class SqlStore(SqlJobs, SqlFiring, SqlRuns, SqlReports, SqlLooking, SqlPruning, SqlImages, SqlOutbox, SqlServices):
    """Jobs, runs and images in a database whose tables are up to date."""

    def __init__(self, database: Database) -> None:
        SqlJobs.__init__(self, database)
        SqlFiring.__init__(self, database)
        SqlRuns.__init__(self, database)
        SqlOutbox.__init__(self, database)
        SqlServices.__init__(self, database)
        SqlImages.__init__(self, database)

    @classmethod
    def open(cls, place: str | Path) -> Self:
        """Open the store at a path or URL; see ``open_store``."""
        database = Database(place)
        try:
            make_ready(database)
            return cls(database)
        except BaseException:
            database.close()
            raise

    def problems(self) -> list[str]:
        """What is wrong with the store, in words; empty when it is sound."""
        try:
            with self._database.reading() as connection:
                found = revision(connection)
                problems = (
                    [] if found == REVISIONS[-1] else [f"its tables are of revision {found}, not {REVISIONS[-1]}"]
                )
                if self._database.is_sqlite:
                    damage = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
                    problems += [f"the file is damaged: {line}" for line in damage if line != "ok"]
                    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                    problems += [f"a row of {table} refers to a missing row of {other}" for table, _, other, _ in lost]
                return problems
        except WorkspaceError as error:
            return [str(error)]

    def close(self) -> None:
        """Give its connections back."""
        self._database.close()

"""Which services are alive, in a database."""

from __future__ import annotations

from sqlalchemy import delete, select

from dtscheduler.model.service import ServiceRecord
from dtscheduler.stores.sql import rows
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.tables import services


class SqlServices:
    """The service part of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, service: ServiceRecord) -> None:
        """Say that a service is alive."""
        values = rows.service_values(service)
        with self._database.writing() as connection:
            written = self._database.insert(services).values(values)
            connection.execute(written.on_conflict_do_update(index_elements=[services.c.holder], set_=values))

    def services(self) -> list[ServiceRecord]:
        """All services that have not signed off, the oldest first."""
        chosen = select(*(services.c[name] for name in rows.SERVICE)).order_by(services.c.since)
        with self._database.reading() as connection:
            return [rows.service_record(row) for row in connection.execute(chosen).all()]

    def sign_off(self, holder: str) -> None:
        """Take a service off the list."""
        with self._database.writing() as connection:
            connection.execute(delete(services).where(services.c.holder == holder))

"""What people are to be told, in a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select, true, update

from dtscheduler.model.access import Identity
from dtscheduler.model.alert import AlertRecord, Channel
from dtscheduler.stores.saving import FARTHEST
from dtscheduler.stores.sql import rows
from dtscheduler.stores.sql.access import readable, readable_run
from dtscheduler.stores.sql.database import Database
from dtscheduler.stores.sql.tables import jobs, outbox, runs

ALERT_INSERTED = tuple(name for name in rows.ALERT if name != "id")
_COLUMNS = [outbox.c[name] for name in rows.ALERT]


class SqlOutbox:
    """The outbox part of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Put alerts into the outbox; ``id`` is ignored."""
        if not alerts:
            return
        with self._database.writing() as connection:
            connection.execute(insert(outbox), [rows.alert_values(alert) for alert in alerts])

    def alerts(
        self, *, pending: bool = False, limit: int | None = None, reader: Identity | None = None
    ) -> list[AlertRecord]:
        """Alerts, newest first; or only those that are still to be sent, or that are about what may be read."""
        chosen = select(*_COLUMNS).order_by(outbox.c.id.desc()).limit(limit)
        if pending:
            chosen = chosen.where(outbox.c.next_try.is_not(None))
        if reader is not None:
            chosen = chosen.where(_readable(reader))
        with self._database.reading() as connection:
            found = connection.execute(chosen).all()
        return rows.alert_records(found)

    def claim_alerts(self, now: datetime, until: datetime) -> list[AlertRecord]:
        """All alerts that are due; nobody else gets them until then, or until they are updated."""
        set_back = outbox.c.next_try > rows.micros(now + FARTHEST)
        due = or_(outbox.c.next_try <= rows.micros(now), set_back)
        with self._database.reading() as connection:
            if connection.execute(select(outbox.c.id).where(due).limit(1)).first() is None:
                return []
        claimed = update(outbox).where(due).values(next_try=rows.micros(until)).returning(*_COLUMNS)
        with self._database.writing() as connection:
            found = connection.execute(claimed).all()
        return sorted(rows.alert_records(found), key=lambda alert: alert.id)

    def update_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Write what has become of alerts."""
        with self._database.writing() as connection:
            for alert in alerts:
                connection.execute(update(outbox).where(outbox.c.id == alert.id).values(rows.alert_values(alert)))

    def last_sent(self, since: datetime) -> dict[tuple[Channel, str], datetime]:
        """When each recipient was last told something, if since then."""
        latest = select(outbox.c.channel, outbox.c.recipient, func.max(outbox.c.sent))
        recent = latest.where(outbox.c.sent >= rows.micros(since)).group_by(outbox.c.channel, outbox.c.recipient)
        with self._database.reading() as connection:
            found = connection.execute(recent).all()
        return {(Channel(channel), recipient): rows.moment(sent) for channel, recipient, sent in found}


def _readable(identity: Identity) -> ColumnElement[bool]:
    if identity.admin:
        return true()
    of_run = exists().where(runs.c.id == outbox.c.run_id, readable_run(identity))
    of_job = exists().where(jobs.c.name == outbox.c.job_name, jobs.c.deleted.is_(None), readable(identity, jobs))
    return or_(of_run, and_(outbox.c.run_id.is_(None), of_job))

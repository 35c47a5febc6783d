"""What following schedules needs: how far each job is, what a run comes from, the outbox, the services."""

import json
import time
from typing import Any

import sqlalchemy as sa
from alembic import op

from dtscheduler.model.names import name_key

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in _columns_of_jobs():
        op.add_column("jobs", column)
    for column in _columns_of_runs():
        op.add_column("runs", column)
    op.create_index("ix_jobs_next_fire", "jobs", ["next_fire"])
    op.create_index("ix_jobs_after_key", "jobs", ["after_key"])
    op.create_index("ix_jobs_after_uuid", "jobs", ["after_uuid"])
    op.create_index("ix_runs_job_id_scheduled", "runs", ["job_id", "scheduled"], unique=True)
    after = sa.text("after_run IS NOT NULL")
    op.create_index("ix_runs_job_id_after_run", "runs", ["job_id", "after_run"], unique=True, sqlite_where=after)
    op.create_index("ix_runs_followed_ended", "runs", ["followed", "ended"])
    _create_outbox_and_services()
    _fill_in(op.get_bind())


def _columns_of_jobs() -> list[sa.Column[Any]]:
    return [
        sa.Column("saved_by", sa.Text, nullable=False, server_default=""),
        sa.Column("permissions", sa.Text, nullable=False, server_default="rwrwr-"),
        sa.Column("run_as", sa.Text, nullable=False, server_default=""),
        sa.Column("priority", sa.Text, nullable=False, server_default="NORMAL"),
        sa.Column("schedule", sa.Text, nullable=False, server_default='{"never":{}}'),
        sa.Column("firing", sa.Text, nullable=False, server_default="{}"),
        sa.Column("schedule_since", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("settled", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("next_fire", sa.BigInteger),
        sa.Column("paused", sa.BigInteger),
        sa.Column("paused_by", sa.Text, nullable=False, server_default=""),
        sa.Column("broken", sa.Text, nullable=False, server_default=""),
        sa.Column("after_key", sa.Text),
        sa.Column("after_uuid", sa.Text),
        sa.Column("deleted", sa.BigInteger),
    ]


def _columns_of_runs() -> list[sa.Column[Any]]:
    return [
        sa.Column("group", sa.Text, nullable=False, server_default=""),
        sa.Column("permissions", sa.Text, nullable=False, server_default="rwrwr-"),
        sa.Column("priority", sa.Text, nullable=False, server_default="NORMAL"),
        sa.Column("trigger", sa.Text, nullable=False, server_default="hand"),
        sa.Column("submitted_by", sa.Text, nullable=False, server_default=""),
        sa.Column("run_as", sa.Text, nullable=False, server_default=""),
        sa.Column("after_run", sa.Integer),
        sa.Column("backfill", sa.Text),
        sa.Column("most_active", sa.Integer),
        sa.Column("followed", sa.Boolean, nullable=False, server_default=sa.true()),
    ]


def _create_outbox_and_services() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("job_name", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("run_id", sa.Integer),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try", sa.BigInteger),
        sa.Column("sent", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_next_try", "outbox", ["next_try"])
    op.create_index("ix_outbox_sent", "outbox", ["sent"])
    op.create_table(
        "services",
        sa.Column("holder", sa.Text, primary_key=True),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.Column("driving", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _fill_in(connection: sa.Connection) -> None:
    """What the new columns say of jobs and runs that are there. Schedules take effect now: nothing was missed."""
    now = time.time_ns() // 1000
    saved = connection.execute(
        sa.text(
            "SELECT j.id, s.body, v.saved_by FROM jobs j JOIN specs s ON s.hash = j.spec_hash"
            " JOIN job_versions v ON v.job_id = j.id AND v.version = j.version"
        )
    ).all()
    for job_id, body, saved_by in saved:
        columns = _facts(json.loads(body), saved_by, now)
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        connection.execute(sa.text(f"UPDATE jobs SET {assignments} WHERE id = :id"), {**columns, "id": job_id})  # noqa: S608
    hashes = connection.execute(
        sa.text("SELECT DISTINCT r.spec_hash, s.body FROM runs r JOIN specs s ON s.hash = r.spec_hash")
    )
    for spec_hash, body in hashes.all():
        access = json.loads(body)["job"]["access"]
        facts = {"group": access["group"], "permissions": access.get("permissions", "rwrwr-"), "hash": spec_hash}
        change = 'UPDATE runs SET "group" = :group, permissions = :permissions WHERE spec_hash = :hash'
        connection.execute(sa.text(change), facts)


def _facts(document: dict[str, Any], saved_by: str, now: int) -> dict[str, Any]:
    job, after = document["job"], document.get("after", {})
    schedule = {kind: document[kind] for kind in ("at", "after", "never") if kind in document}
    return {
        "saved_by": saved_by,
        "permissions": job["access"].get("permissions", "rwrwr-"),
        "run_as": job["access"].get("run_as") or saved_by,
        "priority": job.get("priority", "NORMAL"),
        "schedule": json.dumps(schedule, separators=(",", ":")),
        "schedule_since": now,
        "settled": now,
        "next_fire": 0 if "at" in schedule else None,  # 0: to be computed
        "after_key": name_key(after["job_name"]) if after.get("job_name") else None,
        "after_uuid": after.get("job_uuid"),
    }

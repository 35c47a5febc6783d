"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_REUSABLE = "status = 'completed' AND fingerprint != '' AND result_key != ''"


def upgrade() -> None:
    op.create_table(
        "specs",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uuid", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("spec_hash", sa.Text, sa.ForeignKey("specs.hash"), nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("group", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("saved", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job_versions",
        sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("spec_hash", sa.Text, sa.ForeignKey("specs.hash"), nullable=False),
        sa.Column("saved", sa.BigInteger, nullable=False),
        sa.Column("saved_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uuid", sa.Text, nullable=False, unique=True),
        sa.Column("job_name", sa.Text, nullable=False),
        sa.Column("job_name_key", sa.Text, nullable=False),
        sa.Column("spec_hash", sa.Text, sa.ForeignKey("specs.hash"), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("rundate", sa.Text, nullable=False),
        sa.Column("submitted", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id")),
        sa.Column("job_version", sa.Integer),
        sa.Column("custom_rundate", sa.Boolean, nullable=False),
        sa.Column("scheduled", sa.BigInteger),
        sa.Column("started", sa.BigInteger),
        sa.Column("ended", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("executor", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("lease_holder", sa.Text),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("lease_epoch", sa.Integer, nullable=False),
        sa.Column("stop_requested_by", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_runs_status_submitted", "runs", ["status", "submitted"])
    op.create_index("ix_runs_job_name_key_submitted", "runs", ["job_name_key", "submitted"])
    op.create_index("ix_runs_submitted", "runs", ["submitted"])
    op.create_table(
        "task_runs",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("task", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("task_name", sa.Text, nullable=False),
        sa.Column("part_name", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("result_key", sa.Text, nullable=False),
        sa.Column("result_bytes", sa.BigInteger),
        sa.Column("preview", sa.Text, nullable=False),
        sa.Column("submitted", sa.BigInteger),
        sa.Column("started", sa.BigInteger),
        sa.Column("ended", sa.BigInteger),
        sa.Column("cpu_seconds", sa.Double),
        sa.Column("peak_memory_mb", sa.Double),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("traceback", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "task", "part"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_task_runs_fingerprint_run_id",
        "task_runs",
        ["fingerprint", "run_id"],
        sqlite_where=sa.text(_REUSABLE),
    )
    op.create_table(
        "attempts",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("task", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("submitted", sa.BigInteger),
        sa.Column("started", sa.BigInteger),
        sa.Column("ended", sa.BigInteger),
        sa.Column("cpu_seconds", sa.Double),
        sa.Column("peak_memory_mb", sa.Double),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("traceback", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "task", "part", "attempt"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "images",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("python", sa.Text, nullable=False),
        sa.Column("added", sa.BigInteger, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", "tag"),
        sqlite_with_rowid=False,
    )

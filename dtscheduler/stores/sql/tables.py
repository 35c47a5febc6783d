"""Which tables there are.

Times are microseconds since 1970-01-01 UTC, rundates ISO text, statuses their values, labels JSON lists.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    literal_column,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

specs = Table(
    "specs",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

codes = Table(
    "codes",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uuid", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("spec_hash", Text, ForeignKey("specs.hash"), nullable=False),
    Column("tag", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("group", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("saved", BigInteger, nullable=False),
    Column("saved_by", Text, nullable=False),
    Column("permissions", Text, nullable=False),
    Column("run_as", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("schedule", Text, nullable=False),
    Column("firing", Text, nullable=False),
    Column("schedule_since", BigInteger, nullable=False),
    Column("settled", BigInteger, nullable=False),
    Column("next_fire", BigInteger),
    Column("paused", BigInteger),
    Column("paused_by", Text, nullable=False),
    Column("broken", Text, nullable=False),
    Column("after_key", Text),
    Column("after_uuid", Text),
    Column("deleted", BigInteger),
    Index(None, "next_fire"),
    Index(None, "after_key"),
    Index(None, "after_uuid"),
    sqlite_autoincrement=True,
)

job_versions = Table(
    "job_versions",
    metadata,
    Column("job_id", Integer, ForeignKey("jobs.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("spec_hash", Text, ForeignKey("specs.hash"), nullable=False),
    Column("saved", BigInteger, nullable=False),
    Column("saved_by", Text, nullable=False),
    PrimaryKeyConstraint("job_id", "version"),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uuid", Text, nullable=False, unique=True),
    Column("job_name", Text, nullable=False),
    Column("job_name_key", Text, nullable=False),
    Column("spec_hash", Text, ForeignKey("specs.hash"), nullable=False),
    Column("status", Text, nullable=False),
    Column("rundate", Text, nullable=False),
    Column("submitted", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("job_id", Integer, ForeignKey("jobs.id")),
    Column("job_version", Integer),
    Column("custom_rundate", Boolean, nullable=False),
    Column("scheduled", BigInteger),
    Column("started", BigInteger),
    Column("ended", BigInteger),
    Column("reason", Text, nullable=False),
    Column("executor", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("lease_holder", Text),
    Column("lease_until", BigInteger),
    Column("lease_epoch", Integer, nullable=False),
    Column("stop_requested_by", Text),
    Column("group", Text, nullable=False),
    Column("permissions", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("submitted_by", Text, nullable=False),
    Column("run_as", Text, nullable=False),
    Column("after_run", Integer),
    Column("backfill", Text),
    Column("most_active", Integer),
    Column("followed", Boolean, nullable=False),
    Column("rerun_of", Integer),
    Column("lineage", Integer),
    Column("told_time", BigInteger),
    Index(None, "job_id", "scheduled", unique=True),  # one run for one instant, whoever fires it
    Index(None, "status", "submitted"),
    Index(None, "followed", "ended"),
    Index(None, "job_name_key", "submitted"),
    sqlite_autoincrement=True,
)

Index(None, runs.c.job_id, runs.c.submitted)

# Lists of runs are chosen by these columns. Where they are in one index, SQLite finds a page, or counts 200,000 runs,
# without reading the rows; a server has memory and processes for that, and limits what an entry of an index may hold.
_LISTED = (
    "submitted", "id", "status", "job_id", "started", "ended", "job_name_key", "owner", "group", "permissions", "tag",
    "labels", "trigger", "rundate", "rerun_of",
)  # fmt: skip
Index("ix_runs_listed", *(runs.c[name] for name in _LISTED)).ddl_if("sqlite")
Index(None, runs.c.submitted).ddl_if("postgresql")

# Few runs are reruns.
Index(None, runs.c.lineage, sqlite_where=runs.c.lineage.is_not(None))

# One run after one run.
Index(None, runs.c.job_id, runs.c.after_run, unique=True, sqlite_where=runs.c.after_run.is_not(None))

task_runs = Table(
    "task_runs",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.id"), nullable=False),
    Column("task", Integer, nullable=False),
    Column("part", Integer, nullable=False),
    Column("task_name", Text, nullable=False),
    Column("part_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("result_key", Text, nullable=False),
    Column("result_bytes", BigInteger),
    Column("preview", Text, nullable=False),
    Column("submitted", BigInteger),
    Column("started", BigInteger),
    Column("ended", BigInteger),
    Column("cpu_seconds", Double),
    Column("peak_memory_mb", Double),
    Column("worker", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("traceback", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("from_run", Integer),
    Column("patched_by", Text, nullable=False),
    PrimaryKeyConstraint("run_id", "task", "part"),
    sqlite_with_rowid=False,
)


def reusable(table: FromClause) -> ColumnElement[bool]:
    """What a later run may take a result from; SQLite uses the index only for a condition spelled like the index's."""
    return and_(
        table.c.status == literal_column("'completed'"),
        table.c.fingerprint != literal_column("''"),
        table.c.result_key != literal_column("''"),
    )


# On PostgreSQL it holds all rows: to say "where" there, SQLAlchemy would import its dialect, 35 ms for everybody.
Index(None, task_runs.c.fingerprint, task_runs.c.run_id, sqlite_where=reusable(task_runs))

attempts = Table(
    "attempts",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.id"), nullable=False),
    Column("task", Integer, nullable=False),
    Column("part", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("submitted", BigInteger),
    Column("started", BigInteger),
    Column("ended", BigInteger),
    Column("cpu_seconds", Double),
    Column("peak_memory_mb", Double),
    Column("worker", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("traceback", Text, nullable=False),
    PrimaryKeyConstraint("run_id", "task", "part", "attempt"),
    sqlite_with_rowid=False,
)

images = Table(
    "images",
    metadata,
    Column("name", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("python", Text, nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("added_by", Text, nullable=False),
    PrimaryKeyConstraint("name", "tag"),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("job_name", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("run_id", Integer),
    Column("text", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try", BigInteger),
    Column("sent", BigInteger),
    Column("error", Text, nullable=False),
    Index(None, "next_try"),
    Index(None, "sent"),
    sqlite_autoincrement=True,
)

services = Table(
    "services",
    metadata,
    Column("holder", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("beat", BigInteger, nullable=False),
    Column("driving", Text, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("version", Text, nullable=False),
    sqlite_with_rowid=False,
)

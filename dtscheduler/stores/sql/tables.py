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
    Index(None, "status", "submitted"),
    Index(None, "job_name_key", "submitted"),
    Index(None, "submitted"),
    sqlite_autoincrement=True,
)

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

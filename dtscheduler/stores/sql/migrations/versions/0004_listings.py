"""What lists of very many runs need: indexes."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LISTED = [
    "submitted", "id", "status", "job_id", "started", "ended", "job_name_key", "owner", "group", "permissions", "tag",
    "labels", "trigger", "rundate", "rerun_of",
]  # fmt: skip


def upgrade() -> None:
    op.create_index("ix_runs_job_id_submitted", "runs", ["job_id", "submitted"])
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_runs_submitted", "runs")
        op.create_index("ix_runs_listed", "runs", _LISTED)

"""What reruns and plans need: which run repeats which, what results are, the code that runs have executed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("rerun_of", "lineage"):
        op.add_column("runs", sa.Column(column, sa.Integer))
    op.add_column("runs", sa.Column("told_time", sa.BigInteger))
    op.create_index("ix_runs_lineage", "runs", ["lineage"], sqlite_where=sa.text("lineage IS NOT NULL"))
    op.add_column("task_runs", sa.Column("digest", sa.Text, nullable=False, server_default=""))
    op.add_column("task_runs", sa.Column("from_run", sa.Integer))
    op.add_column("task_runs", sa.Column("patched_by", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "codes",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )

"""Several processes: who writes a ledger, which workers are alive

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_workers",
        sa.Column("executor", sa.String(length=64), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("executor", name=op.f("pk_job_workers")),
    )
    op.create_table(
        "ledger_terms",
        sa.Column("server", sa.String(length=80), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("writes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("server", name=op.f("pk_ledger_terms")),
    )


def downgrade() -> None:
    op.drop_table("ledger_terms")
    op.drop_table("job_workers")

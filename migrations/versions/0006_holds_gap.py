"""Calls of which only holds may be missing, and how many of them a gap made

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("holds_gap", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("ledger_gaps", sa.Column("holds", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    op.drop_column("ledger_gaps", "holds")
    op.drop_column("calls", "holds_gap")

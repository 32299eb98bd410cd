"""The ledger's journal of messages, its gaps, and until when Asterisk was heard

Revision: 0003, after 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_messages",
        sa.Column("server", sa.String(length=80), nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_call_messages_call_id_calls"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("server", "place", "call_id", name=op.f("pk_call_messages")),
    )
    op.create_index(op.f("ix_call_messages_call_id"), "call_messages", ["call_id"])
    op.create_table(
        "ledger_gaps",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("server", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=16), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("marked", sa.Integer(), nullable=False),
        sa.Column("lag_s", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_gaps")),
    )
    op.create_index(op.f("ix_ledger_gaps_server_began_at"), "ledger_gaps", ["server", "began_at"])
    op.create_table(
        "ledger_gap_calls",
        sa.Column("gap_id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["gap_id"], ["ledger_gaps.id"], name=op.f("fk_ledger_gap_calls_gap_id_ledger_gaps"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_ledger_gap_calls_call_id_calls"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gap_id", "call_id", name=op.f("pk_ledger_gap_calls")),
    )
    op.create_index(op.f("ix_ledger_gap_calls_call_id"), "ledger_gap_calls", ["call_id"])
    op.create_table(
        "call_visits",
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_call_visits_call_id_calls"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", "number", name=op.f("pk_call_visits")),
    )
    op.create_table(
        "call_holds",
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("uniqueid", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extension", sa.String(length=16), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_call_holds_call_id_calls"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", "uniqueid", "started_at", name=op.f("pk_call_holds")),
    )
    op.add_column("calls", sa.Column("merged_into", sa.String(length=36), nullable=True))
    op.add_column("calls", sa.Column("gap", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(op.f("ix_calls_merged_into"), "calls", ["merged_into"])
    op.add_column("ledger_terms", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("ledger_terms", "heard_at")
    op.drop_index(op.f("ix_calls_merged_into"), table_name="calls")
    op.drop_column("calls", "gap")
    op.drop_column("calls", "merged_into")
    op.drop_table("call_holds")
    op.drop_table("call_visits")
    op.drop_table("ledger_gap_calls")
    op.drop_table("ledger_gaps")
    op.drop_table("call_messages")

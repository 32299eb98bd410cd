"""Tables of the ledger."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base

ACTIVE = "active"


class CallRow(Base):
    """One call, whatever number of channels it took. `outcome` is `active` while it is open. `raw_number` is the far
    party's number as the trunk gave it, "" when withheld; `number` the same in E.164, null when it is none."""

    __tablename__ = "calls"
    __table_args__ = (Index(None, "number", "started_at"), Index(None, "customer_id", "started_at"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    server: Mapped[str] = mapped_column(String(80))
    linked_id: Mapped[str] = mapped_column(String(80), index=True)
    direction: Mapped[str] = mapped_column(String(16))
    raw_number: Mapped[str] = mapped_column(String(80))
    number: Mapped[str | None] = mapped_column(String(32))
    dialled: Mapped[str] = mapped_column(String(80))
    menu_path: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8))
    queue: Mapped[str | None] = mapped_column(String(64))
    queued_at: Mapped[datetime | None]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(16), index=True)
    end_cause: Mapped[str | None] = mapped_column(String(32))
    # No foreign key: what happened is written down, whatever became of the user meanwhile.
    agent_id: Mapped[str | None] = mapped_column(String(36), index=True)
    extension: Mapped[str | None] = mapped_column(String(16))
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id", ondelete="SET NULL"))
    recording_uniqueid: Mapped[str | None] = mapped_column(String(80))
    recording_started_at: Mapped[datetime | None]
    # The call that this one became part of. No foreign key: its row is written after this one's.
    merged_into: Mapped[str | None] = mapped_column(String(36), index=True)
    # For some time in its life Asterisk was not heard, and its files did not tell either.
    gap: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Its files did tell, but never tell of a hold: only those may be missing.
    holds_gap: Mapped[bool] = mapped_column(default=False, server_default=false())
    disposition: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(Text)


class CallLegRow(Base):
    """One channel of a call."""

    __tablename__ = "call_legs"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    uniqueid: Mapped[str] = mapped_column(String(80), primary_key=True)
    channel: Mapped[str] = mapped_column(String(128))
    role: Mapped[str] = mapped_column(String(8))
    extension: Mapped[str | None] = mapped_column(String(16))
    started_at: Mapped[datetime]
    ringing_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cause: Mapped[str | None] = mapped_column(String(32))


class CallTalkRow(Base):
    """An agent and the far party in one bridge. A second talk of a leg begins at another time."""

    __tablename__ = "call_talks"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    uniqueid: Mapped[str] = mapped_column(String(80), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    extension: Mapped[str] = mapped_column(String(16))
    ended_at: Mapped[datetime | None]


class CallVisitRow(Base):
    """The caller's wait in one queue, by number within the call."""

    __tablename__ = "call_visits"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    queue: Mapped[str] = mapped_column(String(64))
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(16))


class CallHoldRow(Base):
    """Somebody's phone held the call: an agent's, or (`extension` null) the far party's."""

    __tablename__ = "call_holds"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    uniqueid: Mapped[str] = mapped_column(String(80), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    extension: Mapped[str | None] = mapped_column(String(16))
    ended_at: Mapped[datetime | None]


class PbxBootRow(Base):
    """When each Asterisk server was last seen to have started, in its own words."""

    __tablename__ = "pbx_boots"

    server: Mapped[str] = mapped_column(String(80), primary_key=True)
    boot: Mapped[str] = mapped_column(String(64))


class CallMessageRow(Base):
    """What the ledger was told of a call, in order: by `place` within a server. A message that belonged to two calls
    has a row for each; what one call alone was told in one write is one row, with place and time of its first message.
    `at` is Asterisk's time, `body` what was read: `calls/journal.py`, `calls/journal_store.py`."""

    __tablename__ = "call_messages"

    server: Mapped[str] = mapped_column(String(80), primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True, index=True)
    at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text)


class LedgerGapRow(Base):
    """A time in which a server was not heard, or heard late. `why` and `closed_by`: `calls/gaps.py`. `ended_at` is null
    while it lasts. `found`, `ended`, `marked`: calls that nobody had heard of, calls that had ended meanwhile, calls
    that may lack anything; `holds`: of which only holds may be missing; `lag_s` the greatest delay of a late event."""

    __tablename__ = "ledger_gaps"
    __table_args__ = (Index(None, "server", "began_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    server: Mapped[str] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(String(16))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(16))
    found: Mapped[int] = mapped_column(default=0)
    ended: Mapped[int] = mapped_column(default=0)
    marked: Mapped[int] = mapped_column(default=0)
    holds: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    lag_s: Mapped[float | None]


class LedgerGapCallRow(Base):
    """A call that may lack something because of a gap."""

    __tablename__ = "ledger_gap_calls"

    gap_id: Mapped[str] = mapped_column(ForeignKey("ledger_gaps.id", ondelete="CASCADE"), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True, index=True)

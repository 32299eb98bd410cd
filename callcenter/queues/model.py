"""Tables of queues and of agents' presence."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base


class QueueRow(Base):
    """A queue under the name that Asterisk knows. Times are in seconds."""

    __tablename__ = "queues"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    label_zh: Mapped[str] = mapped_column(String(64))
    label_en: Mapped[str] = mapped_column(String(64))
    wrapup_s: Mapped[int] = mapped_column(default=15)
    service_level_s: Mapped[int] = mapped_column(default=20)


class QueueMemberRow(Base):
    """A queue that an agent serves when he is ready."""

    __tablename__ = "queue_members"

    queue: Mapped[str] = mapped_column(ForeignKey("queues.name", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)


class PresenceRow(Base):
    """What an agent chose last, and the wrap-up that is running. What his phone does is not kept: the ledger knows."""

    __tablename__ = "presence"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    wish: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    since: Mapped[datetime]
    wrapup_until: Mapped[datetime | None]

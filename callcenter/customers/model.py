"""Tables of customers, their numbers and their homes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.db import Base


class CustomerRow(Base):
    """A person, a household or a firm. `external_id` is the one in the firm's books; `version` grows with changes."""

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    external_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(128), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    grade: Mapped[str] = mapped_column(String(1))
    tags: Mapped[list[Any]]
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    # Loaded where they are asked for, never by accident.
    phones: Mapped[list[PhoneRow]] = relationship(
        lazy="raise", order_by="PhoneRow.id", cascade="all, delete-orphan", passive_deletes=True
    )
    homes: Mapped[list[HomeRow]] = relationship(
        lazy="raise", order_by="HomeRow.id", cascade="all, delete-orphan", passive_deletes=True
    )


class PhoneRow(Base):
    """One number. `lookup_key` is equal for every spelling of it; None when nobody can be found by it."""

    __tablename__ = "customer_phones"
    # Both columns: a look-up is answered by the index alone.
    __table_args__ = (Index("ix_customer_phones_lookup_key", "lookup_key", "customer_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(36), ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    raw: Mapped[str] = mapped_column(String(200))
    e164: Mapped[str | None] = mapped_column(String(20))
    lookup_key: Mapped[str | None] = mapped_column(String(64))
    label: Mapped[str | None] = mapped_column(String(32))


class HomeRow(Base):
    """One home. `search_key` is what `homes.stored_key` makes of it."""

    __tablename__ = "customer_homes"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(36), ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    project: Mapped[str] = mapped_column(String(100))
    building: Mapped[str | None] = mapped_column(String(50))
    unit: Mapped[str | None] = mapped_column(String(50))
    room: Mapped[str | None] = mapped_column(String(50))
    search_key: Mapped[str] = mapped_column(String(400))

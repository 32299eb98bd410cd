"""Tables of recordings and their transcripts. They know calls by id only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

RecordingState = Literal["collecting", "ready", "missing", "deleted"]
TranscriptState = Literal["waiting", "running", "done", "failed"]
Side = Literal["caller", "agent"]


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """Base of the tables of recordings: a MetaData of its own."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcTime()}


class RecordingRow(Base):
    """One recorded channel. `heard` is what the caller heard: prompts, music and the agents."""

    __tablename__ = "recordings"
    __table_args__ = (UniqueConstraint("server", "uniqueid"), Index(None, "call_id"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    call_id: Mapped[str] = mapped_column(String(36))
    server: Mapped[str] = mapped_column(String(80))
    uniqueid: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime]
    duration_s: Mapped[float | None]
    caller_file: Mapped[str | None] = mapped_column(String(255))
    caller_sha256: Mapped[str | None] = mapped_column(String(64))
    heard_file: Mapped[str | None] = mapped_column(String(255))
    heard_sha256: Mapped[str | None] = mapped_column(String(64))
    repaired: Mapped[bool] = mapped_column(default=False)
    segments: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class TranscriptRow(Base):
    """What was said in a recording, or why it is not known yet."""

    __tablename__ = "transcripts"

    recording_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    engine: Mapped[str | None] = mapped_column(String(16))
    model: Mapped[str | None] = mapped_column(String(80))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_params: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    requested_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class UtteranceRow(Base):
    """A stretch of speech of one side. Times are seconds from the start of the recording."""

    __tablename__ = "utterances"
    __table_args__ = (Index(None, "recording_id", "start_s"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"))
    side: Mapped[str] = mapped_column(String(8))
    agent_extension: Mapped[str | None] = mapped_column(String(16))
    start_s: Mapped[float]
    end_s: Mapped[float]
    text: Mapped[str] = mapped_column(Text)
    confidence: Mapped[float]
    words: Mapped[list[dict[str, Any]]] = mapped_column(JSON)

"""The right to write one server's ledger, guarded where the ledger is: whoever began last has it, all others are out.

The lease in Redis decides who should lead; this decides who may write, for the moment in which two believe it. It
also tells a writer that lost its connection in the middle of a commit whether what it wrote was kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import String

from callcenter.db import Base, Database, UtcDateTime

# Statements of both databases.
_BEGIN = text(
    "INSERT INTO ledger_terms (server, term, writes) VALUES (:server, 1, 0) "
    "ON CONFLICT (server) DO UPDATE SET term = ledger_terms.term + 1, writes = 0 RETURNING term"
)
_WRITE = text(
    "UPDATE ledger_terms SET writes = writes + 1, heard_at = :heard "
    "WHERE server = :server AND term = :term AND writes = :writes RETURNING term"
).bindparams(bindparam("heard", type_=UtcDateTime()))
# A lock that lets the one who writes go on, and whoever wants to begin a term wait.
_MINE = text("SELECT term FROM ledger_terms WHERE server = :server AND term = :term FOR KEY SHARE")
_ALL_OUT = text("SELECT term FROM ledger_terms WHERE server = :server FOR UPDATE")
_LAST = text("SELECT writes FROM ledger_terms WHERE server = :server AND term = :term")


class LedgerTermRow(Base):
    """Which term a server's ledger is in, how many times it was written in this term, and up to which moment (by
    Asterisk's clock) all that it said is in it."""

    __tablename__ = "ledger_terms"

    server: Mapped[str] = mapped_column(String(80), primary_key=True)
    term: Mapped[int]
    writes: Mapped[int]
    heard_at: Mapped[datetime | None]


class TermOver(Exception):
    """Another process has begun to write this server's ledger."""


class AlreadyKept(Exception):
    """What is to be written is in the ledger: the commit of an earlier try went on when nobody waited for it."""


@dataclass
class LedgerTerm:
    """One writer's term. `begin` it before the ledger is read."""

    db: Database
    server: str
    # Up to which moment all that Asterisk said is in the ledger; None before it was ever heard.
    heard_at: datetime | None = None
    number: int = 0
    _writes: int = 0

    async def begin(self) -> None:
        """From now on nobody else can write."""
        async with self.db.transaction() as work:
            if not self.db.embedded:
                await work.session.execute(_ALL_OUT, {"server": self.server})
            self.number = (await work.session.execute(_BEGIN, {"server": self.server})).scalar_one()
            query = select(LedgerTermRow.heard_at).where(LedgerTermRow.server == self.server)
            self.heard_at = await work.session.scalar(query)
        self._writes = 0

    async def sign(self, session: AsyncSession) -> None:
        """Part of every transaction that writes the ledger, before all else. It waits for a commit that is still under
        way. Raise TermOver when the term is, AlreadyKept when this write was kept."""
        row = await session.execute(_WRITE, self._key(writes=self._writes, heard=self.heard_at))
        if row.scalar_one_or_none() is None:
            raise TermOver if await session.scalar(_LAST, self._key()) is None else AlreadyKept

    async def check(self, session: AsyncSession) -> None:
        """Part of what else only the one who writes may write. Raise TermOver when the term is."""
        if not self.db.embedded and await session.scalar(_MINE, self._key()) is None:
            raise TermOver

    def signed(self) -> None:
        """The transaction was committed."""
        self._writes += 1

    async def kept(self) -> bool:
        """Whether the last signed transaction was committed although nobody said so; not while it is under way."""
        if self.db.embedded:
            return False
        async with self.db.read() as session:
            writes = await session.scalar(_LAST, self._key())
        if writes is None:
            raise TermOver
        return bool(writes == self._writes + 1)

    def _key(self, **more: object) -> dict[str, object]:
        return {"server": self.server, "term": self.number, **more}

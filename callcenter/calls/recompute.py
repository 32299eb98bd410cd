"""Records computed anew from their journals."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import journal_store, store
from callcenter.calls.journal import Fold
from callcenter.calls.model import CallRow
from callcenter.calls.ports import NumberReader
from callcenter.calls.session import CallSession
from callcenter.calls.store import LedgerWriter, Row
from callcenter.db import Database


@dataclass(frozen=True)
class Difference:
    """`what` is a column of the call, of a leg or of a talk; `kept` what the ledger holds, `folded` what its journal
    says; None: there is no such leg or talk."""

    call_id: str
    what: str
    kept: object
    folded: object


@dataclass
class Recomputed:
    """`calls` were looked at; those `without` a whole journal, or told together with such a one, cannot be computed."""

    calls: int
    without: list[str]
    differences: list[Difference]


@dataclass(frozen=True)
class Recomputer:
    """Computes ended calls anew; what is alive is the listener's."""

    db: Database
    read_number: NumberReader

    async def run(self, call_ids: Collection[str], *, write: bool) -> Recomputed:
        """Of these calls and those that shared messages with them. `write`: have the ledger hold what comes of it."""
        found, left = Recomputed(0, [], []), set(call_ids)
        while left:
            async with self.db.transaction() as work:
                group = await journal_store.connected(work.session, [left.pop()])
                await self._group(work.session, group, found, write)
            left -= group
        return found

    async def _group(self, session: AsyncSession, group: set[str], found: Recomputed, write: bool) -> None:
        kept = await store.calls(session, {}, CallRow.id.in_(group))
        if not all(call.ended for call in kept):
            return
        fold = Fold(kept[0].record.server if kept else "")
        fold.apply(await journal_store.whole(session, group))
        for call in kept:
            found.calls += 1
            folded = fold.calls.get(call.record.id)
            if folded is None or folded.record.linked_id != call.record.linked_id:
                found.without.append(call.record.id)
            else:
                await self._call(session, call, folded, found, write)

    async def _call(
        self, session: AsyncSession, kept: CallSession, folded: CallSession, found: Recomputed, write: bool
    ) -> None:
        writer = LedgerWriter(self.read_number)
        differences = list(_differences(kept.record.id, writer.rows(kept), writer.rows(folded)))
        found.differences += differences
        if write and differences:
            writer.hold(kept)
            await writer.write(session, folded)


def _differences(call_id: str, kept: dict[str, Row], folded: dict[str, Row]) -> Iterator[Difference]:
    for key in sorted(kept.keys() | folded.keys()):
        one, other = kept.get(key), folded.get(key)
        if one is None or other is None:
            yield Difference(call_id, key, one and "there", other and "there")
            continue
        for name in one:
            if one[name] != other[name]:
                yield Difference(call_id, f"{key} {name}" if key != "calls" else name, one[name], other[name])

"""The firm's own CRM, asked once about a caller, whichever processes his pop appears in."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from callcenter.desk.ports import ForeignRecords
from callcenter.link import Link, LinkDown
from crm_adapter.ports import ForeignRecord

_RECORDS = TypeAdapter(list[ForeignRecord])
_KEPT_S = 60.0


@dataclass(frozen=True)
class RememberedRecords:
    """What the CRM answered, for a minute. Errors are not remembered."""

    crm: ForeignRecords
    link: Link

    async def find_customer(self, number: str) -> list[ForeignRecord]:
        """As the CRM answers."""
        with contextlib.suppress(LinkDown, ValidationError):
            if (kept := await self.link.get(f"crm:{number}")) is not None:
                return _RECORDS.validate_json(kept)
        found = await self.crm.find_customer(number)
        with contextlib.suppress(LinkDown):
            await self.link.put(f"crm:{number}", _RECORDS.dump_json(found).decode(), _KEPT_S)
        return found

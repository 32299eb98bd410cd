"""The shipped fake keeps the contract; the built-in store keeps what of it applies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from crm_adapter import contract
from crm_adapter.builtin import BuiltinCrm
from crm_adapter.contract import CHECKS, DRAFT, Subject
from crm_adapter.fake import FakeCrm
from crm_adapter.ports import CrmError, ExternalTicket, TicketDraft


def fake_subject() -> Subject:
    crm = FakeCrm()

    def fail_once(permanent: bool) -> None:
        code, pause = ("crm_rejected", None) if permanent else ("crm_busy", 7.0)
        crm.fail_next(CrmError(code, permanent=permanent, retry_after_s=pause, status=0, detail=""))

    return Subject(crm, lambda: list(crm.tickets.values()), crm.add_customer, fail_once)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_fake_keeps_the_contract(check: Callable[[Subject], Awaitable[None]]) -> None:
    await check(fake_subject())


async def test_a_check_fails_when_the_adapter_forgets_the_key() -> None:
    class Forgetful(FakeCrm):
        async def create_ticket(self, draft: TicketDraft) -> ExternalTicket:
            self.tickets.clear()
            return await super().create_ticket(draft)

    crm = Forgetful()
    with pytest.raises(AssertionError):
        await contract.other_key_opens_another(
            Subject(crm, lambda: list(crm.tickets.values()), crm.add_customer, lambda _: None)
        )


async def test_builtin_acknowledges_at_once_and_knows_nobody() -> None:
    crm = BuiltinCrm()
    assert not crm.remote
    ticket = await crm.create_ticket(DRAFT)
    assert (ticket.external_id, ticket.state) == (DRAFT.number, "off")
    assert await crm.find_customer("+8613800138000") == []
    await crm.close()

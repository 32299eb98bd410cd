"""Sends what is due, each endpoint at its own pace: who is slow, or away, holds up nobody else.

What is due stands in a table. A worker claims a delivery before it sends it and writes down what came of it. If it
dies in between, the claim runs out and the same message is sent again under the same id.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import aiohttp
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import metrics
from callcenter.clock import Clock
from callcenter.db import DATABASE_ERRORS, Database, told
from callcenter.hooks import store
from callcenter.hooks.catalogue import body_of
from callcenter.hooks.connecting import connect
from callcenter.hooks.model import DeliveryRow, EndpointRow
from callcenter.hooks.outcome import Outcomes
from callcenter.hooks.payloads import payload_of
from callcenter.hooks.post import Letter, post
from callcenter.hooks.reach import Reach
from callcenter.hooks.secrets import valid
from callcenter.setting_groups import HooksSettings
from callcenter.tasks import end, woken

log = structlog.get_logger(__name__)
# At once to one endpoint; while it fails, it is asked with one at a time.
_SLOTS, _SLOTS_FAILING = 4, 1
# Beyond the time-out, until somebody else may send it.
_CLAIM_MARGIN_S = 20.0
_LOOK_AGAIN_S = 5.0
_RETRY_S = 1.0
# With a large backlog it takes longer than all else here, and a figure may be some seconds old.
_COUNT_EVERY = timedelta(seconds=5)
_FORGET_EVERY = timedelta(hours=1)
_FORGET_AT_ONCE = 500


@dataclass
class Sender:
    """Of one worker. `chance` in [0, 1) spreads the next tries. Call `look` when something may have become due."""

    db: Database
    clock: Clock
    settings: HooksSettings
    chance: Callable[[], float] = random.random
    _under_way: Counter[str] = field(default_factory=Counter)
    _posting: set[asyncio.Task[None]] = field(default_factory=set)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _counted_at: datetime | None = None
    _forgot_at: datetime | None = None

    def __post_init__(self) -> None:
        self._outcomes = Outcomes(self.db, self.clock, timedelta(days=self.settings.off_after_days), self.chance)

    def look(self) -> None:
        """Something may have become due."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with connect(Reach(self.settings.allowed_networks)) as http:
            try:
                while True:
                    self._wake.clear()
                    await woken(self._wake, await self._round(http))
            finally:
                await end(*self._posting)

    async def _round(self, http: aiohttp.ClientSession) -> float:
        """Begin to send what is due; seconds until the next look."""
        try:
            await self._forget()
            return await self.begin_due(http)
        except DATABASE_ERRORS as error:
            log.warning("webhooks_wait", reason=told(error))
            return _RETRY_S

    async def begin_due(self, http: aiohttp.ClientSession) -> float:
        """Claim what there is room for and post it; seconds until something else is due, at most some."""
        now, pause = self.clock(), _LOOK_AGAIN_S
        async with self.db.read() as session:
            waiting = await store.waiting(session)
            await self._count(session, now)
        for due in waiting:
            room = (_SLOTS_FAILING if due.failing else _SLOTS) - self._under_way[due.endpoint_id]
            if due.at > now:
                pause = min(pause, (due.at - now).total_seconds())
            elif room > 0:
                await self._claim(http, due.endpoint_id, room, now)
        return pause

    async def _count(self, session: AsyncSession, now: datetime) -> None:
        """Now and then tell how much waits."""
        # A clock that was set back shall not stop the counting.
        if self._counted_at is None or abs(now - self._counted_at) >= _COUNT_EVERY:
            metrics.WEBHOOKS_WAITING.set(await store.count_waiting(session))
            self._counted_at = now

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._posting:
            await asyncio.wait(set(self._posting))

    async def _claim(self, http: aiohttp.ClientSession, endpoint_id: str, room: int, now: datetime) -> None:
        until = now + timedelta(seconds=self.settings.timeout_s + _CLAIM_MARGIN_S)
        async with self.db.transaction() as work:
            found = await store.claim(work.session, endpoint_id, room, now, until)
            letters = [(delivery, await _letter(work.session, delivery, endpoint, now)) for delivery, endpoint in found]
        for delivery, letter in letters:
            self._begin(http, delivery, letter)

    def _begin(self, http: aiohttp.ClientSession, delivery: DeliveryRow, letter: Letter | None) -> None:
        endpoint_id = delivery.endpoint_id
        task = asyncio.create_task(self._send(http, delivery, letter), name=f"webhook {delivery.id}")
        self._under_way[endpoint_id] += 1
        self._posting.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._under_way[endpoint_id] -= 1
            self._posting.discard(task)
            self._wake.set()
            if not task.cancelled() and task.exception() is not None:
                # The claim runs out, then it is tried again.
                log.error("webhook_unrecorded", delivery_id=delivery.id, exc_info=task.exception())

        task.add_done_callback(ended)

    async def _send(self, http: aiohttp.ClientSession, delivery: DeliveryRow, letter: Letter | None) -> None:
        assert delivery.claim is not None
        if letter is None:
            await self._outcomes.lost(delivery.id, delivery.claim)
            return
        at = self.clock()
        answer = await post(http, letter, at, self.settings.timeout_s)
        metrics.WEBHOOK_SECONDS.observe(answer.ms / 1000)
        await self._outcomes.record(delivery, at, answer)

    async def _forget(self) -> None:
        """Now and then delete what was made long ago, a little at a time: nobody's writing waits for it."""
        now = self.clock()
        if self._forgot_at is not None and now - self._forgot_at < _FORGET_EVERY:
            return
        async with self.db.transaction() as work:
            before = now - timedelta(days=self.settings.keep_days)
            gone = await store.forget(work.session, before, _FORGET_AT_ONCE)
        if gone < _FORGET_AT_ONCE:
            self._forgot_at = now


async def _letter(session: AsyncSession, delivery: DeliveryRow, endpoint: EndpointRow, now: datetime) -> Letter | None:
    """None when the journal does not have the event any more."""
    payload = await payload_of(session, delivery)
    if payload is None:
        return None
    secrets = valid(endpoint.secret, endpoint.old_secrets, now)
    return Letter(endpoint.url, delivery.message_id, secrets, body_of(payload))

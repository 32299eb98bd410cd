"""Who works in the firm of the desk's tests, its floor and its own CRM as a test sets them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from callcenter.customers.numbers import PhoneRegion
from callcenter.events import people
from callcenter.queues.shapes import PresenceView, QueueLive
from crm_adapter.ports import ForeignRecord

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
REGION = PhoneRegion(area_code="020", internal=("1000-1999",))
AGENTS = {"1001": "李娜", "1002": "王芳", "1003": "陈静"}


class FakeFloor:
    """Agents and queues as a test sets them."""

    def __init__(self) -> None:
        self.states: dict[str, people.PresenceState] = {}
        self.waiting = 0
        self.left: list[str] = []
        self._presence_watchers: list[Callable[[str, str], None]] = []
        self._queue_watchers: list[Callable[[], None]] = []

    def set(self, extension: str, state: people.PresenceState) -> None:
        """An agent is in another state."""
        self.states[f"user-{extension}"] = state
        for told in self._presence_watchers:
            told(f"user-{extension}", extension)
        for changed in self._queue_watchers:
            changed()

    async def leave(self, user_id: str) -> None:
        self.left.append(user_id)

    def view(self, user_id: str, extension: str | None) -> PresenceView:
        return PresenceView(
            state=self.states.get(user_id, "ready"), wish="ready", reason=None, since=START, queues=["complaint"],
            phone_registered=True, wrapup_until=None, pbx_connected=True,
        )  # fmt: skip

    def live(self) -> list[QueueLive]:
        return [
            QueueLive(
                name="complaint", label_zh="投诉", label_en="Complaints", waiting=self.waiting, longest_wait_s=0,
                longest_since=None, ready=3, talking=0, paused=0,
            )
        ]  # fmt: skip

    def watch_presence(self, watcher: Callable[[str, str], None]) -> None:
        self._presence_watchers.append(watcher)

    def watch_queues(self, watcher: Callable[[], None]) -> None:
        self._queue_watchers.append(watcher)


class FakeCrm:
    """A foreign CRM that answers when the test lets it."""

    def __init__(self) -> None:
        self.records: list[ForeignRecord] = []
        self.answer = asyncio.Event()

    async def find_customer(self, number: str) -> list[ForeignRecord]:
        await self.answer.wait()
        return self.records


class Names:
    """The users' names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    async def names(self, user_ids: Any) -> Mapping[str, str]:
        return {each: self._names[each] for each in user_ids if each in self._names}

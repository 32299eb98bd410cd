"""The line, from the process that hears Asterisk to the web processes."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from pydantic import ValidationError

from callcenter.events.ids import new_id
from callcenter.link import Link, LinkDown
from callcenter.queues.line import Line, LineState
from callcenter.queues.service import Queues
from callcenter.tasks import woken

_KEY = "line"
# Told again so often that a Redis that came back empty, or a web process that just started, waits a moment only.
_BEAT_S = 1.0
_PACE_S = 0.1
# Nobody has told for so long: the process that hears Asterisk is gone.
_STALE_S = 3.0


@dataclass
class LineSharer:
    """Tells."""

    link: Link
    queues: Queues
    _name: str = field(default_factory=new_id)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.queues.watch_queues(self._changed.set)
        self.link.on_up(self._changed.set)

    async def run(self) -> None:
        """Until cancelled; then the web processes learn at once that nobody hears Asterisk."""
        try:
            while True:
                self._changed.clear()
                with contextlib.suppress(LinkDown):
                    state = self.queues.line.state().model_dump_json()
                    await self.link.put(_KEY, f"{self._name} {state}", _STALE_S)
                    self.link.publish(_KEY)
                await asyncio.sleep(_PACE_S)
                await woken(self._changed, _BEAT_S)
        finally:
            # In a task of its own: this one is cancelled, and the link heeds that.
            await asyncio.create_task(self._take_back(), name="line taken back")

    async def _take_back(self) -> None:
        """What another process tells by now is not ours to take away."""
        with contextlib.suppress(LinkDown):
            if (await self.link.get(_KEY) or "").startswith(self._name):
                await self.link.drop(_KEY)
                self.link.publish(_KEY)


@dataclass
class LineFollower:
    """Is told. While Redis is away, what was known last is shown on."""

    link: Link
    line: Line
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.link.subscribe(_KEY, lambda _text: self._news.set())
        self.link.on_up(self._news.set)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._news.clear()
            with contextlib.suppress(LinkDown):
                self._take(await self.link.get(_KEY))
            await woken(self._news, _BEAT_S)

    def _take(self, text: str | None) -> None:
        try:
            self.line.take(LineState.model_validate_json((text or "").partition(" ")[2]))
        except ValidationError:  # nothing, or what another version tells
            self.line.lost()

"""Our events for other people's code: read from the journal with a cursor for each hook, so that none is lost."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from callcenter.bus import BatchSubscriber, Bus
from callcenter.events import Event
from callcenter.hooks.catalogue import OFFERED_TYPES
from callcenter.hooks.foreign.ami import run_all
from callcenter.hooks.foreign.discovery import EVENTS, installed, missing
from callcenter.hooks.foreign.frames import EVENT
from callcenter.hooks.foreign.keeper import HookFailed, HookGone, Keeper
from callcenter.setting_groups import HooksSettings

log = structlog.get_logger(__name__)
# An event that fails, or ends the process, so often is passed over: those behind it wait.
_TRIES = 3
# The turn at the journal is not kept for longer.
_TURN_S = 2.0
_LONGEST_NAME = 40
CURSORS = "hooks.event."


def cursor_of(name: str) -> str:
    """A hook's name in the journal's table of cursors, which has room for so much."""
    short = name if len(name) <= _LONGEST_NAME else hashlib.sha256(name.encode()).hexdigest()[:_LONGEST_NAME]
    return f"{CURSORS}{short}"


@dataclass
class EventHook:
    """Durable: one event after the other, each at least once."""

    keeper: Keeper
    _troubled: tuple[int, int] = (0, 0)

    @property
    def cursor(self) -> str:
        return cursor_of(self.keeper.hook.name)

    def subscriber(self) -> BatchSubscriber:
        return BatchSubscriber(self.take, OFFERED_TYPES, self.cursor)

    async def take(self, events: Sequence[tuple[int, Event]]) -> int:
        """Give events to the hook for as long as the turn lasts; how many it took."""
        until, taken = time.monotonic() + _TURN_S, 0
        for seq, event in events:
            if not await self._give(seq, event):
                break
            taken += 1
            if time.monotonic() > until:
                break
        return taken

    async def _give(self, seq: int, event: Event) -> bool:
        try:
            await self.keeper.ask(EVENT, json.dumps(event.model_dump(mode="json")).encode())
        except HookGone as gone:
            # Without a process it was not even tried.
            return gone.reason != "stopped" and self._trouble(seq, event, gone.reason)
        except HookFailed as failure:
            return self._trouble(seq, event, str(failure))
        return True

    def _trouble(self, seq: int, event: Event, reason: str) -> bool:
        """Whether it has been tried often enough."""
        tries = self._troubled[1] + 1 if self._troubled[0] == seq else 1
        self._troubled = (seq, tries)
        if tries < _TRIES:
            return False
        log.error("hook_event_passed_over", hook=self.keeper.hook.name, seq=seq, event_type=event.type, reason=reason)
        return True


@dataclass
class EventHooks:
    """All that are installed; without any nothing is started."""

    settings: HooksSettings
    hooks: list[EventHook] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, there in missing(self.settings.enabled).items():
            log.error("hook_not_installed", hook=name, installed=there)
        found = installed(EVENTS, self.settings.enabled)
        self.hooks = [EventHook(Keeper(hook, self.settings)) for hook in found]

    def subscribers(self) -> list[BatchSubscriber]:
        """For the workers."""
        return [hook.subscriber() for hook in self.hooks]

    async def begin(self, bus: Bus) -> None:
        """One that is new is not given what happened before it was there."""
        for hook in self.hooks:
            await bus.begin(hook.cursor)

    async def run(self) -> None:
        """Keep their processes, until cancelled."""
        await run_all([hook.keeper for hook in self.hooks])

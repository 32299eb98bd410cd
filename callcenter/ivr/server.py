"""Drives the engine against a caller's line."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from callcenter.clock import Clock
from callcenter.ivr.engine import (
    Action,
    ChangeLanguage,
    Context,
    Enqueue,
    Gather,
    HangUp,
    Play,
    SetVariables,
    start,
    step,
)
from callcenter.ivr.ports import Session
from callcenter.ivr.prompts import PromptLibrary
from callcenter.ivr.shelf import FlowShelf

# The dialplan frees a caller whose menu server has hung; each action gives the call this much more time.
_GUARD_S = 60

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class MenuServer:
    """Handles one FastAGI request per call: `agi://host:port/<flow>`."""

    flows: FlowShelf
    prompts: PromptLibrary
    clock: Clock

    async def serve(self, session: Session) -> None:
        """Walk the caller through the flow that the session's path names.

        IVR_DONE=1 is set last: without it the dialplan apologises and queues the caller.

        Raises Problem when there is no usable flow of this name, and whatever the session raises at hang-up.
        """
        flow = self.flows.get(session.path)
        current = start(flow, Context(self.clock()))
        keys = await self._perform(session, current.actions)
        while not current.state.ended:
            current = step(flow, current.state, keys)
            keys = await self._perform(session, current.actions)
        await session.set_variable("IVR_DONE", "1")
        _log.info("menu_left", path="/".join(current.state.trail), language=current.state.language)

    async def _perform(self, session: Session, actions: tuple[Action, ...]) -> str:
        keys = ""
        for action in actions:
            await session.set_variable("TIMEOUT(absolute)", str(_GUARD_S))
            keys = await self._act(session, action)
        return keys

    async def _act(self, session: Session, action: Action) -> str:
        match action:
            case Gather():
                sounds = self._sounds(action.prompts, action.language)
                return await session.read_digits(sounds, action.timeout_s, action.max_digits, terminators="")
            case Play():
                for sound in self._sounds(action.prompts, action.language):
                    await session.stream_file(sound)
            case ChangeLanguage():
                await session.set_variable("CHANNEL(language)", action.language)
            case SetVariables():
                for name, value in action.variables.items():
                    await session.set_variable(name, value)
            case Enqueue() | HangUp():
                pass  # CC_QUEUE says it: the dialplan queues the caller, or hangs up when it is empty
        return ""

    def _sounds(self, prompts: tuple[str, ...], language: str) -> list[str]:
        return [self.prompts.sound(language, name) for name in prompts]

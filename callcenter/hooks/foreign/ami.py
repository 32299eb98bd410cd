"""Messages of the manager interface for other people's listeners: handed on, or dropped; nobody waits for them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.hooks.foreign.discovery import AMI, installed
from callcenter.hooks.foreign.frames import MESSAGE, message_payload
from callcenter.hooks.foreign.keeper import Keeper
from callcenter.setting_groups import HooksSettings

log = structlog.get_logger(__name__)


@dataclass
class AmiHooks:
    """Without any that is installed nothing is started, and `feed` does nothing."""

    settings: HooksSettings
    keepers: list[Keeper] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keepers = [Keeper(hook, self.settings) for hook in installed(AMI, self.settings.enabled)]

    def feed(self, server: str, message: AmiMessage) -> None:
        """Hand an event on. Never blocks, never raises."""
        if not self.keepers or not message.name:
            return
        try:
            payload = message_payload(server, message.raw)
            for keeper in self.keepers:
                keeper.offer(MESSAGE, payload)
        except Exception:
            log.exception("hook_not_fed", message=message.name)

    async def run(self) -> None:
        """Until cancelled."""
        await run_all(self.keepers)


async def run_all(keepers: list[Keeper]) -> None:
    """Until cancelled, also when there are none."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_for_ever(), name="hooks")
        for keeper in keepers:
            tasks.create_task(keeper.run(), name=f"hook {keeper.hook.name}")


async def _for_ever() -> None:
    await asyncio.Event().wait()

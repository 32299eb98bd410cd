"""The agi process: the menu server."""

from __future__ import annotations

import structlog

from callcenter.app.house import House
from callcenter.asterisk.agi import AgiServer
from callcenter.clock import utc_now
from callcenter.ivr.service import build as build_menu
from callcenter.process import listening

log = structlog.get_logger(__name__)
# A caller in the menu may finish it while others take the new calls; the one process keeps no phone waiting so long.
_MENU_ENDS_S, _MENU_ENDS_ALONE_S = 60.0, 5.0


class MenuDuty:
    """The menu server."""

    def __init__(self, house: House) -> None:
        self._base, settings = house.base, house.base.settings
        menu = build_menu(settings.ivr, utc_now)
        self._server = AgiServer(settings.agi.host, settings.agi.port, menu.serve, call_of=house.ledger.call_of)
        self._broken = menu.flows.problems

    async def start(self) -> None:
        settings = self._base.settings.agi
        for problem in self._broken():
            log.error("flow_unusable", code=problem.code, **problem.params)
        await listening(self._server.start(), settings.host, settings.port, "CALLCENTER_AGI__PORT")

    async def drain(self) -> None:
        await self._server.stop(_MENU_ENDS_ALONE_S if self._base.name == "serve" else _MENU_ENDS_S)

    async def stop(self) -> None:
        await self._server.stop(0.0)

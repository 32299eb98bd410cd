"""The id of the call for which a menu session is logged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from structlog.contextvars import bind_contextvars

log = structlog.get_logger(__name__)
# Asterisk's id of the caller's channel to the id of the call, None while it is not known.
CallOf = Callable[[str], Awaitable[str | None]]
LIMIT_S = 0.5
_FIRST_PAUSE_S = 0.05


class CallNames:
    """Binds the call's id once it is known. One that cannot be found is said once, until the next is.

    Without `call_of` nobody knows it.
    """

    def __init__(self, call_of: CallOf | None) -> None:
        self._call_of = call_of
        self._failed = False

    async def bind(self, unique_id: str) -> None:
        """In the context in which the session is logged."""
        if self._call_of is None:
            return
        try:
            async with asyncio.timeout(LIMIT_S):
                bind_contextvars(call_id=await _found(self._call_of, unique_id))
            self._failed = False
        except Exception as error:
            if not self._failed:
                log.warning("agi.call_unknown", reason=repr(error))
            self._failed = True


async def _found(call_of: CallOf, unique_id: str) -> str:
    """The ledger writes a call a moment after its caller has reached the menu: ask again."""
    pause = _FIRST_PAUSE_S
    while (call_id := await call_of(unique_id)) is None:
        await asyncio.sleep(pause)
        pause *= 2
    return call_id

"""Who asks, and what he may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Role = Literal["agent", "supervisor", "admin"]

_AGENT = frozenset({"desk", "calls.read", "customers.read", "customers.write", "tickets.read", "tickets.write"})
_SUPERVISOR = _AGENT | {"customers.import", "system.read"}
_ADMIN = _SUPERVISOR | {"webhooks"}
# Every role reads all calls: whoever picks up must know what was said before, by whomever.
PERMISSIONS: dict[Role, frozenset[str]] = {"agent": _AGENT, "supervisor": _SUPERVISOR, "admin": _ADMIN}


@dataclass(frozen=True)
class Identity:
    """A signed-in user. `extension` is that of his phone, None when he has none.

    `session` marks the browser's session, which ends at `until` (None: no end is known).
    """

    user_id: str
    username: str
    name: str
    role: Role
    extension: str | None
    language: str
    csrf: str
    session: str = ""
    until: datetime | None = None

    def may(self, permission: str) -> bool:
        """Whether the role carries a permission."""
        return permission in PERMISSIONS[self.role]


class Sessions(Protocol):
    """Where a session cookie is looked up."""

    async def identify(self, token: str) -> Identity | None:
        """The user behind a session token; None when it is unknown or expired."""
        ...

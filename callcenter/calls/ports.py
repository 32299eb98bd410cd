"""What the ledger asks of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

# Extension of a phone → id of the user who sits at it. The owner of the mapping may change it at any time.
Agents = Mapping[str, str]


class Message(Protocol):
    """One AMI message: its event name, and its headers under Asterisk's spelling (None when absent)."""

    @property
    def name(self) -> str: ...

    def get(self, key: str, /) -> str | None: ...


class NumberReader(Protocol):
    """Makes sense of a number as the trunk gave it."""

    def __call__(self, raw: str, /) -> str | None:
        """E.164, or None when the text is no number of the public network."""
        ...


@dataclass(frozen=True)
class ChannelSeen:
    """One channel that Asterisk says is alive. `queue` is the one it is in or was answered from; `age_s` seconds since
    it was made; `variables` are those the dialplan and the menu set for the ledger. `waits_s`: whole seconds since it
    joined that queue, where it is at `position`; None: it does not wait. `held`: whether its phone holds the call;
    None: not known."""

    channel: str
    uniqueid: str
    linked_id: str
    state: str
    number: str
    exten: str
    bridge_id: str
    queue: str | None = None
    age_s: float = 0.0
    variables: Mapping[str, str] = field(default_factory=dict)
    waits_s: float | None = None
    position: int = 1
    held: bool | None = None


@dataclass(frozen=True)
class PbxSnapshot:
    """What Asterisk said when asked: `boot` is the moment it was started, in its own words; what happened after
    `since`, by its own clock, may be missing in it."""

    boot: str
    channels: Sequence[ChannelSeen]
    since: datetime | None = None


class PbxState(Protocol):
    """Asks Asterisk what is alive. Raises an exception when the link breaks meanwhile."""

    async def now(self) -> datetime | None:
        """The moment by its own clock, when all that it said before has been heard; None when it does not tell."""
        ...

    async def snapshot(self) -> PbxSnapshot: ...

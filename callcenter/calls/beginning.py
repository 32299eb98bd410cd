"""How a call began, by Asterisk's files alone. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from callcenter.calls.filed import Channel, Filed
from callcenter.calls.reading import LONGEST, number
from callcenter.calls.record import Direction

# What a channel that Asterisk calls has for a number of its own.
_NO_NUMBER = ("", "s")


@dataclass(frozen=True)
class Beginning:
    """When it began; which directions the files allow; the far party's number and the one that was dialled, None where
    they do not tell."""

    started: datetime
    directions: tuple[Direction, ...]
    number: str | None
    dialled: str | None


def beginning(first: Channel, files: Filed, agents: Collection[str]) -> Beginning:
    """Of the call that this channel began."""
    if first.endpoint not in agents and not first.called:
        return Beginning(first.started, ("inbound",), _told(first.number), first.exten)
    dialled = _dialled_after(first, files) if first.called else first.exten
    if first.endpoint not in agents or dialled is None:
        # Whom Asterisk called first, or would have called next, stands in none of its files.
        return Beginning(first.started, ("outbound", "internal"), None, None)
    return Beginning(first.started, ("internal" if dialled in agents else "outbound",), _told(dialled), dialled)


def _told(text: str) -> str | None:
    """As the ledger keeps it; None for a number with bytes that the files give otherwise than the manager does."""
    return None if "\ufffd" in text else number(text[:LONGEST])


def _dialled_after(first: Channel, files: Filed) -> str | None:
    """Whom an agent called, whose phone Asterisk had rung for it, once somebody was called indeed."""
    story = [files.channels[uniqueid] for uniqueid in files.stories[first.uniqueid]]
    dials = sorted(
        (each.at, each.exten)
        for channel in story
        if channel.root == first.root
        for each in channel.applications
        if each.name == "Dial" and each.at >= first.started and each.exten not in _NO_NUMBER
    )
    for at, exten in dials:
        if any(channel.started >= at for channel in story if channel is not first):
            return exten
    return None

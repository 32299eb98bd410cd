"""A call made to agree with what Asterisk says is alive, after a time in which it was not heard."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from callcenter.calls.messages import CHOICE
from callcenter.calls.ports import ChannelSeen
from callcenter.events import Event

if TYPE_CHECKING:
    from callcenter.calls.session import CallSession

# What the dialplan leaves on the caller's channel for a ledger that did not hear it begin.
_RECORDING_BEGAN = "CC_RECORDING_BEGAN"
TOLD = frozenset({*CHOICE, _RECORDING_BEGAN})


def reconcile(
    call: CallSession, seen: Iterable[ChannelSeen], cause: str, at: datetime, since: datetime | None = None
) -> list[Event]:
    """Make the call agree with what Asterisk says is alive; what ended unheard gets `cause`. What was heard to happen
    after `since` is newer than that."""
    seen = list(seen)
    alive = {channel.uniqueid for channel in seen}
    events: list[Event] = []
    for leg in [leg for leg in call.legs.values() if leg.alive and leg.uniqueid not in alive]:
        if since is None or leg.started_at <= since:
            events += call.close_leg(leg.uniqueid, cause, at)
    call.bridges.forget(since)
    for channel in seen:
        events += _see(call, channel, at, since)
    events += call.listen(at)
    return events if call.alive() else [*events, *call.end("cut", cause, at)]


def _see(call: CallSession, seen: ChannelSeen, at: datetime, since: datetime | None) -> list[Event]:
    """Take in a channel that is alive: a leg missed, the menu's choice, a queue, a state, a bridge missed."""
    call.open_leg(seen.uniqueid, seen.channel, at)
    if seen.bridge_id and not call.bridges.moved_after(seen.uniqueid, since):
        call.bridges.enter(seen.bridge_id, seen.uniqueid, seen.channel, at)
    events = _see_way(call, seen, at, since) if seen.uniqueid == call.far_id() else []
    return [*events, *call.state(seen.uniqueid, seen.state, at)]


def _see_way(call: CallSession, seen: ChannelSeen, at: datetime, since: datetime | None) -> list[Event]:
    """How the caller came to where he is. When he joined the queue is not known: at the latest now."""
    told = {name: seen.variables[key] for key, name in CHOICE.items() if seen.variables.get(key)}
    call.change(**told)
    began = _moment(seen.variables.get(_RECORDING_BEGAN, ""))
    if began and call.record.recording_uniqueid is None:
        call.change(recording_uniqueid=seen.uniqueid, recording_started_at=began)
    if seen.queue is None or seen.queue == call.record.queue or _joined_after(call, since):
        return []
    return call.join(seen.queue, 1, at)


def _joined_after(call: CallSession, since: datetime | None) -> bool:
    visits = call.record.visits
    return bool(visits) and since is not None and visits[-1].joined_at > since


def _moment(epoch: str) -> datetime | None:
    """Seconds since 1970, with a fraction, as the dialplan writes them."""
    return datetime.fromtimestamp(float(epoch), UTC) if epoch.replace(".", "", 1).isdecimal() else None

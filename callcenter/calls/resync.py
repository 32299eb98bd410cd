"""A call made to agree with what Asterisk says is alive, after a time in which it was not heard."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from callcenter.calls import talks
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
    return [*events, *call.state(seen.uniqueid, seen.state, at), *_see_hold(call, seen, at, since)]


def _see_hold(call: CallSession, seen: ChannelSeen, at: datetime, since: datetime | None) -> list[Event]:
    """When a hold began or ended that nobody heard is not known: at the latest now."""
    mine = [hold for hold in call.holds if hold.uniqueid == seen.uniqueid]
    if seen.held is None or (since and any(max(hold.started_at, hold.ended_at or since) > since for hold in mine)):
        return []
    return call.hold(seen.uniqueid, at) if seen.held else call.resume(seen.uniqueid, at)


def _see_way(call: CallSession, seen: ChannelSeen, at: datetime, since: datetime | None) -> list[Event]:
    """How the caller came to where he is."""
    told = {name: seen.variables[key] for key, name in CHOICE.items() if seen.variables.get(key)}
    call.change(**told)
    began = _moment(seen.variables.get(_RECORDING_BEGAN, ""))
    if began and call.record.recording_uniqueid is None:
        call.change(recording_uniqueid=seen.uniqueid, recording_started_at=began)
    if seen.queue is None or _joined_after(call, since):
        return []
    return _see_queue(call, seen, seen.queue, at, since)


def _see_queue(call: CallSession, seen: ChannelSeen, queue: str, at: datetime, since: datetime | None) -> list[Event]:
    """The queue that he waits in, or was answered from; where he does not wait any more, it is not known since when he
    did: at the latest now."""
    if seen.waits_s is not None and not talks.waits(call.record.visits, queue):
        joined = (since or at) - timedelta(seconds=seen.waits_s)
        before = (call.record.started_at, *(visit.left_at for visit in call.record.visits if visit.left_at))
        return call.join(queue, seen.position, max(joined, *before))
    return [] if queue == call.record.queue else call.join(queue, 1, at)


def _joined_after(call: CallSession, since: datetime | None) -> bool:
    visits = call.record.visits
    return bool(visits) and since is not None and visits[-1].joined_at > since


def _moment(epoch: str) -> datetime | None:
    """Seconds since 1970, with a fraction, as the dialplan writes them."""
    return datetime.fromtimestamp(float(epoch), UTC) if epoch.replace(".", "", 1).isdecimal() else None

"""The ledger against what Asterisk wrote down, call by call. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from callcenter.calls import causes
from callcenter.calls.compared import compare
from callcenter.calls.disagreement import NOTHING, Disagreement, Kept, differs, same, shown
from callcenter.calls.filed import Channel, Filed


def check(
    kept: Sequence[Kept],
    files: Filed,
    since: datetime,
    until: datetime,
    agents: Collection[str],
    settled: datetime | None = None,
) -> list[Disagreement]:
    """Every disagreement over the calls that began in [since, until). `agents` are the extensions of people here.

    `kept` and `files` should reach some minutes further on both sides, so that a call at the edge finds its like. Of a
    call to which something happened after `settled` nothing is said: the ledger may be just about to hold it.
    """
    by_leg: dict[str, list[Kept]] = defaultdict(list)
    for call in kept:
        for uniqueid in call.legs:
            by_leg[uniqueid].append(call)
    found: list[Disagreement] = []
    busy, merged = _busy(files, settled), _merged(kept)
    for call in kept:
        if since <= call.record.started_at < until and not busy & call.legs.keys():
            found += compare(call, files, agents, merged.get(call.record.id, ()))
    for story in sorted(set(files.stories.values()), key=min):
        people = files.people(story)
        if people and since <= people[0].started < until and not busy & story:
            found += _of_story(people, by_leg)
    found += _of_records(files, by_leg, since, until)
    return found


def _merged(kept: Iterable[Kept]) -> dict[str, list[str]]:
    """Call → the linked ids of the calls that became part of it, also by way of others."""
    into = {call.record.id: call.record.merged_into for call in kept}
    found: dict[str, list[str]] = defaultdict(list)
    for call in kept:
        goes_on, passed = call.record.merged_into, {call.record.id}
        while goes_on and goes_on not in passed:
            found[goes_on].append(call.record.linked_id)
            passed.add(goes_on)
            goes_on = into.get(goes_on)
    return found


def _busy(files: Filed, settled: datetime | None) -> set[str]:
    """The channels of whose stories the files have told lately."""
    late = [name for name, channel in files.channels.items() if settled and channel.last_seen > settled]
    return {uniqueid for name in late for uniqueid in files.stories[name]}


def _of_story(people: Sequence[Channel], by_leg: Mapping[str, Sequence[Kept]]) -> Iterator[Disagreement]:
    """Each person's channel must be a leg of a call, once."""
    first = people[0]
    if not any(channel.uniqueid in by_leg for channel in people):
        yield Disagreement("call_missing", None, first.root, first.uniqueid, NOTHING, f"{len(people)} legs")
        return
    holder = next(call for channel in people for call in by_leg.get(channel.uniqueid, ()))
    for channel in people:
        calls = by_leg.get(channel.uniqueid, ())
        if not calls:
            of = holder.record
            yield Disagreement("leg_missing", of.id, channel.root, channel.uniqueid, NOTHING, channel.name, of.gap)
        yield from _twice(channel, calls)


def _twice(channel: Channel, calls: Sequence[Kept]) -> Iterator[Disagreement]:
    """A leg that was transferred stands in the call that gave it, too; any other in one call only."""
    holders = [call for call in calls if call.legs[channel.uniqueid].cause != causes.TRANSFERRED]
    for other in holders[1:]:
        first = holders[0]
        again = first.record.linked_id == other.record.linked_id
        yield Disagreement(
            "call_twice" if again else "leg_twice",
            other.record.id,
            channel.root,
            channel.uniqueid,
            f"also in {first.record.id}",
            "once",
            other.record.gap,
        )


def _of_records(
    files: Filed, by_leg: Mapping[str, Sequence[Kept]], since: datetime, until: datetime
) -> Iterator[Disagreement]:
    """CDR besides: a channel that CEL does not have, and when each that it knows has ended. A channel that was
    connected with another stands in the other's record, too."""
    last: dict[tuple[str, int], datetime] = {}
    for row in (row for rows in files.records.values() for row in rows):
        for name in (row.channel, row.peer):
            key = (name, files.run(row.started))
            last[key] = max(last.get(key, row.ended), row.ended)
    for uniqueid, rows in files.records.items():
        began = min(row.started for row in rows)
        ended = last[rows[0].channel, files.run(rows[0].started)]
        if not since <= began < until or Channel(uniqueid, rows[0].channel, "", began, ended).machinery:
            continue
        calls = by_leg.get(uniqueid, ())
        if not calls and uniqueid not in files.channels:
            yield Disagreement("call_missing", None, rows[0].linked_id, uniqueid, NOTHING, rows[0].channel)
        for call in calls:
            leg, channel = call.legs[uniqueid], files.channels.get(uniqueid)
            given = leg.cause in (causes.TRANSFERRED, causes.ASTERISK_RESTARTED)
            told = channel is not None and not same(leg.ended_at, channel.ended)
            if not given and not told and not same(leg.ended_at, ended):
                yield differs("end_time", call, uniqueid, shown(leg.ended_at), f"{shown(ended)} by CDR")

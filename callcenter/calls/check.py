"""The ledger against what Asterisk wrote down, call by call. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from callcenter.calls import causes
from callcenter.calls.expected import Expected, expect
from callcenter.calls.filed import Channel, Filed
from callcenter.calls.record import CallRecord, Leg, Talk

Kind = Literal[
    "call_missing",
    "call_unknown",
    "call_twice",
    "leg_missing",
    "leg_extra",
    "leg_twice",
    "agent",
    "answer_time",
    "end_time",
    "bridged_seconds",
    "queue",
    "queue_outcome",
    "cut_by_crash",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
TOLERANCE = timedelta(seconds=1)
_NOTHING = "-"


@dataclass(frozen=True)
class Kept:
    """A call as the ledger holds it."""

    record: CallRecord
    legs: Mapping[str, Leg]
    talks: Sequence[Talk]


@dataclass(frozen=True)
class Disagreement:
    """What one call is, by the ledger and by Asterisk's files. `what` is the channel or thing in question; `call_id` is
    None for a call that the ledger has not. `linked_id` finds it in the files."""

    kind: Kind
    call_id: str | None
    linked_id: str
    what: str
    ledger: str
    files: str


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
    busy, merged = _busy(files, settled), defaultdict[str, list[str]](list)
    for call in kept:
        merged[call.record.merged_into or ""].append(call.record.linked_id)
    for call in kept:
        if since <= call.record.started_at < until and not busy & call.legs.keys():
            found += _of_call(call, files, agents, merged[call.record.id])
    for story in sorted(set(files.stories.values()), key=min):
        people = files.people(story)
        if people and since <= people[0].started < until and not busy & story:
            found += _of_story(people, by_leg)
    found += _of_records(files, by_leg, since, until)
    return found


def _busy(files: Filed, settled: datetime | None) -> set[str]:
    """The channels of whose stories the files have told lately."""
    late = [name for name, channel in files.channels.items() if settled and channel.last_seen > settled]
    return {uniqueid for name in late for uniqueid in files.stories[name]}


def tally(found: Iterable[Disagreement]) -> dict[Kind, int]:
    """How many of each kind; kinds without any are left out."""
    found = list(found)
    return {kind: count for kind in KINDS if (count := sum(each.kind == kind for each in found))}


def _of_story(people: Sequence[Channel], by_leg: Mapping[str, Sequence[Kept]]) -> Iterator[Disagreement]:
    """Each person's channel must be a leg of a call, once."""
    first = people[0]
    if not any(channel.uniqueid in by_leg for channel in people):
        yield Disagreement("call_missing", None, first.root, first.uniqueid, _NOTHING, f"{len(people)} legs")
        return
    holder = next(call for channel in people for call in by_leg.get(channel.uniqueid, ()))
    for channel in people:
        calls = by_leg.get(channel.uniqueid, ())
        if not calls:
            yield Disagreement("leg_missing", holder.record.id, channel.root, channel.uniqueid, _NOTHING, channel.name)
        yield from _twice(channel, calls)


def _twice(channel: Channel, calls: Sequence[Kept]) -> Iterator[Disagreement]:
    """A leg that was transferred stands in the call that gave it, too; any other in one call only."""
    holders = [call for call in calls if call.legs[channel.uniqueid].cause != causes.TRANSFERRED]
    for other in holders[1:]:
        first = holders[0]
        same = first.record.linked_id == other.record.linked_id
        yield Disagreement(
            "call_twice" if same else "leg_twice",
            other.record.id,
            channel.root,
            channel.uniqueid,
            f"also in {first.record.id}",
            "once",
        )


def _of_call(call: Kept, files: Filed, agents: Collection[str], merged: Sequence[str]) -> Iterator[Disagreement]:
    known = [uniqueid for uniqueid in call.legs if uniqueid in files.channels]
    if not known:
        if not any(uniqueid in files.records for uniqueid in call.legs):
            yield _differs("call_unknown", call, "", f"{len(call.legs)} legs", _NOTHING)
        return
    stories = {files.stories[uniqueid] for uniqueid in known}
    home = files.stories.get(call.record.linked_id) or files.stories[known[0]]
    own = [uniqueid for uniqueid in known if len(stories) == 1 or uniqueid in home]
    for uniqueid, leg in call.legs.items():
        if uniqueid not in own:
            yield _differs("leg_extra", call, uniqueid, leg.channel, _NOTHING)
    wanted = expect([call.record.linked_id, *merged], own, files, agents)
    if wanted is None:
        return
    yield from _ends(call, files, wanted)
    if call.record.outcome != "merged":  # what came of it stands in the call that goes on
        yield from _service(call, wanted)


def _ends(call: Kept, files: Filed, wanted: Expected) -> Iterator[Disagreement]:
    """When it ended, the call and each leg. After a crash Asterisk's files have no end."""
    record = call.record
    if wanted.cut:
        if record.end_cause == causes.ASTERISK_RESTARTED:
            yield _differs("cut_by_crash", call, "", _shown(record.ended_at), _NOTHING)
        else:
            yield _differs("end_time", call, "", _shown(record.ended_at), "cut by a crash")
        return
    if record.outcome != "merged" and not _same(record.ended_at, wanted.ended):
        yield _differs("end_time", call, "", _shown(record.ended_at), _shown(wanted.ended))
    for uniqueid, leg in call.legs.items():
        channel = files.channels.get(uniqueid)
        if channel is None or leg.cause == causes.TRANSFERRED:
            continue
        if not _same(leg.ended_at, channel.ended):
            yield _differs("end_time", call, uniqueid, _shown(leg.ended_at), _shown(channel.ended))
        if not _same(leg.answered_at, channel.answered) and uniqueid != record.linked_id:
            yield _differs("answer_time", call, uniqueid, _shown(leg.answered_at), _shown(channel.answered))


def _service(call: Kept, wanted: Expected) -> Iterator[Disagreement]:
    """Who answered, when, for how long, and what became of the caller in the queue."""
    record = call.record
    if record.extension != wanted.agent:
        yield _differs("agent", call, "", record.extension or _NOTHING, wanted.agent or _NOTHING)
    if not _same(record.answered_at, wanted.answered):
        yield _differs("answer_time", call, "", _shown(record.answered_at), _shown(wanted.answered))
    talked = sum((talk.ended_at - talk.started_at).total_seconds() for talk in call.talks if talk.ended_at)
    if wanted.bridged_s is not None and abs(talked - wanted.bridged_s) > TOLERANCE.total_seconds():
        yield _differs("bridged_seconds", call, "", f"{talked:.1f}", f"{wanted.bridged_s:.1f}")
    yield from _queues(call, wanted)


def _queues(call: Kept, wanted: Expected) -> Iterator[Disagreement]:
    """In which queues the caller was, and what became of him there. Old records know the last queue only."""
    record = call.record
    queues = tuple(visit.queue for visit in record.visits)
    last = wanted.queues[-1] if wanted.queues else None
    if record.queue != last or (queues and queues != wanted.queues):
        ledger = " ".join(queues) if record.queue == last else record.queue or _NOTHING
        yield _differs("queue", call, "", ledger, " ".join(wanted.queues) or _NOTHING)
    elif queues and record.outcome != "cut":
        waits = [visit.outcome for visit in record.visits]
        for queue, kept, filed_as in zip(queues, waits, wanted.waits, strict=True):
            # An end that queue_log does not tell is the manager's word.
            if kept != filed_as and filed_as is not None:
                yield _differs("queue_outcome", call, queue, kept or _NOTHING, filed_as)
    if wanted.queues and wanted.outcome and record.outcome not in (None, "cut", wanted.outcome):
        yield _differs("queue_outcome", call, last or "", record.outcome or _NOTHING, wanted.outcome)


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
            yield Disagreement("call_missing", None, rows[0].linked_id, uniqueid, _NOTHING, rows[0].channel)
        for call in calls:
            leg, channel = call.legs[uniqueid], files.channels.get(uniqueid)
            given = leg.cause in (causes.TRANSFERRED, causes.ASTERISK_RESTARTED)
            told = channel is not None and not _same(leg.ended_at, channel.ended)
            if not given and not told and not _same(leg.ended_at, ended):
                yield _differs("end_time", call, uniqueid, _shown(leg.ended_at), f"{_shown(ended)} by CDR")


def _differs(kind: Kind, call: Kept, what: str, ledger: str, files: str) -> Disagreement:
    return Disagreement(kind, call.record.id, call.record.linked_id, what, ledger, files)


def _same(ledger: datetime | None, files: datetime | None) -> bool:
    if ledger is None or files is None:
        return ledger is files
    return abs(ledger - files) <= TOLERANCE


def _shown(at: datetime | None) -> str:
    return at.isoformat(timespec="milliseconds") if at else _NOTHING

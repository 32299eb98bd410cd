"""One call of the ledger beside what Asterisk's files say of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from callcenter.calls import causes
from callcenter.calls.beginning import Beginning
from callcenter.calls.disagreement import (
    NOTHING,
    TOLERANCE,
    Disagreement,
    Kept,
    Kind,
    differs,
    shown,
    times_differ,
)
from callcenter.calls.expected import Expected, expect
from callcenter.calls.filed import Filed
from callcenter.calls.record import QueueVisit
from callcenter.calls.waits import Wait


def compare(call: Kept, files: Filed, agents: Collection[str], merged: Sequence[str]) -> Iterator[Disagreement]:
    """Where they disagree; `merged` are the linked ids of the calls that became part of this one."""
    known = [uniqueid for uniqueid in call.legs if uniqueid in files.channels]
    if not known:
        recorded = any(uniqueid in files.records for uniqueid in call.legs)
        yield differs("call_unknown", call, "", f"{len(call.legs)} legs", "CDR alone" if recorded else NOTHING)
        return
    stories = {files.stories[uniqueid] for uniqueid in known}
    home = files.stories.get(call.record.linked_id) or files.stories[known[0]]
    own = [uniqueid for uniqueid in known if len(stories) == 1 or uniqueid in home]
    for uniqueid, leg in call.legs.items():
        if uniqueid not in own:
            yield differs("leg_extra", call, uniqueid, leg.channel, NOTHING)
    yield from _legs(call, own, files, agents)
    wanted = expect([call.record.linked_id, *merged], own, files, agents)
    if wanted is None:
        return
    yield from _began(call, wanted.began)
    yield from _ends(call, files, wanted)
    if call.record.outcome != "merged":
        yield from _service(call, wanted)
        yield from _waits(call, wanted)
    elif visits := call.record.visits:  # what came of it stands in the call that goes on
        yield differs("queue_extra", call, visits[0].queue, " ".join(visit.queue for visit in visits), "")


def _legs(call: Kept, own: Sequence[str], files: Filed, agents: Collection[str]) -> Iterator[Disagreement]:
    """Whose phone each leg is, and when it began."""
    for uniqueid in own:
        leg, channel = call.legs[uniqueid], files.channels[uniqueid]
        extension = channel.endpoint if channel.endpoint in agents else None
        if leg.extension != extension:
            yield differs("leg_extension", call, uniqueid, leg.extension or "", extension or "")
        if channel.born:
            yield from times_differ("start_time", call, uniqueid, leg.started_at, channel.started)


def _began(call: Kept, began: Beginning) -> Iterator[Disagreement]:
    """Who called whom, and when."""
    record = call.record
    yield from times_differ("start_time", call, "", record.started_at, began.started)
    if record.direction not in began.directions:
        yield differs("direction", call, "", record.direction, " or ".join(began.directions))
    for what, kept, filed_as in (("", record.number, began.number), ("dialled", record.dialled, began.dialled)):
        if filed_as is not None and kept != filed_as:
            yield differs("number", call, what, kept, filed_as)


def _ends(call: Kept, files: Filed, wanted: Expected) -> Iterator[Disagreement]:
    """When it ended, the call and each leg. After a crash Asterisk's files have no end."""
    record = call.record
    if wanted.cut:
        if record.end_cause == causes.ASTERISK_RESTARTED:
            yield differs("cut_by_crash", call, "", shown(record.ended_at), NOTHING)
        else:
            yield differs("end_time", call, "", shown(record.ended_at), "cut by a crash")
        return
    if record.outcome != "merged":
        yield from times_differ("end_time", call, "", record.ended_at, wanted.ended)
    for uniqueid, leg in call.legs.items():
        channel = files.channels.get(uniqueid)
        if channel is None or leg.cause == causes.TRANSFERRED:
            continue
        yield from times_differ("end_time", call, uniqueid, leg.ended_at, channel.ended)
        if uniqueid != record.linked_id:
            yield from times_differ("answer_time", call, uniqueid, leg.answered_at, channel.answered)


def _service(call: Kept, wanted: Expected) -> Iterator[Disagreement]:
    """Who answered, when, and for how long."""
    record = call.record
    if record.extension != wanted.agent:
        yield differs("agent", call, "", record.extension or "", wanted.agent or "")
    yield from times_differ("answer_time", call, "", record.answered_at, wanted.answered)
    talked = sum((talk.ended_at - talk.started_at).total_seconds() for talk in call.talks if talk.ended_at)
    if wanted.bridged_s is not None and abs(talked - wanted.bridged_s) > TOLERANCE.total_seconds():
        yield differs("bridged_seconds", call, "", f"{talked:.1f}", f"{wanted.bridged_s:.1f}")


def _waits(call: Kept, wanted: Expected) -> Iterator[Disagreement]:
    """In which queues the caller was, when, and what became of him there."""
    record, waits = call.record, wanted.waits
    visits = [visit.queue for visit in record.visits]
    queues = [wait.queue for wait in waits]
    last = queues[-1] if queues else None
    if visits != queues or record.queue != last:
        yield from _other_queues(call, visits, queues, last)
    else:
        yield from _queued_at(call, waits)
        for visit, wait in zip(record.visits, waits, strict=True):
            yield from _wait(call, visit, wait)
    if queues and wanted.outcome and record.outcome not in (None, "cut", wanted.outcome):
        yield differs("queue_outcome", call, last or "", record.outcome or "", wanted.outcome)


def _other_queues(call: Kept, visits: Sequence[str], queues: Sequence[str], last: str | None) -> Iterator[Disagreement]:
    """Waits that only one side has, or others; the call itself names the last queue."""
    kind: Kind = "queue"
    if len(visits) != len(queues):
        kind = "queue_missing" if len(visits) < len(queues) else "queue_extra"
    what = " ".join((Counter(queues) - Counter(visits)) or (Counter(visits) - Counter(queues)))
    if visits != queues:
        yield differs(kind, call, what, " ".join(visits), " ".join(queues))
    elif call.record.queue != last:
        yield differs("queue", call, "", call.record.queue or "", last or "")


def _queued_at(call: Kept, waits: Sequence[Wait]) -> Iterator[Disagreement]:
    at = call.record.queued_at
    first = waits[0].joined if waits else None
    if not _within(at, first):
        yield differs("queue_time", call, "queued", shown(at), shown(first[0] if first else None))


def _wait(call: Kept, visit: QueueVisit, wait: Wait) -> Iterator[Disagreement]:
    """One wait in a queue. An end that queue_log does not tell is the manager's word."""
    if not _within(visit.joined_at, wait.joined):
        yield differs("queue_time", call, f"{wait.queue} joined", shown(visit.joined_at), shown(wait.joined[0]))
    if call.record.outcome == "cut":
        return
    if wait.outcome is not None and visit.outcome != wait.outcome:
        yield differs("queue_outcome", call, wait.queue, visit.outcome or "", wait.outcome)
    if wait.left is not None and not _within(visit.left_at, wait.left):
        yield differs("queue_time", call, f"{wait.queue} left", shown(visit.left_at), shown(wait.left[0]))


def _within(ledger: datetime | None, files: tuple[datetime, datetime] | None) -> bool:
    """Whether the ledger's time is at most a second from what the files allow."""
    if ledger is None or files is None:
        return ledger is None and files is None
    return files[0] - TOLERANCE <= ledger <= files[1] + TOLERANCE

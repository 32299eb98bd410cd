"""The same record whatever TCP and a reconnect do to the messages, or one that is marked; never a wrong one."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.calls.session import CallSession
from callcenter.events.calls import CallEnded, CallStarted
from tests.wire import conversations, oracle
from tests.wire.conversations import Conversation
from tests.wire.ledger_lines import Ledger, Teller, played
from tests.wire.retold import retold

NAMES = conversations.names()
Told = dict[str, list[str]]  # linked id → what the ledger says of that call

_MOMENT = timedelta(seconds=0.001)
names = st.sampled_from(NAMES)
thorough = settings(max_examples=300, deadline=None)


def told(ledger: Ledger) -> Told:
    """Calls are known by their linked ids, whatever ids the ledger gave them."""
    links = {call.record.id: call.record.linked_id for call in ledger.calls.values()}
    tell = Teller(0.0, {})
    found: Told = defaultdict(list)
    for call in ledger.calls.values():
        head, *rest = tell.record([call])
        head = re.sub(r"(?<=into )\w+", lambda into: links[into[0]], head)
        found[call.record.linked_id] += [head.split(" ", 2)[2], *rest]
    for event in ledger.events:
        line = tell.events([event])[0].split(maxsplit=2)
        line[2] = re.sub(r"(merged_into|consultation)=(\w+)", lambda found: f"{found[1]}={links[found[2]]}", line[2])
        found[links[event.call_id or ""]].append(f"{line[0]} {line[2]}")
    return dict(found)


def whole(conversation: Conversation) -> Told:
    return told(played(conversation.raw))


def parsed(raw: Sequence[bytes]) -> list[AmiMessage]:
    return [message for piece in raw for message in AmiParser().feed(piece)]


@thorough
@given(names, st.lists(st.integers(0, 10**9), max_size=40))
def test_any_cut_of_the_bytes(name: str, cuts: list[int]) -> None:
    conversation = conversations.read(name)
    stream = b"".join(conversation.raw)
    places = sorted({0, len(stream), *(cut % len(stream) for cut in cuts)})
    assert told(played(stream[start:end] for start, end in itertools.pairwise(places))) == whole(conversation)


def test_byte_for_byte() -> None:
    conversation = conversations.read("second_line_to_agent")
    stream = b"".join(conversation.raw)
    assert told(played(stream[at : at + 1] for at in range(len(stream)))) == whole(conversation)


@thorough
@given(names, st.data())
def test_any_repeat(name: str, data: st.DataObject) -> None:
    """A stretch comes again, at once or any time later, also after the end."""
    conversation = conversations.read(name)
    raw = conversation.raw
    start, end, again = sorted(data.draw(st.integers(0, len(raw))) for _ in range(3))
    assert told(played([*raw[:again], *raw[start:end], *raw[again:]])) == whole(conversation)


@thorough
@given(names, st.integers(1, 4))
def test_everything_again_and_again(name: str, times: int) -> None:
    conversation = conversations.read(name)
    assert told(played(conversation.raw * times)) == whole(conversation)
    assert told(played(message for message in conversation.raw for _ in range(times))) == whole(conversation)


@thorough
@given(st.lists(names, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_any_interleaving_with_other_calls(chosen: list[str], random: object) -> None:
    """Also delays: a call's messages may come long after another's that happened later."""
    raws = [retold(conversations.read(name).raw, tag) for tag, name in enumerate(chosen)]
    turns = [tag for tag, raw in enumerate(raws) for _ in raw]
    random.shuffle(turns)  # type: ignore[attr-defined]
    streams = [iter(raw) for raw in raws]
    together = told(played(next(streams[tag]) for tag in turns))
    apart: Told = {}
    for raw in raws:
        apart |= told(played(raw))
    assert together == apart


@thorough
@given(names, st.data())
def test_a_lost_window_is_marked(name: str, data: st.DataObject) -> None:
    """Lost: what came between two moments. Then Asterisk is asked, and answers while messages come already."""
    conversation = conversations.read(name)
    messages = parsed(conversation.raw)
    lost, back, shown, taken = sorted(data.draw(st.integers(0, len(messages))) for _ in range(4))
    ledger = Ledger()
    for message in messages[:lost]:
        ledger.hear(message)
    ledger.note(ledger.tracker.missed())
    for message in messages[back:taken]:
        ledger.hear(message)
    since, now = (_time(messages[at - 1]) if at else _time(messages[0]) - _MOMENT for at in (shown, taken))
    snapshot = replace(oracle.snapshot(messages[:shown]), since=since)
    ledger.note(ledger.tracker.reconcile(snapshot, False, now))
    for message in messages[taken:]:
        ledger.hear(message)
    assert ledger.tracker.sessions == []
    right, found = played(conversation.raw), told(ledger)
    _each_begins_and_ends_once(ledger)
    assert found.keys() <= told(right).keys()
    for linked_id, lines in found.items():
        assert lines == told(right)[linked_id] or _of(ledger, linked_id).record.gap
        if _of(ledger, linked_id).record.outcome == "cut":
            assert any(_hangs_up(message, right, linked_id) for message in messages[lost:back])


def _each_begins_and_ends_once(ledger: Ledger) -> None:
    for call in ledger.calls:
        of_call = [type(event) for event in ledger.events if event.call_id == call]
        assert of_call.count(CallStarted) == of_call.count(CallEnded) == 1


def _of(ledger: Ledger, linked_id: str) -> CallSession:
    return next(call for call in ledger.calls.values() if call.record.linked_id == linked_id)


def _hangs_up(message: AmiMessage, ledger: Ledger, linked_id: str) -> bool:
    """Whether a leg of that call ends with a message, or of the call that it became part of."""
    record = _of(ledger, linked_id).record
    parts = [call for call in ledger.calls.values() if record.id in (call.record.id, call.record.merged_into)]
    main = ledger.calls.get(record.merged_into or "")
    legs = {leg for call in [*parts, *([main] if main else [])] for leg in call.legs}
    return message.name == "Hangup" and message.get("Uniqueid") in legs


def _time(message: AmiMessage) -> datetime:
    return datetime.fromtimestamp(float(message.get("Timestamp")), UTC)

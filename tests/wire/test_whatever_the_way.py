"""The same record whatever TCP and a reconnect do to the messages, or one that is marked; never a wrong one."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.events.calls import CallEnded, CallStarted
from tests.wire import conversations, oracle
from tests.wire.conversations import Conversation
from tests.wire.ledger_lines import Ledger, Teller, played
from tests.wire.retold import retold

NAMES = conversations.names()
Told = dict[str, list[str]]  # linked id → what the ledger says of that call

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
    """Lost: what came between two moments. Then Asterisk is asked, while messages come already."""
    conversation = conversations.read(name)
    messages = parsed(conversation.raw)
    lost, back, asked = sorted(data.draw(st.integers(0, len(messages))) for _ in range(3))
    ledger = Ledger()
    for message in messages[:lost]:
        ledger.hear(message)
    ledger.note(ledger.tracker.missed())
    for message in messages[back:asked]:
        ledger.hear(message)
    shown = oracle.snapshot(messages[:asked])
    ledger.note(ledger.tracker.reconcile(shown, False, _time(messages[max(asked - 1, 0)])))
    for message in messages[asked:]:
        ledger.hear(message)
    assert ledger.tracker.sessions == []
    right, found = whole(conversation), told(ledger)
    assert found.keys() <= right.keys()
    for call in ledger.calls:
        of_call = [type(event) for event in ledger.events if event.call_id == call]
        assert of_call.count(CallStarted) == of_call.count(CallEnded) == 1
    for linked_id, lines in found.items():
        assert lines == right[linked_id] or _marked(ledger, linked_id)


def _time(message: AmiMessage) -> datetime:
    return datetime.fromtimestamp(float(message.get("Timestamp")), UTC)


def _marked(ledger: Ledger, linked_id: str) -> bool:
    return any(call.record.gap for call in ledger.calls.values() if call.record.linked_id == linked_id)

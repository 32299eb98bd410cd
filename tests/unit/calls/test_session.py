"""Conversations in, events out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

from callcenter.calls.session import CallSession
from callcenter.calls.tracker import CallTracker
from callcenter.events import Event
from tests.unit.calls.conversations import (
    AGENTS,
    CALLER_ENDS,
    IN,
    LI_ANSWERS,
    MENU,
    NOON,
    RING_LI,
    RING_WANG,
    Line,
    conversation,
)


def play(lines: Iterable[Line]) -> tuple[CallTracker, dict[str, CallSession], list[Event]]:
    ids = (f"call-{n}" for n in itertools.count(1))
    tracker = CallTracker("pbx", AGENTS, lambda: next(ids))
    events: list[Event] = []
    calls: dict[str, CallSession] = {}
    for line in lines:
        for call, happened in tracker.apply(line, NOON):
            calls[call.record.id] = call
            events += happened
    return tracker, calls, events


def told(events: Iterable[Event]) -> list[str]:
    return [_told(event) for event in events]


def _told(event: Event) -> str:
    # A value that most of a type's events lack is said where there is one.
    rare = {"merged_into"} | ({"extension"} if event.type == "CallStarted" else set())
    unsaid = {name for name in rare if getattr(event, name, None) is None}
    values = event.model_dump(exclude={"type", "at", "call_id", "server", "linked_id", "ring_id", "over"} | unsaid)
    seconds = (event.at - NOON).total_seconds()
    return " ".join([f"{seconds:g}", event.type, *(str(value) for value in values.values())])


STARTED = "0 CallStarted inbound 13800138000 02088886666"
CHOSEN = ["5 CallClassified main/complaint complaint zh", "6 CallQueued complaint 1"]
LI_RINGS = "6.2 CallRinging 1001 complaint"

TABLES = {
    "answered, the caller hangs up": (
        IN + MENU + RING_LI + LI_ANSWERS + CALLER_ENDS,
        [
            STARTED,
            *CHOSEN,
            LI_RINGS,
            "9 CallAnswered 1001 complaint",
            "30 CallAgentLeft 1001",
            "30.1 CallEnded answered normal",
        ],
    ),
    "two phones ring, one wins": (
        IN
        + MENU
        + RING_LI
        + RING_WANG
        + """
9    Newstate    li     ChannelStateDesc=Up
9    DialEnd     caller Dest=wang DialStatus=CANCEL
9    Hangup      wang   Cause=26
9    DialEnd     caller Dest=li DialStatus=ANSWER
9    AgentConnect caller Dest=li Queue=complaint
"""
        + CALLER_ENDS,
        [
            STARTED,
            *CHOSEN,
            LI_RINGS,
            "6.3 CallRinging 1002 complaint",
            "9 CallRingStopped 1002 answered_elsewhere",
            "9 CallAnswered 1001 complaint",
            "30 CallAgentLeft 1001",
            "30.1 CallEnded answered normal",
        ],
    ),
    "nobody picks up, then the next try is answered": (
        IN
        + MENU
        + RING_LI
        + """
16   DialEnd     caller Dest=li DialStatus=NOANSWER
16   AgentRingNoAnswer caller Dest=li Queue=complaint RingTime=10000
16   Hangup      li     Cause=16
20   Newchannel  li2    ChannelStateDesc=Down
20   Newstate    li2    ChannelStateDesc=Up
20   AgentConnect caller Dest=li2 Queue=complaint
40   Hangup      li2    Cause=16
40   Hangup      caller Cause=16
""",
        [
            STARTED,
            *CHOSEN,
            LI_RINGS,
            "16 CallRingStopped 1001 no_answer",
            "20 CallRinging 1001 complaint",
            "20 CallAnswered 1001 complaint",
            "40 CallAgentLeft 1001",
            "40 CallEnded answered normal",
        ],
    ),
    "the phone rejects": (
        IN
        + MENU
        + RING_LI
        + """
7    Hangup      li     Cause=17
7    DialEnd     caller Dest=li DialStatus=BUSY
7    AgentRingNoAnswer caller Dest=li Queue=complaint
8    HangupRequest caller Cause=16
8    QueueCallerAbandon caller Queue=complaint
8    Hangup      caller Cause=16
""",
        [STARTED, *CHOSEN, LI_RINGS, "7 CallRingStopped 1001 rejected", "8 CallEnded abandoned normal"],
    ),
    "the caller leaves while it rings": (
        IN
        + MENU
        + RING_LI
        + """
8    HangupRequest caller Cause=16
8    DialEnd     caller Dest=li DialStatus=CANCEL
8    Hangup      li     Cause=0
8    QueueCallerAbandon caller Queue=complaint
8    QueueCallerLeave caller Queue=complaint
8    Hangup      caller Cause=16
""",
        [STARTED, *CHOSEN, LI_RINGS, "8 CallRingStopped 1001 abandoned", "8 CallEnded abandoned normal"],
    ),
    "nobody came before the queue's time was up": (
        IN + MENU + "66 QueueCallerLeave caller Queue=complaint\n70 Hangup caller Cause=16",
        [STARTED, *CHOSEN, "70 CallEnded failed not_served"],
    ),
    "the caller leaves in the menu": (
        IN + "3 HangupRequest caller\n3 Hangup caller Cause=16",
        [STARTED, "3 CallEnded in_menu normal"],
    ),
    "never answered": (
        "0 Newchannel caller CallerIDNum=anonymous Exten=000\n0 Hangup caller Cause=1",
        ["0 CallStarted inbound  000", "0 CallEnded failed unknown_number"],
    ),
    "blind transfer to the other queue": (
        IN
        + MENU
        + RING_LI
        + LI_ANSWERS
        + """
20   BlindTransfer caller Result=Success Extension=repair
20   BridgeLeave caller BridgeUniqueid=b1
20   BridgeLeave li     BridgeUniqueid=b1
20   AgentComplete caller Dest=li Queue=complaint Reason=transfer
20   Hangup      li     Cause=16
21   QueueCallerJoin caller Queue=repair Position=1
21.1 Newchannel  wang   ChannelStateDesc=Down
21.2 Newstate    wang   ChannelStateDesc=Ringing
25   AgentConnect caller Dest=wang Queue=repair
25   BridgeEnter wang   BridgeUniqueid=b2
25   BridgeEnter caller BridgeUniqueid=b2
35   Hangup      wang   Cause=16
35   Hangup      caller Cause=16
""",
        [
            STARTED,
            *CHOSEN,
            LI_RINGS,
            "9 CallAnswered 1001 complaint",
            "20 CallTransferred blind None repair None None",
            "20 CallAgentLeft 1001",
            "21 CallQueued repair 1",
            "21.2 CallRinging 1002 repair",
            "25 CallAnswered 1002 repair",
            "35 CallAgentLeft 1002",
            "35 CallEnded answered normal",
        ],
    ),
    "attended transfer after a consultation": (
        IN
        + MENU
        + RING_LI
        + LI_ANSWERS
        + """
15   Newchannel  desk   Exten=1003
15   Newchannel  zhao   Exten=
15.1 Newstate    zhao   ChannelStateDesc=Ringing
17   Newstate    zhao   ChannelStateDesc=Up
17   BridgeEnter desk   BridgeUniqueid=b2
17   BridgeEnter zhao   BridgeUniqueid=b2
20   BridgeLeave li     BridgeUniqueid=b1
20   BridgeLeave zhao   BridgeUniqueid=b2
20   BridgeEnter zhao@caller BridgeUniqueid=b1
20   BridgeLeave desk   BridgeUniqueid=b2
20   Hangup      li     Cause=16
20   Hangup      desk   Cause=16
33   Hangup      zhao@caller Cause=16
33   Hangup      caller Cause=16
""",
        [
            STARTED,
            *CHOSEN,
            LI_RINGS,
            "9 CallAnswered 1001 complaint",
            "15 CallStarted internal 1003 1003 1001",
            "15.1 CallRinging 1003 None",
            "17 CallAnswered 1001 None",
            "17 CallAnswered 1003 None",
            "20 CallAgentLeft 1001",
            "20 CallAgentLeft 1003",
            "20 CallEnded merged transferred call-1",
            "20 CallAnswered 1003 complaint",
            "20 CallAgentLeft 1001",
            "33 CallAgentLeft 1003",
            "33 CallEnded answered normal",
        ],
    ),
    "an agent calls outside": (
        """
0    Newchannel  desk   CallerIDNum=1001 Exten=013900139000
0.1  Newchannel  out    Exten=
2    Newstate    out    ChannelStateDesc=Ringing
4    Newstate    out    ChannelStateDesc=Up
4    BridgeEnter out    BridgeUniqueid=b1
4    BridgeEnter desk   BridgeUniqueid=b1
9    Hangup      out    Cause=16
9    Hangup      desk   Cause=16
""",
        [
            "0 CallStarted outbound 013900139000 013900139000 1001",
            "4 CallAnswered 1001 None",
            "9 CallAgentLeft 1001",
            "9 CallEnded answered normal",
        ],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_events(name: str) -> None:
    table, expected = TABLES[name]
    tracker, _calls, events = play(conversation(table))
    assert told(events) == expected
    assert tracker.sessions == []


@pytest.mark.parametrize("name", TABLES)
def test_a_message_that_comes_twice_changes_nothing(name: str) -> None:
    lines = conversation(TABLES[name][0])
    doubled = [line for line in lines for _ in range(2)]
    assert told(play(doubled)[2]) == TABLES[name][1]


@pytest.mark.parametrize("name", TABLES)
def test_the_whole_conversation_again_after_its_end_changes_nothing(name: str) -> None:
    lines = conversation(TABLES[name][0])
    tracker, _calls, events = play([*lines, *lines])
    assert told(events) == TABLES[name][1]
    assert tracker.sessions == []


def test_the_record_of_an_answered_call() -> None:
    _, calls, _ = play(conversation(TABLES["answered, the caller hangs up"][0]))
    record = calls["call-1"].record
    assert (record.queue, record.extension, record.agent_id) == ("complaint", "1001", "user-li")
    assert record.recording_uniqueid == "pbx-100.1"
    times = [record.queued_at, record.answered_at, record.recording_started_at, record.ended_at]
    assert [(at - NOON).total_seconds() for at in times if at] == [6, 9, 0.2, 30.1]
    [talk] = calls["call-1"].talks
    assert talk.ended_at and (talk.ended_at - talk.started_at).total_seconds() == 21


def test_talks_follow_an_attended_transfer() -> None:
    _, calls, _ = play(conversation(TABLES["attended transfer after a consultation"][0]))
    shown = [
        (t.extension, (t.started_at - NOON).seconds, t.ended_at and (t.ended_at - NOON).seconds)
        for t in calls["call-1"].talks
    ]
    assert shown == [("1001", 9, 20), ("1003", 20, 33)]


def test_messages_of_machinery_open_no_call() -> None:
    lines = [
        Line("Newchannel", {"Channel": "Message/ast_msg_queue", "Uniqueid": "pbx-1.1", "Linkedid": "pbx-1.1"}),
        Line("Newchannel", {"Channel": "Local/1@x-00000001;1", "Uniqueid": "pbx-1.2", "Linkedid": "pbx-1.2"}),
        Line("Hangup", {"Uniqueid": "pbx-9.9", "Linkedid": "pbx-9.9", "Cause": "16"}),
        Line("BridgeEnter", {"BridgeUniqueid": "b"}),
    ]
    assert play(lines)[2] == []

"""What each screen is told, call by call."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.desk.fold import Handover
from callcenter.desk.pops import Pops
from callcenter.desk.protocol import CardTicket, CrmPart
from callcenter.events import Event
from callcenter.events.calls import CallStarted

from .script import CARD, START, Screen, event_of, play

CALLS = {
    "answered, wrap-up, gone": """
        0 start 13800138000
        5 chose main/complaint complaint zh
        6 queue complaint
        7 ring 1001 r1            > 1001 opened ringing
        9 answer 1001             > 1001 changed talking
        9 agent 1001 talking
       60 left 1001               > 1001 changed ended
       60 end answered
       60 agent 1001 wrapup
       90 agent 1001 ready        > 1001 closed ended
    """,
    "no wrap-up, as after a colleague's call: the pop stays for the agent to close": """
        0 start 13800138000
        7 ring 1001 r1 -          > 1001 opened ringing
        9 answer 1001 -           > 1001 changed talking
        9 agent 1001 talking
       60 left 1001               > 1001 changed ended
       60 agent 1001 ready
       90 agent 1001 offline      > 1001 closed ended
    """,
    "a phone that rings during the wrap-up does not end it": """
        0 a:start 13800138000
        1 a:answer 1001           > 1001 opened talking
        9 a:left 1001             > 1001 changed ended
        9 agent 1001 wrapup
       10 b:start 13900139000
       10 b:ring 1001 r2 -        > 1001 opened ringing
       10 agent 1001 ringing
       15 b:stop 1001 r2 no_answer > 1001 closed missed
       15 agent 1001 wrapup
       24 agent 1001 ready        > 1001 closed ended
    """,
    "what is told only when it is over comes on no screen, unless he who was rung has the call": """
        0 start 13800138000
        6 queue complaint
        7 rang 1001 r1
        7 rang 1002 r2
        9 answer 1002             > 1002 opened talking
        9 stop 1001 r1 answered_elsewhere
    """,
    "ring-all: the losers close, and their channels' end says nothing more": """
        0 start 13800138000
        6 queue complaint
        7 ring 1001 r1            > 1001 opened ringing
        7 ring 1002 r2            > 1002 opened ringing
        7 ring 1003 r3            > 1003 opened ringing
        9 answer 1002             > 1001 closed answered_elsewhere; 1003 closed answered_elsewhere; 1002 changed talking
        9 stop 1001 r1 answered_elsewhere
        9 stop 1003 r3 answered_elsewhere
    """,
    "the losers' channels end before the answer is told": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        7 ring 1002 r2            > 1002 opened ringing
        9 stop 1001 r1 answered_elsewhere > 1001 closed answered_elsewhere
        9 answer 1002             > 1002 changed talking
    """,
    "no answer, then the next agent": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
       22 stop 1001 r1 no_answer  > 1001 closed missed
       23 ring 1002 r2            > 1002 opened ringing
       25 answer 1002             > 1002 changed talking
    """,
    "no answer, then the same agent again": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
       22 stop 1001 r1 no_answer  > 1001 closed missed
       27 ring 1001 r2            > 1001 opened ringing
       28 stop 1001 r1 no_answer
    """,
    "the agent refuses the call on his phone": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        8 stop 1001 r1 rejected   > 1001 closed missed
    """,
    "the caller gives up while it rings": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        9 stop 1001 r1 abandoned  > 1001 closed abandoned
        9 end abandoned
    """,
    "the caller gives up, and the call's end is told first": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        9 end abandoned           > 1001 closed abandoned
        9 stop 1001 r1 abandoned
    """,
    "Asterisk dies while it rings": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        9 end cut                 > 1001 closed ended
    """,
    "Asterisk dies in mid-talk: what he saw stays until he is ready again": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        9 answer 1001             > 1001 changed talking
       20 end cut                 > 1001 changed ended
       20 agent 1001 wrapup
       35 agent 1001 paused       > 1001 closed ended
    """,
    "a ring told twice opens once": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        7 ring 1001 r1
        9 answer 1001             > 1001 changed talking
        9 answer 1001
        9 ring 1001 r1
    """,
    "a ring told again after its end opens nothing": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        9 stop 1001 r1 no_answer  > 1001 closed missed
        9 ring 1001 r1
    """,
    "two devices of one agent ring: one pop, until both are silent": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        7 ring 1001 r2
        9 stop 1001 r1 no_answer
       10 stop 1001 r2 no_answer  > 1001 closed missed
    """,
    "two calls at one phone": """
        0 a:start 13800138000
        1 b:start 13900139000
        2 a:ring 1001 r1          > 1001 opened ringing
        3 a:answer 1001           > 1001 changed talking
        4 b:ring 1001 r2          > 1001 opened ringing
        9 b:stop 1001 r2 no_answer > 1001 closed missed
       20 a:left 1001             > 1001 changed ended
    """,
    "handed on: the first agent's pop stays, the second one's opens": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        9 answer 1001             > 1001 changed talking
       30 ring 1002 r2 -          > 1002 opened ringing
       33 answer 1002 -           > 1001 changed talking; 1002 changed talking
       34 left 1001               > 1001 changed ended; 1002 changed talking
       60 end answered            > 1001 changed ended; 1002 changed ended
    """,
    "a phone rung by a transfer is not closed by a queue's answer": """
        0 start 13800138000
        7 ring 1001 r1 complaint  > 1001 opened ringing
        7 ring 1002 r2 -          > 1002 opened ringing
        9 answer 1001 complaint   > 1001 changed talking; 1002 changed ringing
    """,
    "handed back and missed: his own pop is not lost": """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        9 answer 1001             > 1001 changed talking
       30 left 1001               > 1001 changed ended
       31 ring 1001 r2 -          > 1001 changed ringing
       45 stop 1001 r2 no_answer  > 1001 changed ended
    """,
    "moved to another queue while on screen": """
        0 start 13800138000
        6 queue complaint
        7 ring 1001 r1            > 1001 opened ringing
        9 answer 1001             > 1001 changed talking
       20 queue repair            > 1001 changed talking
       20 left 1001               > 1001 changed ended
    """,
    "a call of which nothing is known pops nothing": """
        7 ring 1001 r1
        9 answer 1001
       20 end answered
    """,
    "nothing after the end": """
        0 start 13800138000
        9 end abandoned
        9 ring 1001 r1
        9 answer 1001
    """,
    "a phone that is busy does not ring, and pops nothing": """
        0 start 13800138000
        7 stop 1001 r1 rejected
        9 end abandoned
    """,
    "a ledger that changes hands tells the call again: nothing": """
        0 start 13800138000
        6 queue complaint
        7 ring 1001 r1            > 1001 opened ringing
        9 answer 1001             > 1001 changed talking
       60 left 1001               > 1001 changed ended
       60 agent 1001 wrapup
        0 start 13800138000
        6 queue complaint
        7 ring 1001 r1
        9 answer 1001
       60 left 1001
       70 end answered
       80 agent 1001 ready        > 1001 closed ended
        0 start 13800138000
        7 ring 1001 r1
        9 answer 1001
       60 left 1001
       60 agent 1001 wrapup
       70 end answered
       80 agent 1001 ready
    """,
    "what an agent was of old does not close what he writes up now": """
        0 a:start 13800138000
        1 a:answer 1001           > 1001 opened talking
        9 a:left 1001             > 1001 changed ended
        9 agent 1001 wrapup
       20 agent 1001 ready        > 1001 closed ended
       21 b:start 13900139000
       22 b:answer 1001           > 1001 opened talking
       30 b:left 1001             > 1001 changed ended
        9 agent 1001 wrapup
       20 agent 1001 ready
       30 agent 1001 wrapup
       40 agent 1001 ready        > 1001 closed ended
    """,
    "asked on a second line, then the call itself: one pop, from the first ring on": """
        0 c1:start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        9 answer 1001             > 1001 changed talking
       20 k:dial 1001 1002
       21 k:ring 1002 r2 -        > 1002 opened ringing
       22 k:answer 1001 -
       22 k:answer 1002 -         > 1002 changed talking
       30 k:left 1001
       30 k:left 1002
       30 k:merge c1
       30 answer 1002             > 1001 changed talking; 1002 changed talking
       30 left 1001               > 1001 changed ended; 1002 changed talking
       60 end answered            > 1001 changed ended; 1002 changed ended
    """,
    "the call is handed over while the colleague's phone still rings for the question": """
        0 start 13800138000
        9 answer 1001             > 1001 opened talking
       20 k:dial 1001 1002
       21 k:ring 1002 r2 -        > 1002 opened ringing
       25 k:stop 1002 r2 no_answer
       25 k:merge c1
       25 ring 1002 r2            > 1002 changed ringing
       25 left 1001               > 1001 changed ended; 1002 changed ringing
       27 answer 1002             > 1001 changed ended; 1002 changed talking
    """,
    "the colleague asked refuses": """
        0 start 13800138000
        9 answer 1001             > 1001 opened talking
       20 k:dial 1001 1002
       21 k:ring 1002 r2 -        > 1002 opened ringing
       22 k:stop 1002 r2 rejected
       22 k:end failed            > 1002 closed ended
       60 left 1001               > 1001 changed ended
    """,
    "the colleague is only asked": """
        0 start 13800138000
        9 answer 1001             > 1001 opened talking
       20 k:dial 1001 1002
       21 k:ring 1002 r2 -        > 1002 opened ringing
       22 k:answer 1002 -         > 1002 changed talking
       40 k:left 1002
       40 k:end answered          > 1002 closed ended
       60 left 1001               > 1001 changed ended
    """,
    "the caller hangs up while a colleague is asked": """
        0 start 13800138000
        9 answer 1001             > 1001 opened talking
       20 k:dial 1001 1002
       21 k:ring 1002 r2 -        > 1002 opened ringing
       22 k:answer 1002 -         > 1002 changed talking
       30 end answered            > 1001 changed ended; 1002 changed ended
       40 k:end answered          > 1002 closed ended
    """,
    "a call between two agents who have no caller is a call like any other": """
        0 k:dial 1001 1002
        1 k:ring 1002 r2 -        > 1002 opened ringing
        3 k:answer 1002 -         > 1002 changed talking
    """,
    "an answer without a ring opens the pop": """
        0 start 13800138000
        9 answer 1001             > 1001 opened talking
    """,
}


@pytest.mark.parametrize("script", CALLS.values(), ids=CALLS.keys())
def test_each_screen_is_told(script: str) -> None:
    play(script)


def test_the_pop_waits_for_its_card_and_never_opens_when_the_ring_is_over() -> None:
    play(
        """
        0 start 13800138000
        7 ring 1001 r1
        7 ring 1002 r2
        8 stop 1001 r1 no_answer
        8 card                    > 1002 opened ringing
        9 card
        """,
        read_at_once=False,
    )


def test_the_foreign_record_fills_in_the_open_pop() -> None:
    pops = play("0 start 13800138000\n7 ring 1001 r1 > 1001 opened ringing")
    [(extension, message)] = pops.learn_foreign("c1", CrmPart(state="found", name="张伟"))
    assert extension == "1001"
    assert message.type == "pop_changed"
    assert message.pop.crm.name == "张伟"


def test_what_is_known_of_the_call_is_on_the_pop() -> None:
    pops = play(
        """
        0 start 13800138000
        5 chose main/complaint complaint zh
        6 queue complaint
        7 ring 1001 r1            > 1001 opened ringing
        9 answer 1001             > 1001 changed talking
        """
    )
    [pop] = pops.shown("1001")
    assert (pop.menu_path, pop.kind, pop.language, pop.queue) == ("main/complaint", "complaint", "zh", "complaint")
    assert (pop.number, pop.raw_number) == (CARD.number, "13800138000")
    assert pop.queued_at == START + timedelta(seconds=6)
    assert pop.ringing_at == START + timedelta(seconds=7)
    assert pop.answered_at == START + timedelta(seconds=9)


def test_only_an_ended_pop_can_be_dismissed() -> None:
    pops = play(
        """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        9 answer 1001             > 1001 changed talking
        """
    )
    assert pops.dismiss("1001", "c1") == []
    play("60 left 1001 > 1001 changed ended", pops)
    assert pops.dismiss("1002", "c1") == []
    assert len(pops.dismiss("1001", "c1")) == 1
    assert pops.shown("1001") == ()
    assert pops.dismiss("1001", "c1") == []


def test_ended_pops_of_an_agent_without_wrap_up_do_not_pile_up() -> None:
    pops = Pops()
    for number in range(20):
        call = f"c{number}"
        for line in ("start 138", f"ring 1001 r{number}", "answer 1001", "left 1001", "end answered"):
            pops.apply(event_of(f"{number} {call}:{line}"))
        pops.learn(call, CARD)
    assert [pop.call_id for pop in pops.shown("1001")] == ["c15", "c16", "c17", "c18", "c19"]


def test_calls_that_are_over_and_on_no_screen_are_forgotten() -> None:
    pops = play("0 start 13800138000\n5 end in_menu")
    assert pops.get("c1") is None


_EXTENSIONS = st.sampled_from(["1001", "1002"])
_LINES = st.one_of(
    st.builds("{}:start 13800138000".format, st.sampled_from("ab")),
    st.builds("{}:ring {} r{}".format, st.sampled_from("ab"), _EXTENSIONS, st.integers(1, 4)),
    st.builds("{}:stop {} r{} no_answer".format, st.sampled_from("ab"), _EXTENSIONS, st.integers(1, 4)),
    st.builds("{}:answer {}".format, st.sampled_from("ab"), _EXTENSIONS),
    st.builds("{}:left {}".format, st.sampled_from("ab"), _EXTENSIONS),
    st.builds("{}:queue {}".format, st.sampled_from("ab"), st.sampled_from(["complaint", "repair"])),
    st.builds("{}:end {}".format, st.sampled_from("ab"), st.sampled_from(["answered", "abandoned", "cut"])),
    st.builds("{}:card".format, st.sampled_from("ab")),
    st.builds("{}:dismiss {}".format, st.sampled_from("ab"), _EXTENSIONS),
    st.builds("k:dial {} 1002".format, _EXTENSIONS),
    st.builds("k:ring {} r{} -".format, _EXTENSIONS, st.integers(5, 7)),
    st.builds("k:answer {} -".format, _EXTENSIONS),
    st.sampled_from(["k:merge a", "k:end answered", "a:note 1001", "a:ticket"]),
    st.builds("agent {} {}".format, _EXTENSIONS, st.sampled_from(["ready", "wrapup", "talking"])),
)


@given(st.lists(_LINES, max_size=40), st.integers(0, 40))
def test_an_old_snapshot_with_the_messages_since_is_a_fresh_snapshot(lines: list[str], connected: int) -> None:
    pops, screens = Pops(), {"1001": Screen(), "1002": Screen()}
    for second, line in enumerate(lines):
        if second == connected:
            screens = {extension: Screen(pops.shown(extension)) for extension in screens}
        call, _, rest = line.partition(":")
        if rest == "card":
            messages = pops.learn(call, CARD)
        elif rest.startswith("dismiss"):
            messages = pops.dismiss(rest.split()[1], call)
        else:
            messages = pops.apply(event_of(f"{second} {line}"))
        for extension, screen in screens.items():
            screen.take(extension, messages)
            assert screen.pops == {pop.call_id: pop for pop in pops.shown(extension)}


@given(st.lists(_LINES, max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=20))
def test_an_event_that_comes_again_is_told_to_nobody(lines: list[str], again: list[tuple[int, int]]) -> None:
    """Whatever was heard, and however long ago: the same messages as if it had come once."""
    begun = {""}
    events: list[Event] = []
    for second, line in enumerate(lines):
        event = event_of(f"{second} {line}") if not re.search("card|dismiss|ended", line) else None
        if isinstance(event, CallStarted):
            begun.add(event.call_id)
        if event and (event.call_id or "") in begun:  # the journal tells a call's start first
            events.append(event)
    pops = Pops()
    for place, event in enumerate(events):
        pops.apply(event)
        learn(pops)
        for earlier in (events[old] for after, old in again if after == place and old <= place):
            assert pops.apply(earlier) == []


def learn(pops: Pops) -> None:
    """The card is there at once."""
    for call in pops.all():
        if call.card is None:
            pops.learn(call.id, CARD)


def test_who_gets_the_call_sees_who_had_it_and_what_he_left() -> None:
    pops = play(
        """
        0 start 13800138000
        7 ring 1001 r1            > 1001 opened ringing
        9 answer 1001             > 1001 changed talking
       20 note 1001
       21 ticket
       30 ring 1002 r2 -          > 1002 opened ringing
        """
    )
    ticket = CardTicket(
        id="t", number="202611-0042", kind="repair", category=None, summary="渗水", status="open", created_at=START
    )
    left = Handover(names={"1001": "李娜", "1002": "王芳"}, notes={"1001": "三楼漏水"}, tickets=(ticket,))
    assert {extension for extension, _message in pops.learn_handover("c1", left)} == {"1001", "1002"}
    [pop] = pops.shown("1002")
    [colleague] = pop.colleagues
    assert (colleague.name, colleague.note, colleague.left_at) == ("李娜", "三楼漏水", None)
    assert (pop.note, pop.tickets) == (None, (ticket,))
    [own] = pops.shown("1001")
    assert (own.note, own.colleagues, own.tickets) == ("三楼漏水", (), (ticket,))


def test_who_is_asked_sees_by_whom() -> None:
    pops = play(
        """
        0 start 13800138000
        9 answer 1001             > 1001 opened talking
       20 k:dial 1001 1002
       21 k:ring 1002 r2 -        > 1002 opened ringing
        """
    )
    [asked] = pops.shown("1002")
    assert (asked.call_id, asked.raw_number, asked.consulted_by) == ("c1", "13800138000", "1001")
    assert [colleague.extension for colleague in asked.colleagues] == ["1001"]
    play("25 k:merge c1\n25 answer 1002 > 1001 changed talking; 1002 changed talking", pops)
    [taken] = pops.shown("1002")
    assert (taken.state, taken.consulted_by, taken.answered_at) == ("talking", None, START + timedelta(seconds=25))


def test_fifty_phones_are_told_by_one_message_that_they_lost() -> None:
    pops = Pops()
    for line in ("0 start 13800138000", *(f"1 ring {number} r{number}" for number in range(1000, 1050))):
        pops.apply(event_of(line))
    pops.learn("c1", CARD)
    messages = pops.apply(event_of("2 answer 1000"))
    closed = [message for _extension, message in messages if message.type == "pop_closed"]
    assert len(closed) == 49
    assert len({id(message) for message in closed}) == 1

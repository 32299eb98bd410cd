"""No caller is ever lost: whatever he presses, in every sound flow, the call comes to an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.ivr.engine import ChangeLanguage, Context, Enqueue, Gather, HangUp, Play, start, step
from callcenter.ivr.flow import Flow
from callcenter.ivr.service import build
from callcenter.ivr.simulator import walk
from callcenter.ivr.soundness import faults
from callcenter.setting_groups import IvrSettings

MAIN = build(IvrSettings()).flows.get("main")
MORNING = datetime(2026, 11, 23, 2, tzinfo=UTC)
KEYS = st.lists(st.sampled_from([*"0123456789*#", "-", "12"]), max_size=60)
TIMES = st.integers(0, 7 * 24 * 60).map(lambda minutes: MORNING + timedelta(minutes=minutes))


def flow(**nodes: dict[str, object]) -> Flow:
    ends = {"end": {"kind": "queue", "queue": "operator", "matter": "operator"}}
    return Flow.model_validate(
        {"languages": ["zh", "en"], "start": "first", "fallback": "end", "nodes": {**nodes, **ends}}
    )


@given(KEYS, TIMES)
def test_no_keys_at_no_time_are_a_dead_end(keys: list[str], now: datetime) -> None:
    walked = walk(MAIN, keys, now)
    assert isinstance(walked.happened[-1], Enqueue)
    assert walked.end.steps <= MAIN.max_steps


NAMES = st.sampled_from(["first", "second", "third", "end", "over"])
TARGETS = NAMES | st.sampled_from(["repeat", "back"])
NODES = st.one_of(
    st.builds(
        lambda keys, give_up: {"kind": "menu", "prompts": ["p"], "keys": keys, "give_up": give_up},
        st.dictionaries(st.sampled_from("0123456789*#"), TARGETS, min_size=1, max_size=5),
        NAMES | st.none(),
    ),
    st.builds(lambda target: {"kind": "say", "prompts": ["p"], "next": target}, NAMES),
    st.builds(lambda target: {"kind": "set_language", "language": "en", "next": target}, NAMES),
)


@given(NODES, NODES, NODES, KEYS)
def test_every_sound_flow_ends(
    first: dict[str, object], second: dict[str, object], third: dict[str, object], keys: list[str]
) -> None:
    made = flow(first=first, second=second, third=third, over={"kind": "hangup"})
    found = {fault.code for fault in faults(made, lambda language, prompt: True)}
    if found <= {"flow_unreachable"}:
        assert walk(made, keys, MORNING).end.ended
    else:
        assert found <= {"flow_unreachable", "flow_dead_end"}


def test_who_plays_with_the_keys_for_ever_gets_a_person() -> None:
    walked = walk(MAIN, ["*"] * 500, MORNING)
    assert walked.outcome == "operator operator zh main/operator"
    assert walked.end.steps == MAIN.max_steps


def test_keys_are_not_heard_in_say_but_are_in_a_menus_prompts() -> None:
    made = flow(
        first={"kind": "say", "prompts": ["hello"], "next": "ask"},
        ask={"kind": "menu", "intro": ["once"], "prompts": ["choose"], "keys": {"1": "end"}, "timeout_s": 4},
    )
    begun = start(made, Context(MORNING))
    assert begun.actions[0] == ChangeLanguage("zh")
    assert begun.actions[1] == Play(("hello",), "zh")
    assert begun.actions[-1] == Gather(("once", "choose"), "zh", 4.0)


def test_hang_up_is_an_end_without_a_queue() -> None:
    made = flow(first={"kind": "say", "prompts": ["a"], "next": "bye"}, bye={"kind": "hangup", "prompts": ["goodbye"]})
    begun = start(made, Context(MORNING))
    assert begun.state.ended
    assert begun.actions[-1] == HangUp()
    assert walk(made, [], MORNING).outcome == "hangup"


def test_an_ended_call_takes_no_key() -> None:
    ended = step(MAIN, start(MAIN, Context(MORNING)).state, "1").state
    with pytest.raises(ValueError, match="waits for no key"):
        step(MAIN, ended, "1")

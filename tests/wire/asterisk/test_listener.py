"""Hooks written for the package asterisk-ami run unchanged on our connection."""

from __future__ import annotations

import re
from typing import Any

from asterisk.ami import Event, EventListener

from callcenter.asterisk.ami import AmiMessage, EventListeners
from callcenter.asterisk.ami.listener import to_event


def message(name: str, *headers: tuple[str, str]) -> AmiMessage:
    return AmiMessage((("Event", name), *headers))


class Hooks(EventListener):
    def __init__(self, **options: Any) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        super().__init__(**options)

    def on_Hangup(self, event: Event, source: object, **_: Any) -> None:
        self.heard.append((event.name, event.keys))

    def on_Newchannel(self, event: Event, source: object, **_: Any) -> None:
        self.heard.append((event.name, event.keys))


def test_on_hooks_are_called_by_event_name() -> None:
    listeners = EventListeners(source="pbx")
    hooks = listeners.add(Hooks())
    listeners(message("Hangup", ("Cause", "16")))
    listeners(message("VarSet", ("Variable", "x")))
    assert hooks.heard == [("Hangup", {"Cause": "16"})]


def test_white_list_black_list_and_attributes_filter() -> None:
    heard: list[str] = []

    def note(event: Event, source: object) -> None:
        heard.append(f"{event.name} {event['Queue']}")

    listeners = EventListeners()
    listeners.add(on_event=note, white_list=re.compile("^Queue"), black_list=["QueueParams"], Queue="complaint")
    for name, queue in (
        ("QueueCallerJoin", "complaint"),
        ("QueueCallerJoin", "repair"),
        ("QueueParams", "complaint"),
        ("Hangup", "complaint"),
    ):
        listeners(message(name, ("Queue", queue)))
    assert heard == ["QueueCallerJoin complaint"]


def test_channel_variables_become_a_dict_and_a_value_may_hold_equal_signs() -> None:
    event = to_event(message("X", ("ChanVariable", "a=1"), ("ChanVariable", "b=2=3"), ("ChanVariable", "c")))
    assert event.keys == {"ChanVariable": {"a": "1", "b": "2=3", "c": ""}}


def test_one_failing_hook_does_not_keep_others_from_the_event() -> None:
    def fail(event: Event, source: object) -> None:
        raise RuntimeError

    listeners = EventListeners()
    listeners.add(on_event=fail)
    hooks = listeners.add(Hooks())
    listeners(message("Hangup"))
    listeners.remove(hooks)
    listeners(message("Hangup"))
    assert hooks.heard == [("Hangup", {})]


def test_responses_are_no_events() -> None:
    heard: list[str] = []
    listeners = EventListeners()
    listeners.add(on_event=lambda event, source: heard.append(event.name))
    listeners(AmiMessage((("Response", "Success"),)))
    assert heard == []

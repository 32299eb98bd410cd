"""Which journals can be folded: those that hold the beginning of their call, and of whatever it was told with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.calls.journal import SHOWN, Entry, whole

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
BEGAN = {"one": AT, "two": AT, "three": AT}


def told(place: int, call_id: str, name: str, seconds: float = 0.0, **body: object) -> Entry:
    return Entry(place, call_id, AT + timedelta(seconds=seconds), name, body)


def calls(entries: list[Entry], *united: set[str]) -> set[str]:
    return {entry.call_id for entry in whole(entries, BEGAN, united)}


def test_a_journal_begins_with_the_first_channel_of_its_call() -> None:
    assert calls([told(1, "one", "Newchannel"), told(2, "two", "Newchannel", 9), told(3, "three", "Newstate")]) == {
        "one"
    }


def test_or_with_what_asterisk_showed_of_a_call_that_nobody_heard_begin() -> None:
    found = told(1, "one", SHOWN, 30, c=[{"age_s": 30.0}])
    older = told(1, "two", SHOWN, 30, c=[{"age_s": 29.0}])
    assert calls([found, older]) == {"one"}


def test_what_shared_a_message_with_half_a_journal_is_left_out_too() -> None:
    entries = [
        told(1, "one", "Newchannel"),
        told(2, "three", "Newchannel"),
        told(3, "two", "Newstate", 5),
        told(4, "one", "BridgeEnter", 6),
        told(4, "two", "BridgeEnter", 6),
    ]
    assert calls(entries) == {"three"}


def test_so_is_what_became_one_with_it_while_nobody_heard() -> None:
    entries = [told(1, "one", "Newchannel"), told(2, "two", "Newstate", 5), told(3, "three", "Newchannel")]
    assert calls(entries, {"one", "two"}) == {"three"}


def test_or_with_a_call_that_has_no_journal_at_all() -> None:
    entries = [told(1, "one", "Newchannel"), told(3, "three", "Newchannel")]
    assert calls(entries, {"one", "two"}) == {"three"}

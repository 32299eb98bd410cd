"""Actions and lists of our manager client, answered, refused, late, left and long."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.asterisk.ami import ActionFailed, AmiClient, AmiMessage, ListOverrun, NotConnected
from callcenter.asterisk.ami.actions import MOST_WAITING
from callcenter.asterisk.ami.connection import encode
from callcenter.setting_groups import AmiSettings
from tests.wire.asterisk.manager import FakeManager, connected, long_list, ok, refused


async def test_refused_and_unanswered_actions_are_told_apart() -> None:
    server = FakeManager()
    server.answers["Bad"] = lambda action: refused(action, "No such queue")
    server.answers["Mute"] = lambda _: None
    async with connected(server) as client:
        with pytest.raises(ActionFailed, match="No such queue"):
            await client.action("Bad")
        with pytest.raises(TimeoutError):
            await client.action("Mute", limit_s=0.02)


async def test_a_list_is_gathered_and_other_events_pass_between() -> None:
    def listing(action: dict[str, str]) -> bytes:
        number = action["ActionID"]
        return (
            ok(action, "EventList: start")
            + f"Event: QueueMember\r\nActionID: {number}\r\nName: a\r\n\r\n".encode()
            + b"Event: Hangup\r\nChannel: c\r\n\r\n"
            + f"Event: QueueMember\r\nActionID: {number}\r\nName: b\r\n\r\n".encode()
            + f"Event: QueueStatusComplete\r\nActionID: {number}\r\nEventList: Complete\r\n\r\n".encode()
        )

    server = FakeManager()
    server.answers["QueueStatus"] = listing
    messages: list[AmiMessage] = []
    async with connected(server, messages=messages) as client:
        members = await client.list_action("QueueStatus")
        assert [member.get("name") for member in members] == ["a", "b"]
        assert "Hangup" in [message.name for message in messages]


async def test_a_long_list_comes_item_by_item() -> None:
    server = FakeManager()
    server.answers["Status"] = lambda action: long_list(action, MOST_WAITING)
    messages: list[AmiMessage] = []
    async with connected(server, messages=messages) as client:
        numbers = [int(item.get("Number")) async for item in client.stream_action("Status")]
        assert numbers == list(range(MOST_WAITING))
        await client.action("Ping")
        assert {message.name for message in messages} == {"FullyBooted"}


async def test_a_list_that_nobody_takes_ends_early_and_disturbs_nothing() -> None:
    server = FakeManager()
    server.answers["Status"] = lambda action: long_list(action, 3 * MOST_WAITING)
    messages: list[AmiMessage] = []
    async with connected(server, messages=messages) as client:
        stream = client.stream_action("Status")
        assert (await anext(stream)).get("Number") == "0"
        await client.action("Ping")  # answered after the whole list: nobody took an item meanwhile
        with pytest.raises(ListOverrun):
            async for _ in stream:
                pass
        assert (await client.action("Ping")).response == "Success"
        assert {message.name for message in messages} == {"FullyBooted"}


async def test_a_list_left_early_is_nobodys_event() -> None:
    held: list[dict[str, str]] = []

    def begin(action: dict[str, str]) -> bytes:
        held.append(action)
        return ok(action, "EventList: start") + item(action, 1)

    def item(action: dict[str, str], number: int, *more: str) -> bytes:
        lines = ("Event: Status", f"ActionID: {action['ActionID']}", f"Number: {number}", *more, "", "")
        return "\r\n".join(lines).encode()

    server = FakeManager()
    server.answers["Status"] = begin
    server.answers["Rest"] = lambda action: (
        item(held[0], 2) + item(held[0], 3, "EventList: Complete") + item(held[0], 4) + ok(action)
    )
    messages: list[AmiMessage] = []
    async with connected(server, messages=messages) as client:
        with pytest.raises(TimeoutError):
            await client.list_action("Status", limit_s=0.05)
        await client.action("Rest")
        # What comes after its end is an event that only carries the id, as OriginateResponse does.
        assert [message.get("Number") for message in messages if message.name == "Status"] == ["4"]


@pytest.mark.parametrize("leave", ["time-out", "cancel"])
async def test_a_late_answer_is_not_taken_for_anothers(leave: str) -> None:
    held: list[dict[str, str]] = []
    server = FakeManager()
    server.answers["Slow"] = held.append
    server.answers["Next"] = lambda action: ok(held[0], "Message: late") + ok(action, "Message: own")
    messages: list[AmiMessage] = []
    async with connected(server, messages=messages) as client:
        slow = asyncio.create_task(client.action("Slow", limit_s=0.05 if leave == "time-out" else 60))
        await server.until("Slow")
        if leave == "cancel":
            slow.cancel()
        with pytest.raises((TimeoutError, asyncio.CancelledError)):
            await slow
        assert (await client.action("Next")).get("Message") == "own"
        assert {message.name for message in messages} == {"FullyBooted"}


async def test_an_action_that_cannot_be_sent_is_waited_for_by_nobody() -> None:
    async with connected(FakeManager()) as client:
        with pytest.raises(ValueError, match="control character"):
            await client.action("Originate", Channel="x\r\nAction: Command")
        assert client._link is not None
        assert not client._link._answers.awaited
        assert (await client.action("Ping")).response == "Success"
        assert not client._link._answers.awaited


async def test_an_event_that_carries_our_action_id_later_is_delivered() -> None:
    server = FakeManager()
    server.answers["Originate"] = lambda action: (
        ok(action) + f"Event: OriginateResponse\r\nActionID: {action['ActionID']}\r\n\r\n".encode()
    )
    messages: list[AmiMessage] = []
    async with connected(server, messages=messages) as client:
        await client.action("Originate")
        await client.action("Ping")
        assert messages[-1].name == "OriginateResponse"


async def test_without_connection_an_action_says_so() -> None:
    client = AmiClient(AmiSettings(port=1), on_message=lambda _: None)
    with pytest.raises(NotConnected):
        await client.action("Ping")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Channel", "x\r\nAction: Command"),
        ("Action: Command\t", "x"),
        ("A:b", "x"),
        ("", "x"),
        ("Channel\r\nX", "y"),
        ("Channel", "a\nb"),
        ("C", "a\0"),
    ],
)
def test_a_line_break_cannot_begin_another_header(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        encode("Originate", "1", {name: value})


def test_a_list_repeats_its_header() -> None:
    data = encode("Originate", "1", {"Variable": ["a=1", "b=2"]})
    assert data == b"Action: Originate\r\nActionID: 1\r\nVariable: a=1\r\nVariable: b=2\r\n\r\n"

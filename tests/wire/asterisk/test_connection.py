"""Our manager client against a small manager server that misbehaves on demand."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from pydantic import SecretStr

from callcenter.asterisk.ami import ActionFailed, AmiClient, AmiMessage, ListOverrun, NotConnected
from callcenter.asterisk.ami.actions import MOST_WAITING
from callcenter.asterisk.ami.connection import encode
from callcenter.config import AmiSettings
from callcenter.errors import Problem

Answer = Callable[[dict[str, str]], bytes | None]


def ok(action: dict[str, str], *lines: str) -> bytes:
    return "".join(
        f"{line}\r\n" for line in ("Response: Success", f"ActionID: {action['ActionID']}", *lines, "")
    ).encode()


def refused(action: dict[str, str], why: str) -> bytes:
    return f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: {why}\r\n\r\n".encode()


class FakeManager:
    """Speaks enough of the protocol; `answers` overrides what an action gets, None keeps silent."""

    def __init__(self, secret: str = "s") -> None:
        self.answers: dict[str, Answer] = {}
        self.seen: list[str] = []
        self._news = asyncio.Event()
        self.writers: list[asyncio.StreamWriter] = []
        self._secret = secret
        self.secure: ssl.SSLContext | None = None

    async def start(self, port: int = 0) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=self.secure)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def stop(self) -> None:
        self._server.close()
        self.drop()
        await self._server.wait_closed()

    async def until(self, action: str, times: int = 1) -> None:
        """Until so many of these actions have come."""
        async with asyncio.timeout(5):
            while self.seen.count(action) < times:
                self._news.clear()
                await self._news.wait()

    def drop(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                action = dict(line.split(": ", 1) for line in block.strip().split("\r\n"))
                self.seen.append(action["Action"])
                self._news.set()
                answer = self.answers.get(action["Action"], self._answer)(action)
                if answer is not None:
                    writer.write(answer)

    def _answer(self, action: dict[str, str]) -> bytes:
        match action["Action"]:
            case "Challenge":
                return ok(action, "Challenge: 42")
            case "Login":
                if action["Key"] == hashlib.md5(f"42{self._secret}".encode()).hexdigest():
                    return ok(action) + b"Event: FullyBooted\r\n\r\n"
                return refused(action, "Authentication failed")
        return ok(action)


@contextlib.asynccontextmanager
async def connected(
    server: FakeManager,
    *,
    messages: list[AmiMessage] | None = None,
    on_connected: Callable[[AmiClient], Awaitable[None]] | None = None,
    **options: float,
) -> AsyncIterator[AmiClient]:
    port = await server.start()
    settings = AmiSettings(port=port, secret=SecretStr("s"))
    taken = messages if messages is not None else []
    client = AmiClient(settings, on_message=taken.append, on_connected=on_connected, **options)
    task = asyncio.create_task(client.run())
    try:
        await asyncio.wait_for(client.wait_connected(), 5)
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.stop()


async def test_logs_in_by_challenge_and_answers_actions() -> None:
    async with connected(FakeManager()) as client:
        answer = await client.action("QueueAdd", Queue="complaint", Penalty=1)
        assert answer.response == "Success"


async def test_the_secret_itself_is_never_sent() -> None:
    server = FakeManager()
    sent: list[dict[str, str]] = []

    def login(action: dict[str, str]) -> bytes:
        sent.append(action)
        return server._answer(action)

    server.answers["Login"] = login
    async with connected(server):
        assert "Secret" not in sent[0]


async def test_wrong_secret_ends_with_what_to_mend() -> None:
    server = FakeManager(secret="other")
    port = await server.start()
    client = AmiClient(AmiSettings(port=port, secret=SecretStr("s")), on_message=lambda _: None)
    with pytest.raises(Problem) as caught:
        await asyncio.wait_for(client.run(), 5)
    assert caught.value.code == "asterisk_ami_refused"
    assert caught.value.params["port"] == port
    await server.stop()


async def test_where_others_are_to_be_served_a_refusal_is_tried_again_until_it_is_mended() -> None:
    server = FakeManager(secret="other")
    port = await server.start()
    client = AmiClient(AmiSettings(port=port, secret=SecretStr("s")), on_message=lambda _: None, patient=True)
    running = asyncio.create_task(client.run())
    await server.until("Login", 2)
    assert not running.done() and not client.connected
    server._secret = "s"
    await asyncio.wait_for(client.wait_connected(), 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await server.stop()


async def test_a_refusal_after_a_good_log_in_is_tried_again_until_it_is_mended() -> None:
    server = FakeManager()
    async with connected(server) as client:
        server.answers["Login"] = lambda action: refused(action, "Authentication failed")
        server.drop()
        await server.until("Login", times=3)
        assert not client.connected
        del server.answers["Login"]
        await asyncio.wait_for(client.wait_connected(), 5)


async def test_a_link_that_breaks_while_we_still_ask_is_told_as_lost() -> None:
    server, told = FakeManager(), asyncio.Queue[str]()
    port = await server.start()

    async def ask(client: AmiClient) -> None:
        told.put_nowait("asked")
        if told.qsize() == 1:
            server.drop()
            await client.action("QueueStatus")

    client = AmiClient(
        AmiSettings(port=port, secret=SecretStr("s")),
        on_message=lambda _: None,
        on_connected=ask,
        on_lost=lambda: told.put_nowait("lost"),
    )
    running = asyncio.create_task(client.run())
    await asyncio.wait_for(client.wait_connected(), 5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [told.get_nowait() for _ in range(told.qsize())] == ["asked", "lost", "asked", "lost"]
    await server.stop()


async def test_comes_back_and_resynchronises_after_the_connection_broke() -> None:
    rounds: asyncio.Queue[int] = asyncio.Queue()
    count = 0

    async def resync(client: AmiClient) -> None:
        nonlocal count
        await client.action("QueueStatus")
        count += 1
        rounds.put_nowait(count)

    server = FakeManager()
    async with connected(server, on_connected=resync) as client:
        assert await rounds.get() == 1
        server.drop()
        assert await asyncio.wait_for(rounds.get(), 5) == 2
        await asyncio.wait_for(client.wait_connected(), 5)


async def test_pending_action_ends_at_once_when_the_connection_breaks() -> None:
    server = FakeManager()
    server.answers["Originate"] = lambda _: None
    async with connected(server) as client:
        pending = asyncio.create_task(client.action("Originate"))
        await server.until("Originate")
        server.drop()
        with pytest.raises(NotConnected):
            await asyncio.wait_for(pending, 5)


async def test_a_silent_server_is_left_and_tried_again() -> None:
    server = FakeManager()
    server.answers["Ping"] = lambda _: None
    async with connected(server, ping_s=0.01, silence_s=0.05):
        await server.until("Login", times=2)


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


def long_list(action: dict[str, str], count: int) -> bytes:
    ident = f"ActionID: {action['ActionID']}\r\n"
    items = "".join(f"Event: Status\r\n{ident}Number: {number}\r\n\r\n" for number in range(count))
    return ok(action, "EventList: start") + (items + f"Event: Done\r\n{ident}EventList: Complete\r\n\r\n").encode()


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


async def test_many_clients_hear_the_same() -> None:
    server = FakeManager()
    server.answers["Go"] = ok
    async with connected(server) as first, contextlib.AsyncExitStack() as stack:
        heard: list[list[AmiMessage]] = []
        clients = [first]
        for _ in range(5):
            heard.append([])
            client = AmiClient(AmiSettings(port=server.port, secret=SecretStr("s")), on_message=heard[-1].append)
            task = asyncio.create_task(client.run())
            stack.push_async_callback(end, task)
            await asyncio.wait_for(client.wait_connected(), 5)
            clients.append(client)
        for writer in server.writers:
            writer.write(b"Event: Hangup\r\n\r\n")
        await asyncio.gather(*(client.action("Ping") for client in clients))
        assert [[message.name for message in each] for each in heard] == [["FullyBooted", "Hangup"]] * 5


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


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


async def test_a_handler_that_fails_does_not_stop_the_reading() -> None:
    seen: list[str] = []

    def handler(message: AmiMessage) -> None:
        seen.append(message.name)
        if message.name == "Bad":
            raise RuntimeError

    server = FakeManager()
    server.answers["Go"] = lambda action: b"Event: Bad\r\n\r\nEvent: Good\r\n\r\n" + ok(action)
    port = await server.start()
    client = AmiClient(AmiSettings(port=port, secret=SecretStr("s")), on_message=handler)
    task = asyncio.create_task(client.run())
    await client.wait_connected()
    await client.action("Go")
    assert seen[-2:] == ["Bad", "Good"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await server.stop()


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

"""Our manager client against a small manager server that misbehaves on demand."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from pydantic import SecretStr

from callcenter.asterisk.ami import AmiClient, AmiMessage, NotConnected
from callcenter.errors import Problem
from callcenter.setting_groups import AmiSettings
from tests.wire.asterisk.manager import FakeManager, connected, end, ok, refused


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

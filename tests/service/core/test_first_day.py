"""A firm's first day without the demo: users by command, the service, a sign-in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from callcenter.__main__ import main
from callcenter.app import Service
from callcenter.config import load


def add_user(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("CALLCENTER_DATA_DIR", str(folder))
    return main(["user", "add", *words, "--password", "first day only"])


async def presence(service: Service, username: str) -> dict[str, object]:
    url = f"http://127.0.0.1:{service.port}/api/v1"
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        await client.post(f"{url}/session", json={"username": username, "password": "first day only"})
        async with client.get(f"{url}/presence") as response:
            found: dict[str, object] = await response.json()
            return found


def test_a_command_names_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert add_user(tmp_path, monkeypatch, "chen", "--name", "陈静", "--role", "boss") == 1
    assert "agent, supervisor, admin" in capsys.readouterr().err
    assert add_user(tmp_path, monkeypatch, "chen", "--name", "陈静", "--extension", "1001", "--queues", "sales") == 1
    assert "complaint, inquiry, operator, repair" in capsys.readouterr().err


def test_an_agent_serves_queues_at_once_and_a_later_one_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_url: str
) -> None:
    monkeypatch.setenv("CALLCENTER_DATABASE__URL", empty_url)
    monkeypatch.setenv("CALLCENTER_DATA_DIR", str(tmp_path))
    assert main(["migrate"]) == 0
    assert add_user(tmp_path, monkeypatch, "chen", "--name", "陈静", "--extension", "1001") == 0
    settings = load(data_dir=tmp_path, web={"port": 0}, agi={"port": 0}, ami={"port": 1})

    async def day() -> None:
        service = Service(settings)
        await service.start()
        try:
            assert (await presence(service, "chen"))["queues"] == ["complaint", "inquiry", "operator", "repair"]
            words = ("wang", "--name", "王磊", "--extension", "1002", "--queues", "repair")
            assert await asyncio.to_thread(add_user, tmp_path, monkeypatch, *words) == 0
            assert (await presence(service, "wang"))["queues"] == ["repair"]
        finally:
            await service.stop()

    asyncio.run(day())

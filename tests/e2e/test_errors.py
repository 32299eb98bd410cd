"""What people meet when something is wrong: what it is, and how to mend it."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import expect

from callcenter.asterisk import ports

from .conftest import OpenScene
from .processes import callcenter, nothing_runs
from .scene import SWITCHBOARD
from .screens import Screens

_PORTS = ("CALLCENTER_WEB__PORT", "CALLCENTER_AGI__PORT")
_CSV = "姓名,电话,等级\n王小明,13800138111,A\n李芳,12,B\n,13912345678,Z\n"


async def test_wrong_password(open_scene: OpenScene, screens: Screens) -> None:
    scene = await open_scene()
    words = {"zh-CN": ("密码", "callcenter user add"), "en": ("password is wrong", "callcenter user add")}
    for language, (title, remedy) in words.items():
        stranger = await scene.stranger(language)
        status, answer = await stranger.ask("POST", "/session", {"username": "agent", "password": "not-that-one"})
        assert (status, answer["code"]) == (401, "wrong_password")
        assert title in answer["title"]
        assert remedy in answer["remedy"]
    screen = await screens.screen(scene.stage.url)
    await screen.sign_in("agent", "not-that-one")
    await expect(screen.page.get_by_text("callcenter user add")).to_be_visible()
    await screen.one("sign-in-password").fill(scene.passwords["agent"])
    await screen.one("sign-in-submit").click()
    await screen.at_desk()


async def test_a_room_that_is_not_open_to_everybody(open_scene: OpenScene, screens: Screens) -> None:
    """It says so, and whom to ask, where the person wanted to go."""
    scene = await open_scene()
    screen = await screens.screen(scene.stage.url)
    await screen.sign_in("supervisor", scene.passwords["supervisor"])
    await expect(screen.one("nav-calls")).to_be_visible()
    for path in ("/webhooks", "/webhooks/new", "/webhooks/deliveries", "/desk"):
        await screen.page.goto(screen.url + path)
        await expect(screen.one("room-closed")).to_contain_text("管理员")
        assert screen.page.url.endswith(path)
    await screen.page.goto(screen.url + "/system")
    await expect(screen.one("system-server")).to_be_visible()
    await expect(screen.one("room-closed")).to_have_count(0)


async def test_broken_flow_file(open_scene: OpenScene) -> None:
    """The check names file, line and remedy; the running service keeps the last good menu, and says so."""
    scene = await open_scene()
    main = scene.stage.folder / "flows" / "main.yaml"
    good = main.read_text(encoding="utf-8")
    main.write_text(good.replace("1: complaint", "1: complaints", 1), encoding="utf-8")
    line = main.read_text(encoding="utf-8").splitlines().index("      1: complaints") + 1

    checked = await callcenter("ivr", "check", env=scene.stage.environment())
    assert checked.status == 1
    assert f"main.yaml, line {line}:" in checked.text
    assert "leads to “complaints”, and there is no such node" in checked.text
    assert "Take one of:" in checked.text

    caller = await scene.dial("13800138001", SWITCHBOARD)
    await scene.press(caller, "1")
    await scene.waits(caller)
    assert "CC_QUEUE=complaint" in await scene.channel(caller.number)
    log = scene.stage.log.read_text(encoding="utf-8")
    assert re.search(rf'flow_broken_last_good_kept.*"line": {line}\b', log), log
    main.write_text(good, encoding="utf-8")
    assert (await callcenter("ivr", "check", env=scene.stage.environment())).status == 0


async def test_broken_csv(open_scene: OpenScene, tmp_path: Path) -> None:
    """Each broken line is named with its remedy, on screen and at the terminal; a dry run changes nothing."""
    scene = await open_scene()
    api = await scene.api()
    form = aiohttp.FormData()
    form.add_field("file", _CSV.encode(), filename="customers.csv", content_type="text/csv")
    tried = await api.send("POST", "/customers/import?dry_run=true", form)
    assert (tried["rows"], tried["created"]) == (3, 1)
    assert {error["line"] for error in tried["errors"]} == {3, 4}
    assert all(error["field"] and error["title"] and error["remedy"] for error in tried["errors"])
    assert (await api.get("/customers?q=13800138111"))["items"] == []

    file = tmp_path / "customers.csv"
    file.write_text(_CSV, encoding="utf-8")
    said = await callcenter("customers", "import", "--dry-run", file, env=scene.stage.environment())
    assert said.status == 1
    assert "\n4: " in f"\n{said.text}"
    assert "rows 3, created 1, updated 0, unchanged 0" in said.text
    assert "(dry run)" in said.text
    missing = await callcenter("customers", "import", tmp_path / "none.csv", env=scene.stage.environment())
    assert missing.status == 1
    assert "Check the path" in missing.text
    assert (await api.get("/customers?q=13800138111"))["items"] == []


async def test_missing_model(open_scene: OpenScene, tmp_path: Path) -> None:
    """The sound is there to be heard; where the words would be, the command that brings them."""
    scene = await open_scene(CALLCENTER_SPEECH__MODELS_DIR=str(tmp_path))
    api = await scene.api(language="en")
    caller = await scene.dial("13800138001")
    await scene.waits(caller)
    await caller.hang_up()
    call = await scene.recorded(api, (await scene.call_of(api, caller.number))["id"])
    transcript = await scene.transcript(api, call["id"])
    assert transcript["state"] == "failed"
    assert "whisper-small" in transcript["error"]["title"]
    assert "callcenter models install whisper-small" in transcript["error"]["remedy"]


@pytest.mark.parametrize("setting", _PORTS)
async def test_port_in_use(setting: str, tmp_path: Path) -> None:
    free = {name: str(ports.free("127.0.0.1", socket.SOCK_STREAM)) for name in _PORTS}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await callcenter("serve", env={"CALLCENTER_DATA_DIR": str(tmp_path), **free, setting: port})
    assert ended.status == 1
    assert f"Port {port} on 127.0.0.1 is already in use." in ended.text
    assert setting in ended.text
    assert "Traceback" not in ended.text
    assert await nothing_runs(tmp_path)


async def test_port_of_the_demo_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await callcenter("demo", "--folder", tmp_path, "--port", port, env={})
    assert ended.status == 1
    assert f"Port {port} on 127.0.0.1 is already in use." in ended.text
    assert "Traceback" not in ended.text
    assert await nothing_runs(tmp_path)

"""A real Asterisk that is started, found, killed and ended, and its line to us."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from callcenter.asterisk import ports
from callcenter.asterisk.ami import AmiClient, AmiMessage
from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.manager_events import EVENTS, VARIABLES
from callcenter.asterisk.phones import BaresipPhone
from callcenter.asterisk.settings import PhoneAccount
from callcenter.errors import Problem
from tests.service.asterisk.stage import Opened
from tests.wire.asterisk.manager import end
from tests.wire.asterisk.test_tls import certificate

pytestmark = pytest.mark.service


async def test_asterisk_killed_and_started_again_is_found_by_itself(opened: Opened) -> None:
    stage = await opened()
    await stage.call("02088886667")
    await stage.until("QueueCallerJoin")
    stage.pbx.kill()
    assert stage.pbx.pid() is None
    stage.messages.clear()
    await stage.pbx.start()
    await stage.until("FullyBooted")
    await asyncio.wait_for(stage.ami.wait_connected(), 10)
    await stage.call("02088886667", number="13900139000")
    assert (await stage.until("QueueCallerJoin")).get("calleridnum") == "13900139000"


async def test_a_phone_with_a_wrong_password_says_so(opened: Opened) -> None:
    stage = await opened()
    account = PhoneAccount(extension="1001", password=SecretStr("wrong"))
    phone = BaresipPhone(stage.home / "wrong", account, stage.server)
    with pytest.raises(Problem) as caught:
        await phone.register()
    assert caught.value.code == "asterisk_phone_not_registered"


async def test_a_port_in_use_is_named(opened: Opened, tmp_path: Path) -> None:
    stage = await opened()
    settings = stage.pbx.settings.model_copy(update={"directory": tmp_path / "second"})
    with pytest.raises(Problem) as caught:
        await LocalAsterisk(settings).start()
    assert caught.value.code == "asterisk_port_in_use"
    assert caught.value.params["port"] == stage.pbx.settings.sip_port


async def test_another_process_finds_and_stops_a_running_asterisk(opened: Opened) -> None:
    stage = await opened()
    other = LocalAsterisk(stage.pbx.settings.model_copy(update={"sip_port": 0}))
    assert other.settings.sip_port == stage.pbx.settings.sip_port
    assert "1001" in await other.rx("pjsip list endpoints")
    await other.stop()
    assert stage.pbx.pid() is None


async def test_logs_and_secrets_are_not_for_others(opened: Opened) -> None:
    stage = await opened()
    for name in ("manager_callcenter.conf", "pjsip_callcenter.conf"):
        assert (stage.pbx.settings.configuration / name).stat().st_mode & 0o077 == 0
    assert stage.pbx.settings.spool.stat().st_mode & 0o077 == 0
    answer = await stage.ami.action("ListCommands")
    assert "Command" not in dict(answer.headers)


async def test_sigterm_ends_it_cleanly(opened: Opened) -> None:
    stage = await opened()
    pid = stage.pbx.pid()
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    await stage.pbx.stop()
    assert stage.pbx.pid() is None


async def test_it_sends_what_the_service_has_a_use_for_and_nothing_else(opened: Opened) -> None:
    stage = await opened(ami_events="used")
    await stage.phone(answer_after_s=0)
    caller = await stage.call("02088886667")
    await stage.until("AgentConnect")
    await stage.until("BridgeEnter")
    await stage.until("VarSet", variable="CC_KIND")
    await caller.hang_up()
    await stage.until("AgentComplete")
    await stage.until("Hangup")
    assert {message.name for message in stage.messages} <= {*EVENTS, "VarSet"}
    variables = {message.get("Variable") for message in stage.messages if message.name == "VarSet"}
    assert [name for name in variables if not re.search(VARIABLES, name)] == []
    # What answers an action is not filtered.
    rows = await stage.ami.list_action("QueueStatus", Queue="complaint")
    assert [row.name for row in rows] == ["QueueParams", "QueueMember"]


async def test_its_line_can_be_encrypted(opened: Opened, tmp_path: Path) -> None:
    files = certificate(tmp_path, "asterisk", "IP:127.0.0.1")
    port = ports.free("127.0.0.1", socket.SOCK_STREAM)
    custom = tmp_path / "pbx" / "etc" / "manager_custom.conf"
    custom.parent.mkdir(parents=True)
    lines = [
        "tlsenable = yes",
        f"tlsbindaddr = 127.0.0.1:{port}",
        f"tlscertfile = {files[0]}",
        f"tlsprivatekey = {files[1]}",
    ]
    custom.write_text("\n".join(lines) + "\n")
    stage = await opened()
    settings = stage.pbx.settings.ami.model_copy(update={"port": port, "tls": True, "tls_ca": files[0]})
    heard: list[AmiMessage] = []
    client = AmiClient(settings, on_message=heard.append)
    running = asyncio.create_task(client.run())
    await asyncio.wait_for(client.wait_connected(), 10)
    assert "Ping" in dict((await client.action("ListCommands")).headers)
    await stage.call("02088886667")
    await stage.until("QueueCallerJoin")
    await client.action("Ping")
    assert "QueueCallerJoin" in {message.name for message in heard}
    await end(running)

"""The menu over a real socket: a peer that speaks as Asterisk does, the FastAGI server, the shipped flow."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

import pytest

from callcenter.asterisk.agi import AgiServer
from callcenter.ivr.service import build
from callcenter.setting_groups import IvrSettings

MORNING = datetime(2026, 11, 23, 2, tzinfo=UTC)


class Asterisk:
    """Answers each command; presses the next key while the prompt named beside it is played."""

    def __init__(self, keys: list[tuple[str, str]]) -> None:
        self.keys = keys
        self.commands: list[str] = []

    async def call(self, port: int, path: str) -> None:
        """Until the server ends the session."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = f"agi_request: agi://127.0.0.1:{port}/{path}\nagi_uniqueid: pbx-1.1\n\n"
        writer.write(request.encode())
        while line := (await reader.readline()).decode().strip():
            self.commands.append(line)
            writer.write(f"200 result={self._result(line)}\n".encode())
        writer.close()

    def _result(self, command: str) -> int:
        if not command.startswith(('"STREAM FILE', "STREAM FILE", "WAIT FOR DIGIT")):
            return 1
        if self.keys and self.keys[0][0] in command:
            return ord(self.keys.pop(0)[1])
        return 0

    @property
    def variables(self) -> dict[str, str]:
        """What was set, in order."""
        pattern = re.compile(r'SET VARIABLE "(.*?)" "(.*)"')
        return {found[1]: found[2] for line in self.commands if (found := pattern.fullmatch(line))}


@pytest.mark.parametrize(
    ("keys", "path", "queue"),
    [
        ([("main_menu", "1")], "main/complaint", "complaint"),
        ([("welcome", "9"), ("en/main_menu", "2")], "main/inquiry", "inquiry"),
        ([("main_menu", "3"), ("repair_menu", "#"), ("WAIT FOR DIGIT", "1")], "main/complaint", "complaint"),
        ([], "main/operator", "operator"),
    ],
)
async def test_a_call(keys: list[tuple[str, str]], path: str, queue: str) -> None:
    server = AgiServer("127.0.0.1", 0, build(IvrSettings(), clock=lambda: MORNING).serve)
    await server.start()
    asterisk = Asterisk(keys)
    await asterisk.call(server.port, "main")
    await server.stop()
    variables = asterisk.variables
    assert (variables["CC_MENU_PATH"], variables["CC_QUEUE"]) == (path, queue)
    assert asterisk.commands[-1] == 'SET VARIABLE "IVR_DONE" "1"'
    assert variables["TIMEOUT(absolute)"] == "60"
    assert asterisk.keys == []


async def test_an_unknown_menu_ends_without_a_clean_end() -> None:
    server = AgiServer("127.0.0.1", 0, build(IvrSettings(), clock=lambda: MORNING).serve)
    await server.start()
    asterisk = Asterisk([])
    await asterisk.call(server.port, "nowhere")
    await server.stop()
    assert "IVR_DONE" not in asterisk.variables

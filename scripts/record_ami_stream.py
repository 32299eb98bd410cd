"""Records anew what `callcenter bench ami` replays: everything that the real Asterisk tells a manager user who asks for
all, while callers go through menu and queue to agents' phones.

    .venv/bin/python scripts/record_ami_stream.py [FILE]
"""

from __future__ import annotations

import asyncio
import gzip
import sys
import tempfile
from pathlib import Path

from callcenter.asterisk.phones import BaresipPhone, Caller
from callcenter.asterisk.secrets import load_or_make
from callcenter.bench.stream import STREAM
from callcenter.demo.seed import EXTENSIONS, PEOPLE, seed
from callcenter.demo.stage import Stage

_LISTENER = """\
[everything]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1
read = system,call,log,verbose,agent,user,dtmf,reporting,cdr,dialplan,originate,agi,cc,aoc,test
write = system
"""
_SECRET = "everything"
_MENU_S = 8.0
_TALK_S = 3.0
_LIMIT_S = 300.0
_PATIENCE_S = 100.0
# Who calls, what he presses; without keys he leaves in the menu. Each of the others waits until an agent has hung up.
_CALLERS = (
    ("13800138001", "1"), ("13800138002", "2"), ("13900139003", "91"), ("02087654321", "31"),
    ("13700137009", "1"), ("13600136005", "92"), ("13500135006", ""), ("13400134007", "1"),
)  # fmt: skip


async def record() -> bytes:
    """The stream."""
    with tempfile.TemporaryDirectory(prefix="stream-") as folder:
        stage = Stage(Path(folder), EXTENSIONS)
        configuration = stage.asterisk.settings.configuration
        configuration.mkdir(parents=True, exist_ok=True)
        (configuration / "manager_custom.conf").write_text(_LISTENER.format(secret=_SECRET))
        await seed(stage.settings(), load_or_make(stage.folder / "logins.json", [each.username for each in PEOPLE]))
        try:
            await stage.start()
            stream = await _recorded(stage)
        finally:
            await stage.stop()
    return stream


async def _recorded(stage: Stage) -> bytes:
    """What was said from the first call to the end of the last."""
    phones = [
        BaresipPhone(stage.phone_folder(each), stage.account(each), stage.sip, answer_after_s=1.0)
        for each in stage.extensions
    ]
    try:
        await asyncio.gather(*(phone.register() for phone in phones))
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.asterisk.settings.ami.port)
        writer.write(b"Action: Login\r\nUsername: everything\r\nSecret: %s\r\n\r\n" % _SECRET.encode())
        heard = asyncio.create_task(_heard(reader))
        talks = [asyncio.create_task(_talk(phone)) for phone in phones]
        await asyncio.gather(*(_call(stage, place, *each) for place, each in enumerate(_CALLERS)))
        await asyncio.sleep(1.0)
        for talk in talks:
            talk.cancel()
        writer.close()
        return await heard
    finally:
        await asyncio.gather(*(phone.stop() for phone in phones), return_exceptions=True)


async def _heard(reader: asyncio.StreamReader) -> bytes:
    """All whole events after the log-in."""
    data = bytearray()
    while chunk := await reader.read(1 << 16):
        data += chunk
    first = data.find(b"Event: Newchannel")
    return bytes(data[first : data.rfind(b"\r\n\r\n") + 4])


async def _talk(phone: BaresipPhone) -> None:
    """One call after the other, each ended by the agent."""
    while True:
        await phone.wait_established(_PATIENCE_S)
        await asyncio.sleep(_TALK_S)
        await phone.hang_up()
        await phone.wait_ended(_PATIENCE_S)


async def _call(stage: Stage, place: int, number: str, keys: str) -> None:
    await asyncio.sleep(place * 1.5)
    caller = Caller(stage.folder / "callers" / number, number, stage.sip)
    try:
        await caller.dial("02088886666")
        await caller.press_at([(_MENU_S + 4.0 * turn, key) for turn, key in enumerate(keys)])
        if keys:
            await caller.wait_ended(_PATIENCE_S)
        else:
            await asyncio.sleep(_MENU_S)
            await caller.hang_up()
    finally:
        await caller.stop()


def main(target: Path) -> None:
    stream = asyncio.run(asyncio.wait_for(record(), _LIMIT_S))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(stream, 9, mtime=0))
    size = target.stat().st_size
    print(f"{target}: {stream.count(b'Event: ')} events, {len(stream)} bytes, {size} compressed")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else STREAM)

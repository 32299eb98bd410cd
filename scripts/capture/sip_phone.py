"""A small SIP phone with several lines over UDP: what baresip 1.0 cannot do (attended transfer, hold and resume, any
reason to refuse, any bytes as a name). For captures on one machine: no retransmission, silence as sound."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import struct
from dataclasses import dataclass, field
from urllib.parse import quote

from scripts.capture.sip_message import SipMessage, parse

LIMIT_S = 20.0
_REASONS = {100: "Trying", 180: "Ringing", 200: "OK", 202: "Accepted", 486: "Busy Here", 603: "Decline", 480: "Away"}
_count = itertools.count(1)


@dataclass
class Line:
    """One dialog. `state`: calling, ringing, up or over."""

    remote: str
    local: str
    call_id: str
    target: str
    state: str = "calling"
    invite: SipMessage | None = None
    cseq: int = 0
    code: int = 0
    sent: str = ""  # the branch of our INVITE
    early: str = ""  # the other side's address while it rings


@dataclass
class SipPhone(asyncio.DatagramProtocol):
    """`name` are the bytes shown before the number."""

    user: str
    server: tuple[str, int]
    password: str = ""
    name: bytes = b""
    lines: list[Line] = field(default_factory=list)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._answers: dict[str, asyncio.Queue[SipMessage]] = {}
        self._news = asyncio.Condition()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        self._sound, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
        self._silence: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        tasks = [*self._tasks, *([self._silence] if self._silence else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._transport.close()
        self._sound.close()

    async def register(self) -> None:
        line = Line(f"<{self._uri(self.user)}>", self._local(), _token(), self._uri())
        code = (await self._ask(line, "REGISTER", {"Contact": self._contact(), "Expires": "120"}))[-1].code
        if code != 200:
            raise RuntimeError(f"{self.user} could not register: {code}")

    async def dial(self, number: str) -> Line:
        """Returns at once; the line changes its state."""
        line = Line(f"<{self._uri(number)}>", self._local(), _token(), self._uri(number))
        self.lines.append(line)
        self._do(self._invited(line))
        return line

    async def answer(self, line: Line) -> None:
        assert line.invite is not None
        self._reply(line.invite, 200, line, self._sdp())
        self._hear(line.invite.body)
        await self._set(line, "up")

    async def refuse(self, line: Line, code: int) -> None:
        assert line.invite is not None
        self._reply(line.invite, code, line)
        await self._set(line, "over")

    async def hang_up(self, line: Line) -> None:
        if line.state == "calling":
            self._send(self._request(line, "CANCEL", line.cseq, line.sent, {}, ""))
        elif line.state == "up":
            await self._set(line, "over")
            await self._ask(line, "BYE")

    async def hold(self, line: Line) -> None:
        await self._ask(line, "INVITE", {"Contact": self._contact()}, self._sdp("sendonly"))

    async def resume(self, line: Line) -> None:
        await self._ask(line, "INVITE", {"Contact": self._contact()}, self._sdp())

    async def refer(self, line: Line, to: Line) -> None:
        """Connect the parties of two lines with each other, and leave."""
        tag = (
            re.findall(r"tag=([^;>]+)", to.remote if to.state == "up" else to.early),
            re.findall(r"tag=([^;>]+)", to.local),
        )
        replaces = quote(f"{to.call_id};to-tag={tag[0][0]};from-tag={tag[1][0]}", safe="")
        uri = re.findall(r"<([^>]+)>", to.remote)[0]
        headers = {"Refer-To": f"<{uri}?Replaces={replaces}>", "Contact": self._contact(), "Referred-By": line.local}
        await self._ask(line, "REFER", headers)

    async def until(self, line: Line | None, state: str) -> Line:
        """That line, or any, in that state."""

        def found() -> Line | None:
            return next((each for each in self.lines if line in (None, each) and each.state == state), None)

        async with asyncio.timeout(LIMIT_S), self._news:
            while (there := found()) is None:
                await self._news.wait()
            return there

    def datagram_received(self, data: bytes, _address: tuple[str, int]) -> None:
        message = parse(data)
        if message.code:
            asked = re.findall(r"branch=([^;,\s]+)", message.headers["via"])[0] + message.method
            if asked in self._answers:
                self._answers[asked].put_nowait(message)
        else:
            self._do(self._asked(message))

    async def _asked(self, message: SipMessage) -> None:
        method, call_id = message.first.split()[0], message.headers["call-id"]
        line = next((each for each in self.lines if each.call_id == call_id and each.state != "over"), None)
        if method == "INVITE" and line is None:
            await self._rings(message)
        elif method == "INVITE" and line is not None:
            self._reply(message, 200, line, self._sdp())
        elif method in ("BYE", "CANCEL"):
            self._reply(message, 200, line)
            if line is not None:
                if method == "CANCEL" and line.invite is not None:
                    self._reply(line.invite, 487, line)
                await self._set(line, "over")
        elif method != "ACK":
            self._reply(message, 200, line)

    async def _rings(self, message: SipMessage) -> None:
        headers = message.headers
        local = f"{headers['to']};tag={_token()}"
        target = re.findall(r"<([^>]+)>", headers["contact"])[0]
        line = Line(headers["from"], local, headers["call-id"], target, "ringing", message)
        self.lines.append(line)
        self._reply(message, 180, line)
        await self._set(line, "ringing")

    async def _invited(self, line: Line) -> None:
        answers = await self._ask(line, "INVITE", {"Contact": self._contact()}, self._sdp())
        line.code = answers[-1].code
        if line.code == 200:
            self._hear(answers[-1].body)
        await self._set(line, "up" if line.code == 200 else "over")

    async def _set(self, line: Line, state: str) -> None:
        async with self._news:
            line.state = state
            self._news.notify_all()

    async def _ask(
        self, line: Line, method: str, headers: dict[str, str] | None = None, body: str = ""
    ) -> list[SipMessage]:
        """The answers up to the final one, after saying the password where it is asked for."""
        answers = await self._once(line, method, headers or {}, body)
        if answers[-1].code in (401, 407):
            answers = await self._once(
                line, method, {**(headers or {}), **self._proof(line, method, answers[-1])}, body
            )
        return answers

    async def _once(self, line: Line, method: str, headers: dict[str, str], body: str) -> list[SipMessage]:
        line.cseq += 1
        branch = f"z9hG4bK{_token()}"
        queue = self._answers[branch + method] = asyncio.Queue()
        if method == "INVITE":
            line.sent = branch
        self._send(self._request(line, method, line.cseq, branch, headers, body))
        answers = [await asyncio.wait_for(queue.get(), LIMIT_S)]
        while answers[-1].code < 200:
            if method == "INVITE" and "tag=" in answers[-1].headers["to"]:
                line.early = answers[-1].headers["to"]
            answers.append(await asyncio.wait_for(queue.get(), LIMIT_S))
        final = answers[-1]
        if method == "INVITE":
            if final.code == 200:
                line.remote = final.headers["to"]
                line.target = re.findall(r"<([^>]+)>", final.headers["contact"])[0]
                branch = f"z9hG4bK{_token()}"
            remote, line.remote = line.remote, final.headers["to"]
            self._send(self._request(line, "ACK", line.cseq, branch, {}, ""))
            line.remote = remote
        return answers

    def _proof(self, line: Line, method: str, asked: SipMessage) -> dict[str, str]:
        name = "www-authenticate" if asked.code == 401 else "proxy-authenticate"
        said = dict(re.findall(r'(\w+)="([^"]*)"', asked.headers[name]))
        mine = _md5(f"{self.user}:{said['realm']}:{self.password}")
        theirs = _md5(f"{method}:{line.target}")
        qop = f"{said['nonce']}:00000001:c:auth" if "qop" in asked.headers[name] else said["nonce"]
        extra = ', qop=auth, nc=00000001, cnonce="c"' if "qop" in asked.headers[name] else ""
        opaque = f', opaque="{said["opaque"]}"' if "opaque" in said else ""
        value = (
            f'Digest username="{self.user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{line.target}", '
            f'response="{_md5(f"{mine}:{qop}:{theirs}")}", algorithm=MD5{extra}{opaque}'
        )
        return {"Authorization" if asked.code == 401 else "Proxy-Authorization": value}

    def _request(self, line: Line, method: str, cseq: int, branch: str, headers: dict[str, str], body: str) -> bytes:
        head = {
            "Via": f"SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch={branch}",
            "Max-Forwards": "70",
            "From": line.local,
            "To": line.remote,
            "Call-ID": line.call_id,
            "CSeq": f"{cseq} {method}",
            **headers,
        }
        return self._packed(f"{method} {line.target} SIP/2.0", head, body)

    def _reply(self, message: SipMessage, code: int, line: Line | None, body: str = "") -> None:
        same = {key: message.headers[key] for key in ("via", "from", "call-id", "cseq")}
        to = line.local if line is not None and line.invite is not None else message.headers["to"]
        head = {**same, "To": to, "Contact": self._contact()}
        self._send(self._packed(f"SIP/2.0 {code} {_REASONS.get(code, 'No')}", head, body))

    def _packed(self, first: str, headers: dict[str, str], body: str) -> bytes:
        kind = {"Content-Type": "application/sdp"} if body else {}
        rows = [f"{key}: {value}" for key, value in {**headers, **kind, "Content-Length": str(len(body))}.items()]
        text = "\r\n".join([first, *rows, "", body]).encode()
        return text.replace(b"@NAME@", self.name)

    def _send(self, data: bytes) -> None:
        self._transport.sendto(data, self.server)

    def _hear(self, sdp: str) -> None:
        """Send silence to where the other side wants sound."""
        port = int(re.findall(r"m=audio (\d+)", sdp)[0])
        if self._silence:
            self._silence.cancel()
        self._silence = asyncio.create_task(self._be_silent(port), name=f"silence {self.user}")

    async def _be_silent(self, port: int) -> None:
        for n in itertools.count():
            head = struct.pack("!BBHII", 0x80, 8, n & 0xFFFF, (n * 160) & 0xFFFFFFFF, 4711)
            self._sound.sendto(head + b"\xd5" * 160, ("127.0.0.1", port))
            await asyncio.sleep(0.02)

    def _sdp(self, way: str = "sendrecv") -> str:
        port, version = self._sound.get_extra_info("sockname")[1], next(_count)
        return (
            f"v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na={way}\r\n"
        )

    def _uri(self, user: str = "") -> str:
        return f"sip:{user}@{self.server[0]}:{self.server[1]}" if user else f"sip:{self.server[0]}:{self.server[1]}"

    def _local(self) -> str:
        shown = '"@NAME@" ' if self.name else ""
        return f"{shown}<{self._uri(self.user)}>;tag={_token()}"

    def _contact(self) -> str:
        return f"<sip:{self.user}@127.0.0.1:{self.port}>"

    def _do(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[var-annotated, call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _token() -> str:
    return f"c{next(_count)}x{next(_count)}"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

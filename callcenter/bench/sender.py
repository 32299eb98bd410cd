"""Plays Asterisk's manager interface and says a recorded stream as fast as it is taken.

Run as `python -m callcenter.bench.sender EVENTS STREAM`; prints its port. Each connection that logs in is told EVENTS
events, then it is closed. With the user name `many` the calls are others each time round.
"""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
from pathlib import Path

from callcenter.bench.stream import Stream, read

MANY = "many"
_BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
_HEADER = re.compile(rb"(?m)^(\w+): (.*)\r$")
_SEND_BUFFER = 4_000_000
# Between the log-in and the stream, so that every client has come to rest.
BREATH_S = 0.2


def serve(events: int, stream: Stream) -> None:
    """Serve until killed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            client, _address = server.accept()
            threading.Thread(target=_tell, args=(client, events, stream), daemon=True).start()


def _tell(client: socket.socket, events: int, stream: Stream) -> None:
    with client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        try:
            user = _let_in(client)
            time.sleep(BREATH_S)
            rounds, rest = divmod(events, stream.events)
            for number in range(rounds):
                client.sendall(stream.retold(number) if user == MANY else stream.data)
            client.sendall(b"".join(block + b"\r\n\r\n" for block in stream.data.split(b"\r\n\r\n")[:rest]))
            client.shutdown(socket.SHUT_WR)
            while client.recv(1 << 16):
                pass
        except OSError:
            return  # the client left


def _let_in(client: socket.socket) -> str:
    """Answer until somebody logs in; his name."""
    client.sendall(_BANNER)
    data = b""
    while True:
        chunk = client.recv(1 << 16)
        if not chunk:
            raise ConnectionResetError
        data += chunk
        while (end := data.find(b"\r\n\r\n")) >= 0:
            headers = {name.decode().lower(): value for name, value in _HEADER.findall(data[: end + 2])}
            data = data[end + 4 :]
            answer = b"Response: Success\r\nActionID: %s\r\n" % headers.get("actionid", b"")
            login = headers.get("action", b"").lower() == b"login"
            client.sendall(answer + (b"\r\n" + _BOOTED if login else b"Challenge: 1\r\n\r\n"))
            if login:
                return str(headers.get("username", b""), "utf-8", "replace")


if __name__ == "__main__":
    serve(int(sys.argv[1]), read(Path(sys.argv[2])))

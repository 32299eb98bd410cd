"""What we ask of Asterisk, and which of its messages are the answer."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping

from callcenter.asterisk.ami.messages import AmiMessage

Header = str | int | Iterable[str]

_MARK = b"ActionID: cc-"
_PREFIX = "cc-"
_KEY = re.compile(r"[A-Za-z][\w()-]*", re.ASCII)
_BREAKS = re.compile(r"[\r\n\0]")
# Answers that nobody waits for any more are recognised so long.
_MOST_ABANDONED = 1000
# Whoever takes a list's items so much more slowly than they come would have the whole list in memory.
MOST_WAITING = 20_000


class NotConnected(Exception):
    """No connection right now; it is being restored. Passing."""


class ActionFailed(Exception):
    """Asterisk answered an action with an error. `message` is its whole answer."""

    def __init__(self, action: str, message: AmiMessage) -> None:
        super().__init__(f"{action}: {message.get('Message')}")
        self.message = message


class ListOverrun(Exception):
    """A list's items were not taken as fast as they came; the rest is dropped."""


class Asked:
    """One action under way, and the messages of its answer."""

    def __init__(self, name: str, action_id: str) -> None:
        self.name, self.action_id = name, action_id
        self.complete = False  # nothing more will come
        self._answered = self._left = False
        self._items: deque[AmiMessage] = deque()
        self._error: Exception | None = None
        self._news = asyncio.Event()

    def __aiter__(self) -> Asked:
        return self

    async def __anext__(self) -> AmiMessage:
        """The next message. Raises what ended the action early, after what came before it."""
        while not (self._items or self.complete or self._error):
            self._news.clear()
            await self._news.wait()
        if self._items:
            return self._items.popleft()
        raise self._error or StopAsyncIteration

    def take(self, message: AmiMessage) -> bool:
        """Whether the message belongs to the answer. A list's events carry the id of the action that asked."""
        if self.complete or (message.name and not self._answered):
            return False
        self._answered = True
        part = message.get("EventList").lower()
        if message.response == "Error":
            self.end(ActionFailed(self.name, message))
            return True
        if part != "complete":
            self._keep(message)
        if part == "complete" or not (message.name or part == "start"):
            self.end()
        self._news.set()
        return True

    def _keep(self, message: AmiMessage) -> None:
        if not self._left:
            self._items.append(message)
        if len(self._items) > MOST_WAITING:
            self.leave()
            self._error = ListOverrun(self.name)

    def leave(self) -> None:
        """Keep nothing of what still comes."""
        self._left = True
        self._items.clear()

    def end(self, error: Exception | None = None) -> None:
        """Nothing more will come."""
        if not self.complete:
            self.complete = True
            self._error = self._error or error
        self._news.set()


class Answers:
    """The actions of one connection that wait for their answer, and those that nobody waits for any more."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._asked: dict[str, Asked] = {}
        self._abandoned: OrderedDict[str, Asked] = OrderedDict()

    @property
    def awaited(self) -> bool:
        """Whether any message may be an answer."""
        return bool(self._asked or self._abandoned)

    def begin(self, name: str) -> Asked:
        asked = Asked(name, f"{_PREFIX}{next(self._numbers)}")
        self._asked[asked.action_id] = asked
        return asked

    def leave(self, asked: Asked) -> None:
        """Nobody waits for it any more. What still comes of it is no other's answer, and no event either."""
        self._asked.pop(asked.action_id, None)
        asked.leave()
        if not asked.complete:
            self._abandoned[asked.action_id] = asked
        while len(self._abandoned) > _MOST_ABANDONED:
            self._abandoned.popitem(last=False)

    def take(self, message: AmiMessage) -> bool:
        """Whether the message is an answer, or what is left of one."""
        if _MARK not in message.raw:
            return False
        action_id = message.action_id
        asked = self._asked.get(action_id) or self._abandoned.get(action_id)
        if asked is None:
            return False
        belongs = asked.take(message)
        if asked.complete:
            self._abandoned.pop(action_id, None)
        return belongs

    def end(self, error: Exception) -> None:
        """The connection is gone."""
        for asked in self._asked.values():
            asked.end(error)
        self._abandoned.clear()


def encode(name: str, action_id: str, headers: Mapping[str, Header]) -> bytes:
    """One action as bytes. ValueError for what would begin another header: a line break, or a colon in a name."""
    lines = [("Action", name), ("ActionID", action_id)]
    for key, value in headers.items():
        many = [str(value)] if isinstance(value, str | int) else list(value)
        lines += [(key, item) for item in many]
    text = ""
    for key, item in lines:
        if _BREAKS.search(key + item) or not _KEY.fullmatch(key):
            raise ValueError(f"control character in header {key!r} of action {name!r}")
        text += f"{key}: {item}\r\n"
    return (text + "\r\n").encode()

"""A conversation's rows written to files, as far as Asterisk had come at a moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.asterisk.files import cdr, cel, queue_log
from tests.wire.conversations import Conversation

# What the manager says when a row is written; its own time is a whole second.
_BESIDE = {
    "ENTERQUEUE": "QueueCallerJoin",
    "CONNECT": "AgentConnect",
    "ABANDON": "QueueCallerAbandon",
    "EXITWITHTIMEOUT": "VarSet",
    "EXITEMPTY": "VarSet",
    "COMPLETECALLER": "AgentComplete",
    "COMPLETEAGENT": "AgentComplete",
    "BLINDTRANSFER": "BlindTransfer",
}


def write(conversation: Conversation, folder: Path, until: datetime) -> None:
    """CEL and queue_log up to a moment, CDR whole. Bridges get the short names that the messages have for them."""
    for file in (cel.FILE, cdr.FILE):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
    text = _text(line for line in conversation.lines["cel"] if (row := cel.parse(line)) and row.at < until)
    for bridge, short in _bridges(conversation).items():
        text = text.replace(bridge, short)
    (folder / cel.FILE).write_text(text)
    (folder / queue_log.FILE).write_text(_text(line for at, line in _queue_rows(conversation) if at < until))
    (folder / cdr.FILE).write_text(_text(conversation.lines["cdr"]))


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _queue_rows(conversation: Conversation) -> Iterator[tuple[datetime, str]]:
    """Each with the moment in which it was written."""
    said: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for message in _messages(conversation):
        if message.name != "VarSet" or message.get("Variable") == "QUEUESTATUS":
            whose = message.get("TransfereeUniqueid") or message.get("Uniqueid")
            said[message.name, whose].append(datetime.fromtimestamp(float(message.get("Timestamp")), UTC))
    for line in conversation.lines["queue_log"]:
        row = queue_log.parse(line)
        if row is None:
            continue
        moments = said[_BESIDE.get(row.event, ""), row.uniqueid]
        while moments and moments[0] < row.at:
            moments.pop(0)
        yield moments.pop(0) if moments else row.at, line


def _messages(conversation: Conversation) -> list[AmiMessage]:
    return [message for raw in conversation.raw for message in AmiParser().feed(raw)]


def _bridges(conversation: Conversation) -> dict[str, str]:
    rows = [row for line in conversation.lines["cel"] if (row := cel.parse(line)) and row.event == "BRIDGE_ENTER"]
    heard = [message for message in _messages(conversation) if message.name == "BridgeEnter"]
    found: dict[str, str] = {}
    for uniqueid in {row.uniqueid for row in rows}:
        filed = [row.extra["bridge_id"] for row in rows if row.uniqueid == uniqueid]
        told = [message.get("BridgeUniqueid") for message in heard if message.get("Uniqueid") == uniqueid]
        found |= dict(zip(filed, told, strict=True))
    return found

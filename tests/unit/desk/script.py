"""Calls as text: `seconds verb arguments` in, `extension message ...` out.

3 ring 1001 r1  > 1001 opened ringing
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.desk.fold import Card
from callcenter.desk.pops import Pops
from callcenter.desk.protocol import Pop, PopChanged, PopClosed, PopOpened
from callcenter.desk.shown import Addressed
from callcenter.events import Event, calls, complaints, people

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CARD = Card(number="+8613800138000", withheld=False, read_at=START)


def event_of(line: str, call_id: str = "c1") -> Event:
    """The domain event that a line of a script names. `call:verb` is about another call."""
    seconds, verb, *rest = line.split()
    if ":" in verb:
        call_id, verb = verb.split(":")
    at = START + timedelta(seconds=float(seconds))
    queue = rest[2] if len(rest) > 2 else "complaint"
    match verb:
        case "start":
            return calls.CallStarted(
                at=at,
                call_id=call_id,
                server="pbx",
                linked_id="1.1",
                direction="inbound",
                number=rest[0],
                dialled="02088886666",
            )
        case "dial":
            return calls.CallStarted(
                at=at,
                call_id=call_id,
                server="pbx",
                linked_id="1.2",
                direction="internal",
                number=rest[1],
                dialled=rest[1],
                extension=rest[0],
            )
        case "note":
            return calls.CallNoted(at=at, call_id=call_id, user_id=f"u{rest[0]}", extension=rest[0])
        case "ticket":
            return complaints.TicketOpened(at=at, call_id=call_id, ticket_id="t1", number="202611-0042", kind="repair")
        case "merge":
            return calls.CallEnded(at=at, call_id=call_id, outcome="merged", cause="transferred", merged_into=rest[0])
        case "chose":
            return calls.CallClassified(at=at, call_id=call_id, menu_path=rest[0], kind=rest[1], language=rest[2])
        case "queue":
            return calls.CallQueued(at=at, call_id=call_id, queue=rest[0], position=1)
        case "ring":
            return calls.CallRinging(
                at=at, call_id=call_id, extension=rest[0], ring_id=rest[1], queue=None if queue == "-" else queue
            )
        case "rang":
            return calls.CallRinging(at=at, call_id=call_id, extension=rest[0], ring_id=rest[1], queue=queue, over=True)
        case "stop":
            return calls.CallRingStopped(
                at=at,
                call_id=call_id,
                extension=rest[0],
                ring_id=rest[1],
                reason=rest[2],  # type: ignore[arg-type]
            )
        case "answer":
            queue_name = rest[1] if len(rest) > 1 else "complaint"
            return calls.CallAnswered(
                at=at, call_id=call_id, extension=rest[0], queue=None if queue_name == "-" else queue_name
            )
        case "left":
            return calls.CallAgentLeft(at=at, call_id=call_id, extension=rest[0])
        case "end":
            return calls.CallEnded(at=at, call_id=call_id, outcome=rest[0], cause="normal")  # type: ignore[arg-type]
        case "agent":
            return people.PresenceChanged(
                at=at,
                user_id=f"u{rest[0]}",
                extension=rest[0],
                state=rest[1],  # type: ignore[arg-type]
            )
    raise ValueError(line)


def told(messages: list[Addressed]) -> list[str]:
    """Messages as text."""
    shown = []
    for extension, message in messages:
        match message:
            case PopOpened() | PopChanged():
                verb = "opened" if isinstance(message, PopOpened) else "changed"
                shown.append(f"{extension} {verb} {message.pop.state}")
            case PopClosed():
                shown.append(f"{extension} closed {message.reason}")
    return sorted(shown)


class Screen:
    """An agent's screen: a snapshot, and the messages since."""

    def __init__(self, pops: tuple[Pop, ...] = ()) -> None:
        self.pops = {pop.call_id: pop for pop in pops}

    def take(self, extension: str, messages: list[Addressed]) -> None:
        """Apply what is addressed to this screen; refuse what no screen could apply."""
        for to, message in messages:
            if to != extension:
                continue
            match message:
                case PopOpened(pop=pop):
                    assert pop.call_id not in self.pops, "a pop twice"
                    self.pops[pop.call_id] = pop
                case PopChanged(pop=pop):
                    assert pop.call_id in self.pops, "a change of nothing"
                    self.pops[pop.call_id] = pop
                case PopClosed(call_id=call_id):
                    del self.pops[call_id]


def play(script: str, pops: Pops | None = None, *, read_at_once: bool = True) -> Pops:
    """Play a script and check what each line says must be told. The caller's card is there at once."""
    pops = pops or Pops()
    for line in filter(None, (line.strip() for line in script.splitlines())):
        said, _, wanted = line.partition(">")
        if " card" in said:
            messages = pops.learn(said.split()[2] if len(said.split()) > 2 else "c1", CARD)
        else:
            event = event_of(said)
            messages = pops.apply(event)
            if read_at_once and isinstance(event, calls.CallStarted):
                pops.learn(event.call_id, CARD)
        assert told(messages) == sorted(filter(None, (part.strip() for part in wanted.split(";")))), line
    return pops

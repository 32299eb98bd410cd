"""What the ledger makes of messages, as the lines that stand in the sections [record] and [events]."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.calls.session import CallSession
from callcenter.calls.tracker import CallTracker, Change, wanted
from callcenter.events import Event
from tests.wire.conversations import Conversation

AGENTS = {number: f"user-{number}" for number in ("1001", "1002", "1003", "1004", "1005")}
_LATE = datetime(2030, 1, 1, tzinfo=UTC)
_UNSAID = {"type", "at", "call_id", "server", "linked_id", "ring_id", "over"}


@dataclass
class Ledger:
    """A tracker that remembers all calls and events."""

    tracker: CallTracker = field(init=False)
    calls: dict[str, CallSession] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        ids = (f"{n}" for n in itertools.count(1))
        self.tracker = CallTracker("pbx", AGENTS, lambda: next(ids))

    def hear(self, message: AmiMessage) -> None:
        if wanted(message):
            self.note(self.tracker.apply(message, _LATE))

    def note(self, changes: Iterable[Change]) -> None:
        for call, happened in changes:
            self.calls[call.record.id] = call
            self.events += happened


def played(raw: Iterable[bytes]) -> Ledger:
    """The ledger after these bytes of the manager."""
    ledger, parser = Ledger(), AmiParser()
    for piece in raw:
        for message in parser.feed(piece):
            ledger.hear(message)
    return ledger


@dataclass(frozen=True)
class Teller:
    """Puts calls and events into words. `names` are the aliases of channels by unique id."""

    zero: float
    names: dict[str, str]

    def record(self, calls: Iterable[CallSession]) -> list[str]:
        return [line for call in calls for line in self._call(call)]

    def events(self, events: Iterable[Event]) -> list[str]:
        return [self._event(event) for event in events]

    def _call(self, call: CallSession) -> list[str]:
        r = call.record
        cause = f"{r.end_cause}" + (f" into {r.merged_into}" if r.merged_into else "") + (" gap" if r.gap else "")
        said = {"menu": r.menu_path, "kind": r.kind, "language": r.language, "agent": r.extension}
        times = {"started": r.started_at, "queued": r.queued_at, "answered": r.answered_at, "ended": r.ended_at}
        parts = [f"{key} {value}" for key, value in said.items() if value]
        parts += [f"{key} {self._s(at)}" for key, at in times.items() if at]
        if r.recording_uniqueid:
            parts.append(f"recorded {self._name(r.recording_uniqueid)} since {self._s(r.recording_started_at)}")
        return [
            f"call {r.id} {r.direction} {r.outcome} {cause}: {r.number or 'withheld'} -> {r.dialled or '-'}",
            f"  {', '.join(parts)}",
            *(f"  queue {v.queue} {self._s(v.joined_at)} {self._s(v.left_at)} {v.outcome}" for v in r.visits),
            *(self._leg(leg) for leg in call.legs.values()),
            *(f"  talk {self._name(t.uniqueid)} {self._s(t.started_at)} {self._s(t.ended_at)}" for t in call.talks),
            *(f"  hold {self._name(h.uniqueid)} {self._s(h.started_at)} {self._s(h.ended_at)}" for h in call.holds),
        ]

    def _leg(self, leg: object) -> str:
        times = " ".join(self._s(getattr(leg, key)) for key in ("started_at", "ringing_at", "answered_at", "ended_at"))
        return f"  leg {self._name(leg.uniqueid)} {leg.role} {times} {leg.cause}"  # type: ignore[attr-defined]

    def _event(self, event: Event) -> str:
        values = event.model_dump(exclude=_UNSAID, exclude_none=True)
        return " ".join([f"{self._s(event.at):>6}", event.call_id or "-", event.type, *(_told(values.items()))])

    def _s(self, at: datetime | None) -> str:
        return f"{at.timestamp() - self.zero:.3f}" if at else "-"

    def _name(self, uniqueid: str) -> str:
        return self.names.get(uniqueid, uniqueid)


def teller(conversation: Conversation) -> Teller:
    names = {channel.uniqueid: alias for alias, channel in conversation.channels.items()}
    return Teller(conversation.started, names)


def _told(values: Iterable[tuple[str, object]]) -> list[str]:
    return [f"{key}={value}" for key, value in values if value != ""]


def summary(call: CallSession) -> str:
    """As the scenario said it: direction, outcome, queues, `by` those who talked with the far party."""
    queues = [visit.queue for visit in call.record.visits]
    talked = [talk.extension for talk in sorted(call.talks, key=lambda talk: (talk.started_at, talk.extension))]
    return " ".join(
        [call.record.direction, call.record.outcome or "alive", *queues, *(["by", *talked] if talked else [])]
    )

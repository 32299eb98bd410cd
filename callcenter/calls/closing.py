"""A gap while it is closed: what the listener is told of it, and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from callcenter.calls.gaps import ClosedBy, Gap, Why
from callcenter.calls.heard import Known, Overlap
from callcenter.calls.ports import PbxSnapshot
from callcenter.calls.tracker import Change
from callcenter.events.calls import CallEnded, CallStarted


@dataclass(frozen=True)
class Lost:
    """From here on Asterisk is not heard."""

    why: Why


@dataclass(frozen=True)
class Shown:
    """Asterisk is heard again, since `since` by its own clock, and this is what was alive a moment later."""

    snapshot: PbxSnapshot
    since: datetime


@dataclass(frozen=True)
class Beat:
    """All that Asterisk said up to this moment, by its own clock, has been heard."""

    at: datetime


@dataclass
class Retold:
    """What the files tell of a gap, on the way: `since` when; `known` was heard all the same; `boots`: when Asterisk
    began anew, and what lived then has not been ended yet; `last` the moment of what was told last."""

    since: datetime
    known: Known
    overlap: Overlap
    boots: list[datetime] = field(default_factory=list)
    last: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.last = self.since


@dataclass
class Closing:
    """`gap` is None where nobody knows since when Asterisk was not heard. `alive`: the calls that lived when it began.
    `told`: the files have told all; `holds`: calls of which only those may be missing."""

    shown: Shown
    gap: Gap | None
    alive: Collection[str]
    restarted: bool
    told: bool = False
    found: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    holds: set[str] = field(default_factory=set)

    def note(self, changes: Iterable[Change]) -> None:
        for call, events in changes:
            self.found.update(event.call_id for event in events if isinstance(event, CallStarted))
            self.ended.update(event.call_id for event in events if isinstance(event, CallEnded))
            if call.record.holds_gap:
                self.holds.add(call.record.id)

    def so_far(self, gap: Gap) -> Gap:
        """The gap as it is, while it is open: a process that was killed over it leaves this to the next one."""
        return replace(
            gap,
            found=gap.found + len(self.found),
            ended=gap.ended + len(self.ended.intersection(self.alive)),
            holds=gap.holds + len(self.holds),
        )

    def closed(self, gap: Gap, marked: Iterable[str]) -> Gap:
        """The gap when Asterisk has shown what is alive. `marked`: calls that may lack anything."""
        calls = frozenset(marked)
        self.holds -= calls
        by: ClosedBy = "files" if self.told else "snapshot"
        return replace(self.so_far(gap), ended_at=self.shown.since, closed_by=by, calls=calls)

"""What the ledger and Asterisk's files can disagree over, and how near is the same. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from callcenter.calls.record import CallRecord, Leg, Talk

Kind = Literal[
    "call_missing",
    "call_unknown",
    "call_twice",
    "leg_missing",
    "leg_extra",
    "leg_twice",
    "leg_extension",
    "direction",
    "number",
    "agent",
    "start_time",
    "answer_time",
    "end_time",
    "bridged_seconds",
    "queue",
    "queue_missing",
    "queue_extra",
    "queue_time",
    "queue_outcome",
    "cut_by_crash",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
TOLERANCE = timedelta(seconds=1)
NOTHING = "-"


@dataclass(frozen=True)
class Kept:
    """A call as the ledger holds it."""

    record: CallRecord
    legs: Mapping[str, Leg]
    talks: Sequence[Talk]


@dataclass(frozen=True)
class Disagreement:
    """What one call is, by the ledger and by Asterisk's files. `what` is the channel or thing in question; `call_id` is
    None for a call that the ledger has not. `linked_id` finds it in the files. `marked`: the ledger says itself that
    this call may lack something."""

    kind: Kind
    call_id: str | None
    linked_id: str
    what: str
    ledger: str
    files: str
    marked: bool = False

    @property
    def known(self) -> bool:
        """The ledger knows of it as well as it can be known: nothing to be mended."""
        return self.marked or self.kind == "cut_by_crash"


def tally(found: Iterable[Disagreement]) -> dict[Kind, int]:
    """How many of each kind; kinds without any are left out."""
    found = list(found)
    return {kind: count for kind in KINDS if (count := sum(each.kind == kind for each in found))}


def differs(kind: Kind, call: Kept, what: str, ledger: str, files: str) -> Disagreement:
    """A disagreement over a call that the ledger has."""
    record = call.record
    return Disagreement(kind, record.id, record.linked_id, what, ledger or NOTHING, files or NOTHING, record.gap)


def times_differ(
    kind: Kind, call: Kept, what: str, ledger: datetime | None, files: datetime | None
) -> Iterable[Disagreement]:
    """One when two times are further apart than they may be, or one of them is not known."""
    return [] if same(ledger, files) else [differs(kind, call, what, shown(ledger), shown(files))]


def same(ledger: datetime | None, files: datetime | None) -> bool:
    """Whether two times are one, as near as Asterisk tells it."""
    if ledger is None or files is None:
        return ledger is files
    return abs(ledger - files) <= TOLERANCE


def shown(at: datetime | None) -> str:
    """For people, to the millisecond."""
    return at.isoformat(timespec="milliseconds") if at else NOTHING

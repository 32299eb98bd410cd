"""Who calls when, which phones ring, who answers, how it ends; and what a right ledger holds of it in the end. Pure.

Times are seconds from the beginning of the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "answered",
    "agent_ends",
    "abandoned",
    "rung_again",
    "given_up",
    "refused",
    "blind",
    "blind_refused",
    "attended",
    "in_menu",
]
KINDS: tuple[Kind, ...] = (
    "answered",
    "blind",
    "abandoned",
    "rung_again",
    "agent_ends",
    "attended",
    "refused",
    "in_menu",
    "given_up",
    "blind_refused",
)
Phase = Literal["warm_up", "steady", "storm", "burst", "real"]
# Path, kind and language that the caller chose.
Menu = tuple[str, str, str]


@dataclass(frozen=True)
class Wave:
    """Phones that ring for one call: each `gap` after the one before, all until `ends`."""

    phones: tuple[str, ...]
    begins: float
    ends: float
    gap: float

    def rings_at(self, place: int) -> float:
        """When Asterisk makes the channel of one of the phones."""
        return self.begins + place * self.gap


@dataclass(frozen=True)
class HandOver:
    """The first agent passes the caller on: he dials `target` at `dials`, who picks up at `answers` (None: refuses at
    `refuses`); the caller is his from `hands` on, which in a blind transfer is when it was answered."""

    target: str
    dials: float
    answers: float | None
    hands: float | None
    refuses: float | None = None


@dataclass(frozen=True)
class Call:
    """One call of the script. `joins` None: he hangs up in the menu; `answers` None: nobody picked up."""

    number: int
    kind: Kind
    phase: Phase
    caller: str
    queue: str
    begins: float
    ends: float
    joins: float | None = None
    waves: tuple[Wave, ...] = ()
    winner: str | None = None
    answers: float | None = None
    refuser: tuple[str, float] | None = None
    over: HandOver | None = None
    menu: Menu = ("main/complaint", "complaint", "zh")


@dataclass(frozen=True)
class Ring:
    """A phone rings for a call: its `turn`-th time."""

    number: int
    extension: str
    turn: int
    begins: float
    ends: float


@dataclass(frozen=True)
class Talk:
    """An agent and the caller hear each other."""

    extension: str
    begins: float
    ends: float


@dataclass(frozen=True)
class Truth:
    """What a right ledger holds of a call. `menu` None: he did not come to the end of it."""

    outcome: str
    menu: Menu | None
    queue: str | None
    extension: str | None
    begins: float
    joins: float | None
    answers: float | None
    ends: float
    talks: tuple[Talk, ...]


def truth(call: Call) -> Truth:
    """What a right ledger holds of it."""
    return Truth(
        outcome=_outcome(call),
        menu=call.menu if call.joins is not None else None,
        queue=call.queue if call.joins is not None else None,
        extension=call.over.target if call.over and call.over.answers else call.winner,
        begins=call.begins,
        joins=call.joins,
        answers=call.answers,
        ends=call.ends,
        talks=_talks(call),
    )


def rings(call: Call) -> list[Ring]:
    """Every time that a phone rings for it."""
    found = [
        Ring(call.number, phone, turn, wave.rings_at(place), _stops(call, wave, phone))
        for turn, wave in enumerate(call.waves)
        for place, phone in enumerate(wave.phones)
    ]
    if call.over:
        ends = call.over.answers or call.over.refuses or call.ends
        found.append(Ring(call.number, call.over.target, len(call.waves), call.over.dials, ends))
    return found


def weight(call: Call) -> int:
    """How many messages the manager interface will say of it, nearly."""
    if call.joins is None:
        return 7
    phones = sum(len(wave.phones) for wave in call.waves)
    in_vain = sum(len(wave.phones) for wave in call.waves[:-1])
    return 19 + phones * 13 + in_vain + (11 if call.winner else 0) + (25 if call.over else 0)


def _outcome(call: Call) -> str:
    if call.joins is None:
        return "in_menu"
    return "answered" if call.answers is not None else "abandoned"


def _talks(call: Call) -> tuple[Talk, ...]:
    if call.winner is None or call.answers is None:
        return ()
    if call.over is None:
        return (Talk(call.winner, call.answers, call.ends),)
    first = Talk(call.winner, call.answers, call.over.dials)
    if call.over.hands is None:
        return (first,)
    return (first, Talk(call.over.target, call.over.hands, call.ends))


def _stops(call: Call, wave: Wave, phone: str) -> float:
    refuser, at = call.refuser or ("", 0.0)
    return at if phone == refuser else wave.ends

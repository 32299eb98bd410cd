"""What the callers of a crowd are going to do, and what comes of each by right."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from callcenter.asterisk.sipp import ManyCall

from .scene import COMPLAINTS, SWITCHBOARD

# Straight to the complaint queue as well; there agents may consult before they transfer.
CONSULTING = "02088886668"
Transfer = Literal["", "blind", "attended"]
# The announcement, and the words before the queue, in seconds; a menu is awake after the first.
_NOTICE_S, _MENU_S, _CONNECTING_S = 3.5, 8.0, 6.0
# Who has been heard so long has a talk behind him, whoever ends it.
_PATIENT_S = 60.0


@dataclass(frozen=True)
class Act:
    """One call: the caller's part, then what the phones that he rings do.

    They leave the first `spurned` rings alone or refuse them (`refuses`), then pick up after `pick_up_s` (None: never).
    The agent hangs up after `talk_s` (None: the caller does) or transfers; then the other one hangs up after it.
    `where` is where the caller is at the end if no phone is picked up.
    """

    kind: str
    call: ManyCall
    pick_up_s: float | None = 0.8
    spurned: int = 0
    refuses: bool = False
    talk_s: float | None = None
    transfer: Transfer = ""
    where: Literal["in_menu", "abandoned"] = "abandoned"


# How many of a hundred calls are of each kind.
_SHARES = {
    "caller_ends": 20,
    "caller_ends_menu": 16,
    "agent_ends": 14,
    "agent_ends_menu": 12,
    "blind": 6,
    "attended": 5,
    "rings_in_vain": 6,
    "unserved": 7,
    "leaves_menu": 6,
    "hasty": 2,
    "refused": 4,
    "unheard": 2,
}


def cast(count: int, seed: int = 1) -> list[Act]:
    """So many callers, each with a number of his own; every kind is among them when there are twelve or more."""
    chance = random.Random(seed)
    kinds = list(_SHARES)[:count]
    kinds += chance.choices(list(_SHARES), weights=list(_SHARES.values()), k=count - len(kinds))
    chance.shuffle(kinds)
    return [_act(kind, str(13_100_000_000 + place), chance) for place, kind in enumerate(kinds)]


def _act(kind: str, number: str, chance: random.Random) -> Act:
    talk_s, pick_up_s = chance.uniform(3.0, 8.0), chance.uniform(0.3, 1.2)
    straight = ManyCall(number, COMPLAINTS, _PATIENT_S)
    chosen = ManyCall(number, SWITCHBOARD, _PATIENT_S, chance.choice("12"), _MENU_S + chance.uniform(0.0, 3.0))
    consulting = ManyCall(number, CONSULTING, _PATIENT_S)
    match kind:
        case "caller_ends":
            return Act(kind, _leaving(straight, _NOTICE_S + talk_s + 2.0), pick_up_s)
        case "caller_ends_menu":
            return Act(kind, _leaving(chosen, _CONNECTING_S + talk_s + 2.0), pick_up_s)
        case "agent_ends":
            return Act(kind, straight, pick_up_s, talk_s=talk_s)
        case "agent_ends_menu":
            return Act(kind, chosen, pick_up_s, talk_s=talk_s)
        case "blind":
            return Act(kind, straight, pick_up_s, talk_s=talk_s / 2, transfer="blind")
        case "attended":
            return Act(kind, consulting, pick_up_s, talk_s=talk_s / 2, transfer="attended")
        case "rings_in_vain":
            return Act(kind, _leaving(straight, _NOTICE_S + chance.uniform(2.0, 6.0)), None)
        case "unserved":
            return Act(kind, ManyCall(number, SWITCHBOARD, _CONNECTING_S + talk_s, "0", _MENU_S), None)
        case "leaves_menu":
            return Act(kind, ManyCall(number, SWITCHBOARD, chance.uniform(1.0, 9.0)), None, where="in_menu")
        case "hasty":
            return Act(kind, ManyCall(number, COMPLAINTS, chance.uniform(0.0, 0.4)), None, where="in_menu")
        case "refused":
            return Act(kind, straight, pick_up_s, spurned=1, refuses=True, talk_s=talk_s)
        case "unheard":
            return Act(kind, straight, pick_up_s, spurned=1, talk_s=talk_s)
    raise ValueError(kind)


def _leaving(call: ManyCall, stay_s: float) -> ManyCall:
    return ManyCall(call.number, call.dialled, stay_s, call.key, call.key_after_s)

"""What must stand in the ledger after a crowd has called, out of what callers and phones lived through themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.asterisk.sipp import Calls, MadeCall

from .acts import Act
from .crowd import Heard, Ordered

# The way of a message between two processes on a busy machine, in seconds.
_NEAR_S = 1.0
# A phone that is picked up in the moment in which the caller leaves: either may have been first.
_CLOSE_S = 0.3


@dataclass(frozen=True)
class Truth:
    """One call: which outcomes are right, and which phones were picked up, in order."""

    made: MadeCall
    outcomes: tuple[str, ...]
    answered: tuple[Heard, ...]
    transferred: bool


def truths(
    acts: Mapping[str, Act], calls: Calls, heard: Iterable[Heard], ordered: Iterable[Ordered]
) -> dict[str, Truth]:
    """By the caller's number."""
    answered: dict[str, list[Heard]] = {number: [] for number in acts}
    for ring in heard:
        if ring.answered_at is not None:
            answered[ring.number].append(ring)
    moved = {each.number for each in ordered if len(answered[each.number]) > 1}
    return {
        number: _truth(act, calls.by_number[number], answered[number], number in moved) for number, act in acts.items()
    }


def _truth(act: Act, made: MadeCall, answered: list[Heard], moved: bool) -> Truth:
    outcomes: tuple[str, ...] = ("answered",) if answered else (act.where,)
    first = min((each.answered_at or 0.0 for each in answered), default=0.0)
    if answered and (made.ended_at or 0.0) - first < _CLOSE_S:
        outcomes = ("answered", act.where)
    return Truth(made, outcomes, tuple(sorted(answered, key=lambda each: each.answered_at or 0.0)), moved)


def differences(wanted: Mapping[str, Truth], calls: Iterable[Mapping[str, Any]]) -> list[str]:
    """Where the ledger's calls, as the API details them, are not what they must be."""
    kept: dict[str, list[Mapping[str, Any]]] = {}
    for call in calls:
        kept.setdefault(call["raw_number"], []).append(call)
    found = [f"{number}: not called, but kept" for number in kept.keys() - wanted.keys()]
    for number, truth in wanted.items():
        rows = kept.get(number, [])
        if len(rows) != 1:
            found.append(f"{number}: kept {len(rows)} times")
            continue
        found += [f"{number}: {text}" for text in _unlike(truth, rows[0])]
    return found


def _unlike(truth: Truth, call: Mapping[str, Any]) -> Iterator[str]:
    if call["outcome"] not in truth.outcomes:
        yield f"outcome {call['outcome']}, not {truth.outcomes}"
    extensions = [entry["extension"] for entry in call["timeline"] if entry["kind"] == "answered"]
    if extensions != [each.extension for each in truth.answered] and len(truth.outcomes) == 1:
        yield f"answered by {extensions}, not by {truth.answered}"
    first = truth.answered[0].answered_at if truth.answered else None
    for name, at in (
        ("started_at", truth.made.dialled_at),
        ("answered_at", first),
        ("ended_at", truth.made.ended_at),
    ):
        if len(truth.outcomes) == 1 and not _near(call[name], at):
            yield f"{name} {call[name]}, not {at}"


def _near(kept: str | None, at: float | None) -> bool:
    if kept is None or at is None:
        return kept is None and at is None
    return abs(datetime.fromisoformat(kept).timestamp() - at) < _NEAR_S


def counted(wanted: Iterable[Truth]) -> dict[str, int]:
    """Calls by what became of them; `transferred` are among the answered."""
    rows = list(wanted)
    found = Counter(truth.outcomes[0] for truth in rows)
    return {"calls": len(rows), **found, "transferred": sum(truth.transferred for truth in rows)}


def counted_kept(calls: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The same of the ledger's calls: transferred are those that several phones answered."""
    rows = list(calls)
    found = Counter(call["outcome"] for call in rows)
    answered = [{each["extension"] for each in call["timeline"] if each["kind"] == "answered"} for call in rows]
    moved = sum(len(phones) > 1 for phones in answered)
    return {"calls": len(rows), **found, "transferred": moved}

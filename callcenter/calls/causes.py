"""Hang-up causes (Q.850) in words."""

from __future__ import annotations

ASTERISK_RESTARTED = "asterisk_restarted"
LINK_LOST = "link_lost"
NOT_SERVED = "not_served"
TRANSFERRED = "transferred"
REFUSED = ("busy", "rejected")

_WORDS = {
    0: "normal",
    1: "unknown_number",
    3: "no_route",
    16: "normal",
    17: "busy",
    18: "no_answer",
    19: "no_answer",
    20: "not_registered",
    21: "rejected",
    22: "number_changed",
    26: "answered_elsewhere",
    27: "out_of_order",
    28: "unknown_number",
    31: "normal",
    34: "congestion",
    38: "network_failure",
    41: "network_failure",
    42: "congestion",
    44: "no_media",
    58: "incompatible",
    88: "incompatible",
    102: "timeout",
    127: "interworking",
}


def in_words(code: str | None) -> str:
    """The word of a numeric cause; `cause_<n>` when it has none."""
    if not code or not code.isdigit():
        return "normal"
    return _WORDS.get(int(code), f"cause_{code}")

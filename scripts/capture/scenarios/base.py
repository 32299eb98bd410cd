"""How a scenario is listed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from scripts.capture.scene import Scenario, Scene

MENU = "02088886666"
COMPLAINTS = "02088886667"
# See extra/extensions.conf.
(RING_ALL, IN_ORDER, OVERFLOW, TIMED_OUT, SURVEY, WITH_EXIT, SMALL, CLOSED_EMPTY) = (
    f"0208888670{n}" for n in range(1, 9)
)
TWO_PHONES, CONTACTS, AUTOPAUSE, EMPTIED, REFUSED, UNANSWERED, CONFERENCE = (
    "02088886709", "02088886710", "02088886711", "02088886712", "02088886713", "02088886714", "02088886715",
)  # fmt: skip

ALL: dict[str, Scenario] = {}
Play = Callable[[Scene], Awaitable[None]]


def scenario(title: str, *calls: str) -> Callable[[Play], Play]:
    """`calls`: direction, outcome, queues, `by` the extensions that talked with the far party, in order."""

    def listed(play: Play) -> Play:
        name = play.__name__
        ALL[name] = Scenario(name, title, calls, play)
        return play

    return listed

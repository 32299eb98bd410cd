"""What a room gives to the composition root."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from callcenter.bus import Subscriber
from callcenter.web.http import Route

Task = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Room:
    """Routes to serve, subscribers to wake, and long tasks (by name) to run until the service stops."""

    routes: Sequence[Route] = ()
    subscribers: Sequence[Subscriber] = ()
    tasks: Sequence[tuple[str, Task]] = ()

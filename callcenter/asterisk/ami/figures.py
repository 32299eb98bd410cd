"""What a connection to the manager interface leaves in the metrics. Next to nothing for each message."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable

from callcenter import metrics

# Events with a count of their own. Asterisk has some two hundred, most of which nobody here looks at.
_COUNTED = (
    *("AgentComplete", "AgentConnect", "AgentRingNoAnswer", "BridgeEnter", "BridgeLeave", "DeviceStateChange"),
    *("DialBegin", "DialEnd", "DialState", "FullyBooted", "Hangup", "HangupRequest", "MixMonitorStart", "Newchannel"),
    *("Newstate", "QueueCallerAbandon", "QueueCallerJoin", "QueueCallerLeave", "QueueMemberStatus", "VarSet"),
)
_BY_NAME = {name: metrics.AMI_MESSAGES.labels(name) for name in _COUNTED}
_OTHER = metrics.AMI_MESSAGES.labels("other")
_ANSWER = metrics.AMI_MESSAGES.labels("answer")
_STAMP = b"\r\nTimestamp: "
_EVERY_S = 0.5


def connected(server: str, *, again: bool) -> None:
    """Logged in and ready. `again`: not for the first time."""
    metrics.AMI_CONNECTED.labels(server).set(1)
    if again:
        metrics.AMI_RECONNECTS.inc()


def disconnected(server: str) -> None:
    """Not logged in, or not ready."""
    metrics.AMI_CONNECTED.labels(server).set(0)


class Tally:
    """What was read, given to the metrics now and then. `monotonic` is the loop's clock."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._names: Counter[str] = Counter()
        self._bytes = 0
        self._since = monotonic()

    def count(self, names: Iterable[str]) -> None:
        """These events came; "" for an answer."""
        self._names.update(names)

    def read(self, data: bytes) -> None:
        """These bytes came, of messages that were counted."""
        self._bytes += len(data)
        if self._monotonic() - self._since >= _EVERY_S:
            observe_lag(data)
            self.flush()

    def flush(self) -> None:
        """Give all that was counted to the metrics."""
        now = self._monotonic()
        metrics.AMI_BYTES.inc(self._bytes)
        metrics.AMI_RATE.set(self._names.total() / max(now - self._since, _EVERY_S))
        for name, count in self._names.items():
            (_BY_NAME.get(name, _OTHER) if name else _ANSWER).inc(count)
        self._names.clear()
        self._bytes, self._since = 0, now


def observe_lag(data: bytes) -> None:
    """How late the last message of some that were read is, by Asterisk's own time stamp."""
    start = data.rfind(_STAMP)
    end = data.find(b"\r\n", start + len(_STAMP))
    if start < 0 or end < 0:
        return
    try:
        stamp = float(data[start + len(_STAMP) : end])
    except ValueError:  # of another system's making
        return
    if abs(stamp) < 1e12:
        metrics.AMI_LAG.observe(max(0.0, time.time() - stamp))

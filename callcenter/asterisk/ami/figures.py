"""What a connection to the manager interface leaves in the metrics."""

from __future__ import annotations

import contextlib
import time

from callcenter import metrics
from callcenter.asterisk.ami.messages import AmiMessage

# Events with a count of their own. Asterisk has some two hundred, most of which nobody here looks at.
_COUNTED = (
    *("AgentComplete", "AgentConnect", "AgentRingNoAnswer", "BridgeEnter", "BridgeLeave", "DeviceStateChange"),
    *("DialBegin", "DialEnd", "DialState", "FullyBooted", "Hangup", "HangupRequest", "MixMonitorStart", "Newchannel"),
    *("Newstate", "QueueCallerAbandon", "QueueCallerJoin", "QueueCallerLeave", "QueueMemberStatus", "VarSet"),
)
_BY_NAME = {name: metrics.AMI_MESSAGES.labels(name) for name in _COUNTED}
_OTHER = metrics.AMI_MESSAGES.labels("other")
_ANSWER = metrics.AMI_MESSAGES.labels("answer")


def connected(*, again: bool) -> None:
    """Logged in and ready. `again`: not for the first time."""
    metrics.AMI_CONNECTED.set(1)
    if again:
        metrics.AMI_RECONNECTS.inc()


def read(message: AmiMessage) -> None:
    """A message has been read."""
    (_BY_NAME.get(message.name, _OTHER) if message.name else _ANSWER).inc()
    if stamp := message.get("timestamp"):
        with contextlib.suppress(ValueError):  # of another system's making
            metrics.AMI_LAG.observe(max(0.0, time.time() - float(stamp)))

"""Which events of Asterisk the service may have a use for. It is sent no others, unless a firm's listeners want all.

A busy Asterisk sends some hundred events for a call, most of them about channel variables and the dialplan's steps.
Events that answer an action are not filtered.
"""

from __future__ import annotations

EVENTS = (
    *("FullyBooted", "Shutdown", "Reload", "UserEvent"),
    *("Newchannel", "Newstate", "NewCallerid", "NewConnectedLine", "Rename", "Hangup", "HangupRequest"),
    *("SoftHangupRequest", "Hold", "Unhold", "Pickup", "ChanSpyStart", "ChanSpyStop", "OriginateResponse"),
    *("DialBegin", "DialState", "DialEnd", "LocalBridge", "LocalOptimizationBegin", "LocalOptimizationEnd"),
    *("BridgeCreate", "BridgeDestroy", "BridgeEnter", "BridgeLeave", "BridgeMerge", "BlindTransfer"),
    *("AttendedTransfer", "ParkedCall", "ParkedCallGiveUp", "ParkedCallTimeOut", "ParkedCallSwap", "UnParkedCall"),
    *("ConfbridgeStart", "ConfbridgeJoin", "ConfbridgeLeave", "ConfbridgeEnd"),
    *("MixMonitorStart", "MixMonitorStop", "MixMonitorMute", "MusicOnHoldStart", "MusicOnHoldStop"),
    *("QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "AgentCalled", "AgentConnect", "AgentComplete"),
    *("AgentDump", "AgentRingNoAnswer", "QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause"),
    *("QueueMemberPenalty", "QueueMemberRinginuse", "QueueMemberStatus"),
    *("DeviceStateChange", "ContactStatus", "PeerStatus"),
)
# Of the events that tell of a variable, those of our own and of the queue's end. An extended regular expression.
VARIABLES = "^(CC_|IVR_|QUEUESTATUS$)"

"""A call of the script as Asterisk tells it: the messages, the lines of its files, the living channels. Pure.

The shapes and their order are those of calls recorded from a real Asterisk 22 with several phones ringing at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from callcenter.bench.storm.channel import SYSTEM, Channel, bridge_headers, cdr_row
from callcenter.bench.storm.script import Call, Wave
from callcenter.bench.storm.tape import Tape

SWITCHBOARD = "02088886666"
CHOICE = (("CC_KIND", "complaint"), ("CC_LANG", "zh"), ("CC_MENU_PATH", "main/complaint"))
# Asterisk's numbers for: rings, is in use, is free; of a hint, and of a queue's member.
_HINT = {"RINGING": (8, "Ringing"), "INUSE": (1, "InUse"), "NOT_INUSE": (0, "Idle")}
_MEMBER = {"RINGING": 6, "INUSE": 2, "NOT_INUSE": 1}
# Channels of one call at most.
_CHANNELS = 1000
# From the phone's channel to its ringing.
_REACH_S = 0.0016


@dataclass
class Teller:
    """What all kinds of calls are told with. `phones`: extension → its living channel."""

    call: Call
    tape: Tape
    caller: Channel
    phones: dict[str, Channel] = field(default_factory=dict)
    _made: int = 0
    _bridges: int = 0
    _dialled: list[tuple[str, float, float, str]] = field(default_factory=list)

    @classmethod
    def of(cls, call: Call, began: float) -> Teller:
        """For a call; nothing is told yet."""
        unknown = Channel("", "", "", 0.0)
        teller = cls(call, Tape(began, call.begins), unknown)
        trunk = teller.new("PJSIP/trunk", number=call.caller)
        teller.caller = replace(
            trunk, linkedid=trunk.uniqueid, state=4, context="callcenter-inbound", exten=SWITCHBOARD
        )
        return teller

    def new(self, name: str, **values: str) -> Channel:
        """A channel of this call that Asterisk makes now."""
        count = self.call.number * _CHANNELS + self._made
        self._made += 1
        uniqueid = f"{SYSTEM}-{int(self.tape.began + self.tape.at)}.{count}"
        full = name if name.startswith("Local/") else f"{name}-{count:08x}"
        return Channel(full, uniqueid, self.caller.linkedid, self.tape.at, **values)  # type: ignore[arg-type]  # texts only

    def bridge(self) -> str:
        """A bridge that Asterisk makes now."""
        self._bridges += 1
        name = f"{self.call.number:08x}-0000-4000-8000-{self._bridges:012x}"
        self.tape.says("BridgeCreate", None, bridge_headers(name, 0))
        return name

    def var(self, channel: Channel, name: str, value: str = "") -> None:
        """A channel variable is set."""
        self.tape.sets(channel, name, value)

    def device(self, phone: str, state: str) -> None:
        """A phone's state, as three kinds of messages tell of it."""
        number, text = _HINT[state]
        hint = f"Exten: {phone}\r\nContext: callcenter-phones\r\nHint: PJSIP/{phone}\r\n"
        self.tape.says("ExtensionStatus", None, f"{hint}Status: {number}\r\nStatusText: {text}\r\n")
        self.tape.says("DeviceStateChange", None, f"Device: PJSIP/{phone}\r\nState: {state}\r\n")
        self.tape.says(
            "QueueMemberStatus",
            None,
            f"Queue: {self.call.queue}\r\nMemberName: {phone}\r\nInterface: PJSIP/{phone}\r\n"
            f"StateInterface: PJSIP/{phone}\r\nMembership: dynamic\r\nPenalty: 0\r\nCallsTaken: 0\r\nLastCall: 0\r\n"
            f"LastPause: 0\r\nLoginTime: 0\r\nInCall: 0\r\nStatus: {_MEMBER[state]}\r\nPaused: 0\r\nPausedReason: \r\n"
            f"Ringinuse: 0\r\nWrapuptime: 2\r\n",
        )

    def member(self, phone: str) -> str:
        """The queue's member in messages of the queue."""
        return f"Queue: {self.call.queue}\r\nInterface: PJSIP/{phone}\r\nMemberName: {phone}\r\n"

    def dial_end(self, phone: str, status: str, by: Channel | None = None) -> None:
        """What came of ringing a phone."""
        self.tape.says("DialEnd", by or self.caller, f"DialStatus: {status}\r\n", dest=self.phones[phone])

    def enter(self, channel: Channel, bridge: str, members: int) -> Channel:
        """A channel joins a bridge, which then has so many members."""
        inside = replace(channel, bridge=bridge)
        self.tape.cel("BRIDGE_ENTER", inside, _bridge_extra(bridge))
        self.tape.says("BridgeEnter", inside, first=bridge_headers(bridge, members))
        return inside

    def leave(self, channel: Channel, members: int) -> Channel:
        """A channel leaves its bridge; so many stay."""
        outside = replace(channel, bridge="")
        self.tape.cel("BRIDGE_EXIT", channel, _bridge_extra(channel.bridge))
        self.tape.says("BridgeLeave", outside, first=bridge_headers(channel.bridge, members))
        return outside

    def destroy(self, bridge: str) -> None:
        """A bridge is no more."""
        self.tape.says("BridgeDestroy", None, bridge_headers(bridge, 0))

    def phone_ends(self, phone: str, cause: int, text: str, source: str = "") -> None:
        """A phone's channel ends; the phone is free."""
        self.tape.hangs_up(self.phones.pop(phone), cause, text, source)
        self.device(phone, "NOT_INUSE")

    def dialled(self, phone: Channel, begins: float, ends: float, disposition: str) -> None:
        """For the CDR: the caller was connected, or was to be, with a phone."""
        self._dialled.append((phone.name, begins, ends, disposition))

    def caller_ends(self, cause: int, text: str, source: str, dialled: str) -> None:
        """The caller's channel ends, and with it the call."""
        if self.caller.app:
            self.tape.cel("APP_END", self.caller)
        gone = replace(self.caller, app="", data="", waits="")
        self.chosen(replace(gone, exten="s", context="callcenter-left"))
        self.tape.hangs_up(gone, cause, text, source, dialled)
        self.tape.cel("LINKEDID_END", gone)
        self._write_cdr()

    def chosen(self, channel: Channel) -> None:
        """The dialplan's own event of the CEL: what the caller chose in the menu."""
        told = dict(self.caller.variables)
        done = "1" if "IVR_DONE" in told else ""
        words = "|".join((told.get("CC_MENU_PATH", ""), told.get("CC_KIND", ""), told.get("CC_LANG", ""), done))
        event = replace(channel, app="CELGenUserEvent", data=f"CC_CHOSEN,{words}")
        self.tape.cel("CC_CHOSEN", event, f'{{"extra":"{words}"}}')

    def ring_wave(self, wave: Wave, turn: int) -> None:
        """All phones of a wave begin to ring, one shortly after the other."""
        for place, phone in enumerate(wave.phones):
            self._ring(phone, wave.rings_at(place), min(_REACH_S, wave.gap * 1.4), turn)

    def _ring(self, phone: str, at: float, reach_s: float, turn: int) -> None:
        tape, call = self.tape, self.call
        tape.at = at
        made = self.new(f"PJSIP/{phone}", number=phone)
        tape.cel("CHAN_START", made)
        tape.says("Newchannel", made)
        self.var(made, "__CC_NUMBER", SWITCHBOARD)
        self.var(made, "DIALEDPEERNUMBER", phone)
        called = replace(made, exten="wait", peer=call.caller, app="AppQueue", data="(Outgoing Line)")
        tape.says("AgentCalled", self.caller, self.member(phone), dest=called)
        tape.says("DialBegin", self.caller, f"DialString: PJSIP/{phone}\r\n", dest=made)
        tape.at = at + reach_s
        self.phones[phone] = ringing = replace(called, state=5)
        tape.says("Newstate", ringing, ring=(call.number, phone, turn))
        tape.says("NewConnectedLine", ringing)
        self.device(phone, "RINGING")
        tape.says("DialState", self.caller, "DialStatus: RINGING\r\n", dest=ringing)

    def _write_cdr(self) -> None:
        """Written at the end, one for each phone; the first of them begins with the call itself."""
        tape, call = self.tape, self.call
        for place, (phone, begins, ends, disposition) in enumerate(
            self._dialled or [("", call.begins, call.ends, "ANSWERED")]
        ):
            since = begins if place else call.begins
            values = {
                "linkedid": self.caller.linkedid,
                "uniqueid": self.caller.uniqueid,
                "sequence": str(call.number * _CHANNELS + place),
                "src": call.caller,
                "dst": self.caller.exten,
                "channel": self.caller.name,
                "dstchannel": phone,
                "lastapp": "Dial" if self.caller.exten.isdigit() else "Queue",
                "start": tape.stamp(since),
                "answer": tape.stamp(since),
                "end": tape.stamp(ends),
                "duration": str(int(ends - since)),
                "billsec": str(int(ends - since)),
                "disposition": disposition,
            }
            tape.cdr(cdr_row(values))


def _bridge_extra(bridge: str) -> str:
    return f'{{"bridge_id":"{bridge}","bridge_technology":"simple_bridge"}}'

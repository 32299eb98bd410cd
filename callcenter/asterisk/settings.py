"""What the wire needs to know, frozen and typed. Times in seconds, ports 0 = choose a free one at start."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from callcenter.setting_groups import AgiSettings, AmiSettings, Host, Network, Port, Word

# What ends up in configuration files line by line: no control characters, no separators.
Title = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f;\[\]<>\"]{0,80}$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]*$")]
OpenPort = Annotated[int, Field(ge=1, le=65535)]

# The kernel allows 107 bytes for the path of a Unix socket.
_SOCKET_PATH_LIMIT = 100


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PhoneAccount(Frozen):
    """One agent's SIP phone: its endpoint is named like the extension."""

    extension: Word
    password: SecretStr
    name: Title = ""


class PublicNumber(Frozen):
    """A number that callers dial. `queue` is where a call goes without a menu or when the menu fails."""

    number: Word
    entry: Literal["menu", "queue"] = "menu"
    queue: Word = "operator"


class QueueSettings(Frozen):
    name: Word
    weight: int = 0
    ring_s: int = 20
    strategy: Literal["ringall", "leastrecent", "fewestcalls", "random", "rrmemory", "linear", "wrandom"] = (
        "leastrecent"
    )


class PbxSettings(Frozen):
    """One Asterisk: the private local one, or what is rendered for a user's own."""

    directory: Path = Path("var/asterisk")
    system_name: Word = "callcenter"
    bind: Host = "127.0.0.1"
    sip_port: Port = 5160
    # Sound goes through these; a call takes two for each of its sides.
    rtp_first: Port = 0
    rtp_last: Port = 0
    # As carriers and phones reach us when an address translation stands between, and from where none does.
    external_address: Host | None = None
    local_networks: tuple[Network, ...] = ()
    # Browser phones connect here (WebSocket, path /ws), through a proxy that adds TLS. None: no browser phones.
    http_port: OpenPort | None = None
    ami: AmiSettings = AmiSettings()
    # From where the service may log in to the manager interface.
    ami_permit: tuple[Host | Network, ...] = ("127.0.0.1",)
    # What our manager user is told: what the service has a use for, or all, for listeners of the firm's own.
    ami_events: Literal["used", "all"] = "used"
    # The menu servers, in the order in which the dialplan tries them.
    agi: tuple[AgiSettings, ...] = (AgiSettings(),)
    agents: tuple[PhoneAccount, ...] = ()
    trunk_hosts: tuple[Host | Network, ...] = ("127.0.0.1",)
    numbers: tuple[PublicNumber, ...] = (
        PublicNumber(number="02088886666"),
        PublicNumber(number="02088886667", entry="queue", queue="complaint"),
    )
    queues: tuple[QueueSettings, ...] = (
        QueueSettings(name="complaint", weight=10),
        QueueSettings(name="inquiry"),
        QueueSettings(name="repair", weight=5),
        QueueSettings(name="operator"),
    )
    language: Word = "zh"
    prompts: Path = Path("ivr_flows/prompts")
    spool: Path = Path("var/spool/recordings")
    # Run by Asterisk's shell when both sides are written; UNIQUEID is made by Asterisk, not by the caller.
    done_command: Line = "/usr/bin/touch ${CC_RECORDING}.done"
    # A menu server that says nothing for so long has lost the caller: he goes to the queue.
    menu_silence_s: int = 60
    rtp_timeout_s: int = 30
    qualify_s: int = 30
    announce_every_s: int = 45

    @property
    def run_directory(self) -> Path:
        """Holds the control socket and the pid; elsewhere when the usual path is too long for a socket."""
        usual = self.directory.absolute() / "run"
        if len(os.fsencode(usual / "asterisk.ctl")) < _SOCKET_PATH_LIMIT:
            return usual
        name = hashlib.sha256(os.fsencode(usual)).hexdigest()[:12]
        return Path("/tmp") / f"callcenter-{os.getuid()}-{name}"

    @property
    def configuration(self) -> Path:
        return self.directory.absolute() / "etc"

"""The private Asterisk of the captures: the product's configuration, and what it lacks for some scenarios."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.settings import AgiSettings, AmiSettings, PbxSettings, PhoneAccount, PublicNumber

EXTRA = Path(__file__).parent / "extra"
SECRET = "capture"
# The phone of the last one is never registered.
EXTENSIONS = ("1001", "1002", "1003", "1004", "1005")
RTP_TIMEOUT_S = 4


class CaptureAsterisk(LocalAsterisk):
    """Adds the files of `extra/` to the product's own before it starts."""

    def _prepare(self) -> None:
        super()._prepare()
        for extra in EXTRA.glob("*.conf"):
            with (self.settings.configuration / extra.name).open("a") as target:
                target.write("\n" + extra.read_text())


def asterisk(home: Path, prompts: Path, menu_port: int) -> CaptureAsterisk:
    """Not started yet. Callers are told from phones by their name alone: all share this machine's address."""
    return CaptureAsterisk(
        PbxSettings(
            directory=home / "pbx",
            spool=home / "spool",
            prompts=prompts,
            sip_port=0,
            ami=AmiSettings(port=0, secret=SecretStr(SECRET)),
            agi=(AgiSettings(port=menu_port),),
            agents=tuple(PhoneAccount(extension=number, password=SecretStr(SECRET)) for number in EXTENSIONS),
            numbers=(
                PublicNumber(number="02088886666", queue="complaint"),
                PublicNumber(number="02088886667", entry="queue", queue="complaint"),
            ),
            rtp_timeout_s=RTP_TIMEOUT_S,
        )
    )

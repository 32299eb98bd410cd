"""The settings of each room, one group a room, with what is taken where nobody says anything."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

from callcenter import setting_errors

_CHECKOUT = Path(__file__).resolve().parents[1]


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError("must be an address or network such as 10.0.0.0/8") from error
    return value


# These end up in Asterisk's configuration files as well: no control characters, no separators.
Port = Annotated[int, Field(ge=0, le=65535)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]{1,64}$")]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,255}$")]
Network = Annotated[str, AfterValidator(_network)]
_REDIS = re.compile(r"(rediss?://([^@\s]*@)?(\[[^\]]+\]|[^/@:\s]+)(:\d{1,5})?(/\d*)?|unix:///\S+)(\?\S*)?")
_DATABASES = re.compile(
    r"sqlite\+aiosqlite://.*|postgresql\+asyncpg://([^:@/]+(:[^:@/]*)?@)?(\[[^\]]*\]|[^/@:?]*)(:\d{1,5})?([/?].*)?",
    re.DOTALL,
)
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "callcenter"


class Group(BaseModel):
    """Some settings that belong together."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FirmSettings(Group):
    """The firm that runs the service. `area_code` completes local numbers, such as 020 for Guangzhou."""

    name: str = "安居物业"
    timezone: str = "Asia/Shanghai"
    area_code: str = "020"

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            raise ValueError("no such time zone; take a name such as Asia/Shanghai") from error
        return value


class WebSettings(Group):
    """Where the screens and the API are served, and under which address people reach them.

    A `web` process that is told to end goes on for `drain_s`, so that the proxy before it learns of it in time.
    `trusted_proxies` are the addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = None
    screens_dir: Path = _CHECKOUT / "frontend" / "dist"
    trusted_proxies: tuple[Network, ...] = ()
    drain_s: float = Field(default=3.0, ge=0, le=60)

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^/\s]+(/\S*)?", value):
            raise ValueError("must begin with https:// or http:// and name a host")
        return value


class DatabaseSettings(Group):
    """An SQLAlchemy asyncio URL. None: an SQLite file in the data folder."""

    url: str | None = None

    @field_validator("url")
    @classmethod
    def _with_driver(cls, value: str | None) -> str | None:
        if value is not None and not _DATABASES.fullmatch(value):
            raise ValueError(
                "must be sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER:PASSWORD@HOST:PORT/NAME, "
                "with %40 for @, %3A for : and %2F for / in the password"
            )
        return value


class RedisSettings(Group):
    """The bus between processes. None: everything runs in one process (`callcenter serve`)."""

    url: str | None = None
    # Two installations on one Redis must not share it.
    prefix: Word = "callcenter"

    @field_validator("url")
    @classmethod
    def _redis(cls, value: str | None) -> str | None:
        if value is not None and not _REDIS.fullmatch(value):
            raise ValueError("must be redis://[:PASSWORD@]HOST:PORT/NUMBER, rediss:// or unix:///PATH")
        return value


class MonitorSettings(Group):
    """Where `ami`, `agi` and `worker` answer /healthz, /readyz and /metrics; None: nowhere. `web` has its own port."""

    host: str = "127.0.0.1"
    port: Port | None = None


class LogSettings(Group):
    """How the log is written. `auto`: for people on a terminal, JSON lines elsewhere."""

    format: Literal["auto", "console", "json"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class DiskSettings(Group):
    """The service does not start on a disk that is nearly full: half a recording is worse than none."""

    min_free_mb: int = Field(default=200, ge=0)


class AmiSettings(Group):
    """One Asterisk server: where its manager interface listens, who we are there, and where its files can be read.

    `name` is the server's in the ledger. `tls_ca` is the file of the authority that signed its certificate; None: those
    of the system. `logs_dir` holds `queue_log`, `cdr-custom/Master.csv` and `cel-custom/Master.csv`; None: the private
    Asterisk's, or nowhere.
    """

    name: Word = "asterisk"
    host: Host = "127.0.0.1"
    port: Port = 5038
    user: Word = "callcenter"
    secret: SecretStr = SecretStr("")
    tls: bool = False
    tls_ca: Path | None = None
    logs_dir: Path | None = None

    def field(self, name: str) -> str:
        """Where a setting of this server stands: `ami.secret`."""
        return f"ami.{name}"

    def setting(self, name: str) -> str:
        """The same for whoever sets it: `CALLCENTER_AMI__SECRET`."""
        return setting_errors.variable(self.field(name))


class FurtherAmiSettings(AmiSettings):
    """One more Asterisk server, with a name of its own."""

    name: Word
    host: Host

    def field(self, name: str) -> str:
        return f"more_ami.{self.name}.{name}"


class LedgerSettings(Group):
    """An event that was longer on its way than `late_s` is told as late. Messages are kept for `journal_days`, so that
    older records can no longer be computed anew."""

    late_s: float = Field(default=2.0, gt=0)
    journal_days: int = Field(default=90, ge=1)


class AgiSettings(Group):
    """Where the menu server (FastAGI) listens for Asterisk."""

    host: Host = "127.0.0.1"
    port: Port = 4573


class IvrSettings(Group):
    """Where the menus and their sounds lie."""

    flows_dir: Path = _CHECKOUT / "ivr_flows"
    # Recorded prompts, `<folder>/<language>/<name>.wav`, that replace the made ones of the same name.
    prompts_override: Path | None = None
    # The Mandarin voice has a virtual environment of its own here; it is needed only to make prompts.
    voices_dir: Path = CACHE / "voices"

    @property
    def prompts_dir(self) -> Path:
        """Folder of `texts.yaml` and of one folder of sounds per language."""
        return self.flows_dir / "prompts"


class RecordingSettings(Group):
    """Where Asterisk writes recordings, and where they are kept. None: folders in the data folder."""

    spool_dir: Path | None = None
    store_dir: Path | None = None


class SpeechSettings(Group):
    """Recognition: the folder of the models, and which Whisper reads Mandarin where no Vosk model does."""

    models_dir: Path = CACHE / "models"
    mandarin: str = "whisper-small"
    workers: int = Field(default=1, ge=1, le=16)


class HooksSettings(Group):
    """Webhooks, and other people's code that learns of events.

    `timeout_s` is what a webhook's receiver may take; one that fails for `off_after_days` is switched off. Deliveries
    are kept for `keep_days`. `enabled` names the entry points that are loaded, None: all that are installed. Code that
    takes longer than `answer_s` for one message, or more memory than `memory_mb`, is ended and started again.
    Webhooks go to public and private addresses, and to those in `allowed_networks` such as 127.0.0.0/8.
    """

    timeout_s: float = Field(default=10.0, gt=0, le=60)
    off_after_days: float = Field(default=3.0, gt=0)
    keep_days: float = Field(default=30.0, gt=0)
    allowed_networks: tuple[Network, ...] = ()
    enabled: tuple[Word, ...] | None = None
    memory_mb: int = Field(default=256, ge=32)
    # On PostgreSQL the turn at the journal is lost after 10 s.
    answer_s: float = Field(default=5.0, gt=0, le=7)

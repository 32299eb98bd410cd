"""Settings, read once at the start: environment first, then the TOML file that CALLCENTER_CONFIG names.

`CALLCENTER_WEB__PORT=8080` and `[web] port = 8080` say the same. One group per room.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from callcenter import setting_errors
from callcenter.errors import Problem
from crm_adapter.settings import CrmSettings

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
# Read elsewhere than in a group: here, by the private Asterisk, by the screens' development server.
_LONE_VARIABLES = {"CALLCENTER_CONFIG", "CALLCENTER_ASTERISK_ROOT", "CALLCENTER_URL"}
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "callcenter"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FirmSettings(_Group):
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


class WebSettings(_Group):
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


class DatabaseSettings(_Group):
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


class RedisSettings(_Group):
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


class MonitorSettings(_Group):
    """Where `ami`, `agi` and `worker` answer /healthz, /readyz and /metrics; None: nowhere. `web` has its own port."""

    host: str = "127.0.0.1"
    port: Port | None = None


class LogSettings(_Group):
    """How the log is written. `auto`: for people on a terminal, JSON lines elsewhere."""

    format: Literal["auto", "console", "json"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class DiskSettings(_Group):
    """The service does not start on a disk that is nearly full: half a recording is worse than none."""

    min_free_mb: int = Field(default=200, ge=0)


class AmiSettings(_Group):
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


class LedgerSettings(_Group):
    """An event that was longer on its way than `late_s` is told as late. Messages are kept for `journal_days`, so that
    older records can no longer be computed anew."""

    late_s: float = Field(default=2.0, gt=0)
    journal_days: int = Field(default=90, ge=1)


class AgiSettings(_Group):
    """Where the menu server (FastAGI) listens for Asterisk."""

    host: Host = "127.0.0.1"
    port: Port = 4573


class IvrSettings(_Group):
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


class RecordingSettings(_Group):
    """Where Asterisk writes recordings, and where they are kept. None: folders in the data folder."""

    spool_dir: Path | None = None
    store_dir: Path | None = None


class SpeechSettings(_Group):
    """Recognition: the folder of the models, and which Whisper reads Mandarin where no Vosk model does."""

    models_dir: Path = CACHE / "models"
    mandarin: str = "whisper-small"
    workers: int = Field(default=1, ge=1, le=16)


class HooksSettings(_Group):
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


class Settings(BaseSettings):
    """All settings. `data_dir` holds what the service itself writes."""

    model_config = SettingsConfigDict(env_prefix="CALLCENTER_", env_nested_delimiter="__", frozen=True, extra="ignore")

    data_dir: Path = Path("var")
    firm: FirmSettings = FirmSettings()
    web: WebSettings = WebSettings()
    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    monitor: MonitorSettings = MonitorSettings()
    log: LogSettings = LogSettings()
    disk: DiskSettings = DiskSettings()
    ami: AmiSettings = AmiSettings()
    more_ami: tuple[FurtherAmiSettings, ...] = ()
    ledger: LedgerSettings = LedgerSettings()
    agi: AgiSettings = AgiSettings()
    ivr: IvrSettings = IvrSettings()
    recordings: RecordingSettings = RecordingSettings()
    speech: SpeechSettings = SpeechSettings()
    crm: CrmSettings = CrmSettings()
    hooks: HooksSettings = HooksSettings()

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the program says, then the environment, then the file."""
        file = os.environ.get("CALLCENTER_CONFIG")
        toml = (TomlConfigSettingsSource(settings_cls, Path(file)),) if file else ()
        return (named["init_settings"], named["env_settings"], *toml)

    @field_validator("more_ami")
    @classmethod
    def _named_apart(
        cls, value: tuple[FurtherAmiSettings, ...], info: ValidationInfo
    ) -> tuple[FurtherAmiSettings, ...]:
        names = [server.name for server in (info.data.get("ami", AmiSettings()), *value)]
        if twice := {name for name in names if names.count(name) > 1}:
            raise PydanticCustomError("settings_server_twice", "twice: {names}", {"names": ", ".join(sorted(twice))})
        return value

    @property
    def database_url(self) -> str:
        """The database in use."""
        return self.database.url or f"sqlite+aiosqlite:///{(self.data_dir / 'callcenter.db').resolve()}"

    @property
    def jobs_url(self) -> str:
        """The database of the durable jobs, for a synchronous driver: on PostgreSQL the same, so that one backup
        holds both."""
        if not self.embedded:
            return self.database_url.replace("+asyncpg", "+psycopg", 1)
        return f"sqlite:///{(self.data_dir / 'jobs.db').resolve()}"

    @property
    def embedded(self) -> bool:
        """Whether the database is a file that one process has to itself."""
        return self.database_url.startswith("sqlite")

    @property
    def spool_dir(self) -> Path:
        """Where finished recordings are collected from."""
        return (self.recordings.spool_dir or self.data_dir / "spool").resolve()

    @property
    def store_dir(self) -> Path:
        """Where recordings are kept."""
        return (self.recordings.store_dir or self.data_dir / "recordings").resolve()


# `pbx` is read by the private Asterisk's own settings.
GROUPS = frozenset({*Settings.model_fields, "pbx"})


def load(**overrides: Any) -> Settings:
    """The settings, or a `Problem` that names the one at fault and where it stands."""
    file = os.environ.get("CALLCENTER_CONFIG")
    if file:
        _check_file(Path(file))
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise setting_errors.invalid(error, _servers_as_written(file), file) from error
    except SettingsError as error:
        raise setting_errors.unreadable(error) from error


def _servers_as_written(file: str | None) -> Sequence[Any]:
    written = EnvSettingsSource(Settings)()
    if "more_ami" not in written and file:
        written = TomlConfigSettingsSource(Settings, Path(file))()
    servers = written.get("more_ami")
    return servers if isinstance(servers, list) else ()


def stray_variables() -> Iterator[tuple[str, str]]:
    """Variables that look like settings and are none, each with the groups it may have meant."""
    for name in sorted(os.environ):
        group = name.upper().removeprefix("CALLCENTER_").split("__")[0].lower()
        if name.upper().startswith("CALLCENTER_") and name not in _LONE_VARIABLES and group not in GROUPS:
            yield name, _nearest(group, GROUPS)


def _check_file(file: Path) -> None:
    """Refuse a file that is absent, no TOML, or has a group that nothing reads."""
    if not file.is_file():
        raise Problem("settings_file_missing", field="CALLCENTER_CONFIG", path=str(file))
    try:
        groups = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # TOML's own, which names the line, or bytes that are no UTF-8
        raise Problem("settings_file_broken", field="CALLCENTER_CONFIG", path=str(file), reason=str(error)) from error
    for unknown in groups.keys() - GROUPS:
        raise Problem("settings_unknown", field=unknown, path=str(file), nearest=_nearest(unknown, GROUPS))


def _nearest(name: str, known: Iterable[str]) -> str:
    """The known names most like this one; all when none is."""
    return ", ".join(difflib.get_close_matches(name, sorted(known)) or sorted(known))

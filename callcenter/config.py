"""Settings, read once at the start: environment first, then the TOML file that CALLCENTER_CONFIG names.

`CALLCENTER_WEB__PORT=8080` and `[web] port = 8080` say the same.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError, ValidationInfo, field_validator
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
from callcenter.setting_groups import (
    AgiSettings,
    AmiSettings,
    DatabaseSettings,
    DiskSettings,
    FirmSettings,
    FurtherAmiSettings,
    HooksSettings,
    IvrSettings,
    LedgerSettings,
    LogSettings,
    MonitorSettings,
    RecordingSettings,
    RedisSettings,
    SpeechSettings,
    WebSettings,
)
from crm_adapter.settings import CrmSettings

# Read elsewhere than in a group: here, by the private Asterisk, by the screens' development server.
_LONE_VARIABLES = {"CALLCENTER_CONFIG", "CALLCENTER_ASTERISK_ROOT", "CALLCENTER_URL"}


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

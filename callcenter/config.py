"""Settings, read once at the start: environment first, then the TOML file that CALLCENTER_CONFIG names.

`CALLCENTER_WEB__PORT=8080` and `[web] port = 8080` say the same. One group per room.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from callcenter.errors import Problem
from crm_adapter.settings import CrmSettings

_CHECKOUT = Path(__file__).resolve().parents[1]
# These end up in Asterisk's configuration files as well: no control characters, no separators.
Port = Annotated[int, Field(ge=0, le=65535)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]{1,64}$")]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,255}$")]
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
    """Where the screens and the API are served, and under which address people reach them."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = None
    screens_dir: Path = _CHECKOUT / "frontend" / "dist"


class DatabaseSettings(_Group):
    """An SQLAlchemy asyncio URL. None: an SQLite file in the data folder."""

    url: str | None = None


class AmiSettings(_Group):
    """Where Asterisk's manager interface listens and who we are there."""

    host: Host = "127.0.0.1"
    port: Port = 5038
    user: Word = "callcenter"
    secret: SecretStr = SecretStr("")


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


class Settings(BaseSettings):
    """All settings. `data_dir` holds what the service itself writes."""

    model_config = SettingsConfigDict(env_prefix="CALLCENTER_", env_nested_delimiter="__", frozen=True, extra="ignore")

    data_dir: Path = Path("var")
    firm: FirmSettings = FirmSettings()
    web: WebSettings = WebSettings()
    database: DatabaseSettings = DatabaseSettings()
    ami: AmiSettings = AmiSettings()
    agi: AgiSettings = AgiSettings()
    ivr: IvrSettings = IvrSettings()
    recordings: RecordingSettings = RecordingSettings()
    speech: SpeechSettings = SpeechSettings()
    crm: CrmSettings = CrmSettings()

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the program says, then the environment, then the file."""
        file = os.environ.get("CALLCENTER_CONFIG")
        toml = (TomlConfigSettingsSource(settings_cls, Path(file)),) if file else ()
        return (named["init_settings"], named["env_settings"], *toml)

    @property
    def database_url(self) -> str:
        """The database in use."""
        return self.database.url or f"sqlite+aiosqlite:///{(self.data_dir / 'callcenter.db').resolve()}"

    @property
    def spool_dir(self) -> Path:
        """Where finished recordings are collected from."""
        return (self.recordings.spool_dir or self.data_dir / "spool").resolve()

    @property
    def store_dir(self) -> Path:
        """Where recordings are kept."""
        return (self.recordings.store_dir or self.data_dir / "recordings").resolve()


def load(**overrides: Any) -> Settings:
    """The settings, or a `Problem` that names the one at fault and where it stands."""
    file = os.environ.get("CALLCENTER_CONFIG")
    if file and not Path(file).is_file():
        raise Problem("settings_file_missing", field="CALLCENTER_CONFIG", path=file)
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        variable = "CALLCENTER_" + field.upper().replace(".", "__")
        source = f"{variable}" + (f" / {file}" if file else "")
        raise Problem("settings_invalid", field=field, reason=first["msg"], source=source) from error

"""The Asterisk that the settings describe: group `pbx`, with secrets made on first use.

`CALLCENTER_PBX__SIP_PORT=5060` and `[pbx] sip_port = 5060` say the same.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from callcenter import config, setting_errors
from callcenter.asterisk.secrets import load_or_make
from callcenter.asterisk.settings import Frozen, OpenPort, PbxSettings, PhoneAccount, PublicNumber, QueueSettings
from callcenter.errors import Problem
from callcenter.setting_groups import AgiSettings, AmiSettings, Host, Network, Port, Word

_DEFAULT = PbxSettings()


def _host_and_port(value: object) -> object:
    if not isinstance(value, str):
        return value
    host, colon, port = value.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        raise ValueError("must be HOST:PORT, such as 10.0.0.5:4573")
    return {"host": host, "port": int(port)}


MenuServer = Annotated[AgiSettings, BeforeValidator(_host_and_port)]


class PbxGroup(Frozen):
    """What a user may choose of the private Asterisk, or of what `pbx render` writes for his own."""

    system_name: Word = _DEFAULT.system_name
    bind: Host = _DEFAULT.bind
    sip_port: Port = _DEFAULT.sip_port
    rtp_first: Port = _DEFAULT.rtp_first
    rtp_last: Port = _DEFAULT.rtp_last
    external_address: Host | None = _DEFAULT.external_address
    local_networks: tuple[Network, ...] = _DEFAULT.local_networks
    http_port: OpenPort | None = _DEFAULT.http_port
    # "HOST:PORT" each; none: the one menu server of the group `agi`.
    agi: tuple[MenuServer, ...] = ()
    extensions: tuple[Word, ...] = tuple(str(number) for number in range(1001, 1009))
    trunk_hosts: tuple[Host | Network, ...] = _DEFAULT.trunk_hosts
    ami_permit: tuple[Host | Network, ...] = _DEFAULT.ami_permit
    ami_events: Literal["used", "all"] = _DEFAULT.ami_events
    numbers: tuple[PublicNumber, ...] = _DEFAULT.numbers
    queues: tuple[QueueSettings, ...] = _DEFAULT.queues
    language: Word = _DEFAULT.language
    menu_silence_s: int = Field(default=_DEFAULT.menu_silence_s, ge=5, le=600)
    announce_every_s: int = Field(default=_DEFAULT.announce_every_s, ge=0, le=600)

    @model_validator(mode="after")
    def _rtp_in_order(self) -> PbxGroup:
        if self.rtp_last and not 0 < self.rtp_first < self.rtp_last:
            raise ValueError("rtp_first and rtp_last must be set together, the first below the last")
        return self


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CALLCENTER_", env_nested_delimiter="__", frozen=True, extra="ignore")
    pbx: PbxGroup = PbxGroup()

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get("CALLCENTER_CONFIG")
        toml = (TomlConfigSettingsSource(settings_cls, Path(file)),) if file else ()
        return (named["init_settings"], named["env_settings"], *toml)


def load(settings: config.Settings | None = None) -> PbxSettings:
    """The private Asterisk of these settings; its secrets are in `<data_dir>/asterisk/secrets.json`."""
    base = settings or config.load()
    try:
        group = _Settings().pbx
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise Problem("asterisk_settings_invalid", field=field, reason=reason) from error
    except SettingsError as error:
        raise setting_errors.unreadable(error) from error
    directory = base.data_dir.resolve() / "asterisk"
    secrets = load_or_make(directory / "secrets.json", ["ami", *group.extensions])
    ami_secret = base.ami.secret if base.ami.secret.get_secret_value() else secrets["ami"]
    return PbxSettings(
        directory=directory,
        ami=base.ami.model_copy(update={"secret": ami_secret}),
        agi=group.agi or (AgiSettings(host=base.agi.host, port=base.agi.port),),
        agents=tuple(PhoneAccount(extension=extension, password=secrets[extension]) for extension in group.extensions),
        prompts=base.ivr.prompts_dir.resolve(),
        spool=base.spool_dir,
        **{name: getattr(group, name) for name in PbxGroup.model_fields if name not in ("extensions", "agi")},
    )


def servers(settings: config.Settings) -> tuple[AmiSettings, ...]:
    """How to log in to the manager of each Asterisk server, the first of which may be the private one."""
    return (access(settings), *settings.more_ami)


def access(settings: config.Settings) -> AmiSettings:
    """How to log in to the first manager: as set; without a secret, as the private Asterisk of these settings
    wants it."""
    private = settings.data_dir.resolve() / "asterisk" / "secrets.json"
    if settings.ami.secret.get_secret_value() or not private.is_file():
        return settings.ami
    return load(settings).ami


def logs_dir(settings: config.Settings, server: AmiSettings) -> Path | None:
    """Where one server's CDR, CEL and queue_log can be read here; None: nowhere."""
    private = settings.data_dir.resolve() / "asterisk" / "log"
    given = settings.ami.logs_dir if server.name == settings.ami.name else server.logs_dir
    if given is not None:
        return given
    return private if server.name == settings.ami.name and private.is_dir() else None

"""No secret leaves the examination, whatever a foreign program's error says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import unquote

from sqlalchemy import make_url

from callcenter.asterisk.settings import PbxSettings
from callcenter.config import Settings
from callcenter.doctor.finding import Finding

# Shorter ones would also be found in the middle of ordinary words.
_SHORTEST = 4
_HIDDEN = "***"


def secrets_of(settings: Settings, pbx: PbxSettings | None) -> list[str]:
    """Every secret of an installation, the longest first."""
    urls = [url for url in (settings.database.url, settings.redis.url) if url]
    known = [settings.ami.secret, settings.crm.secret, *(server.secret for server in settings.more_ami)]
    if pbx is not None:
        known += [pbx.ami.secret, *(agent.password for agent in pbx.agents)]
    texts = {secret.get_secret_value() for secret in known if secret is not None}
    texts |= {text for url in urls if (password := make_url(url).password) for text in (password, unquote(password))}
    return sorted((text for text in texts if len(text) >= _SHORTEST), key=len, reverse=True)


def hide(findings: Iterable[Finding], secrets: Iterable[str]) -> list[Finding]:
    """The findings without them."""
    known = list(secrets)
    return [
        replace(finding, params={name: _without(value, known) for name, value in finding.params.items()})
        for finding in findings
    ]


def _without(value: object, secrets: list[str]) -> object:
    if not isinstance(value, str):
        return value
    for secret in secrets:
        value = value.replace(secret, _HIDDEN)
    return value

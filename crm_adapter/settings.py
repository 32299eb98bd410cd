"""Which CRM there is, and how to reach it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from crm_adapter.builtin import BuiltinCrm
from crm_adapter.ports import CrmAdapter
from crm_adapter.webhook import WebhookCrm
from crm_adapter.webhook.signing import secret_key


class CrmSettings(BaseModel):
    """`url` and `secret` belong to the webhook; `lookup_url` lets it be asked about callers too."""

    # A mistyped secret must not be printed with the complaint about it.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    kind: Literal["builtin", "webhook"] = "builtin"
    url: str | None = None
    secret: SecretStr | None = None
    lookup_url: str | None = None
    timeout_s: float = Field(default=10.0, gt=0, le=120)

    @field_validator("url", "lookup_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("https://", "http://")):
            raise ValueError("must start with https:// or http://")
        return value

    @field_validator("secret")
    @classmethod
    def _readable_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            secret_key(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _complete(self) -> CrmSettings:
        if self.kind == "webhook" and (self.url is None or self.secret is None):
            raise ValueError("the webhook needs url and secret")
        return self


def make(settings: CrmSettings) -> CrmAdapter:
    """The adapter that the settings ask for. Opens no connection yet."""
    if settings.url is None or settings.secret is None or settings.kind == "builtin":
        return BuiltinCrm()
    return WebhookCrm(
        settings.url,
        settings.secret.get_secret_value(),
        timeout_s=settings.timeout_s,
        lookup_url=settings.lookup_url,
    )

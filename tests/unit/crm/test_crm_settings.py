"""Settings: which adapter comes out, and what is refused before anything is sent."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from crm_adapter.builtin import BuiltinCrm
from crm_adapter.settings import CrmSettings, make
from crm_adapter.webhook import WebhookCrm
from crm_adapter.webhook.signing import new_secret


async def test_nothing_set_is_the_builtin_store() -> None:
    assert isinstance(make(CrmSettings()), BuiltinCrm)


async def test_webhook() -> None:
    crm = make(
        CrmSettings.model_validate({"kind": "webhook", "url": "https://crm.example/hook", "secret": new_secret()})
    )
    assert isinstance(crm, WebhookCrm)
    assert crm.remote
    await crm.close()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "webhook"}, "needs url and secret"),
        ({"kind": "webhook", "url": "crm.example", "secret": new_secret()}, "must start with https"),
        ({"kind": "webhook", "url": "https://crm.example", "secret": "whsec_hunter2"}, "webhook secret"),
        ({"kind": "carrier pigeon"}, "builtin"),
        ({"timeout_s": 0}, "greater than 0"),
    ],
)
def test_refused_without_showing_the_secret(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        CrmSettings.model_validate(given)
    assert "hunter2" not in str(caught.value)

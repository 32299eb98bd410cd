"""Who really asks, from what proxies say."""

from __future__ import annotations

import pytest

from callcenter.web.proxies import TrustedProxies

OURS = TrustedProxies.named(["10.0.0.0/8", "fd00::/8", "192.0.2.7"])


@pytest.mark.parametrize(
    ("peer", "trusted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("fd00::1", True),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("2001:db8::1", False),
        ("not an address", False),
        (None, False),
    ],
)
def test_only_those_of_the_settings_are_believed(peer: str | None, trusted: bool) -> None:
    assert OURS.trust(peer) is trusted


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (["203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9", "10.0.0.2"], "203.0.113.9"),
        (["6.6.6.6", "203.0.113.9"], "203.0.113.9"),  # what stands left of it, the client wrote himself
        (["10.9.9.9", "203.0.113.9", "10.0.0.2", "fd00::2"], "203.0.113.9"),
        (["10.0.0.3", "10.0.0.2"], "10.0.0.3"),
        (["203.0.113.9:4711"], "203.0.113.9"),
        (["[2001:db8::9]:4711"], "2001:db8::9"),
        (["2001:db8::9"], "2001:db8::9"),
        (["203.0.113.9", "unknown", "10.0.0.2"], "10.0.0.2"),
        (["'; DROP TABLE"], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
def test_the_rightmost_that_is_no_proxy_of_ours(forwarded: list[str], client: str) -> None:
    assert OURS.client("10.0.0.1", forwarded) == client

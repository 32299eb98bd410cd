"""Where webhooks may go: the firm's servers and the Internet; not this computer, nor the machinery of a cloud."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import Problem
from callcenter.hooks.checks import checked_url
from callcenter.hooks.reach import Reach
from callcenter.words import explain

FORBIDDEN = [
    *("127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "0.1.2.3"),
    # Link-local, and what clouds tell a machine about itself.
    *("169.254.169.254", "169.254.1.1", "fe80::1", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1"),
    # IPv6 addresses that stand for such IPv4 ones.
    *(
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:a9fe:a9fe::1",
        "2001:0:1::1",
        "::127.0.0.1",
    ),
]
ALLOWED = [
    *("10.1.2.3", "172.16.0.9", "192.168.1.20", "fd12:3456::1"),
    *("8.8.8.8", "2400:3200::1", "::ffff:10.0.0.1", "64:ff9b::808:808"),
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_never_by_itself(address: str) -> None:
    assert not Reach().allows(ip_address(address))


@pytest.mark.parametrize("address", ALLOWED)
def test_private_and_public(address: str) -> None:
    assert Reach().allows(ip_address(address))


def test_the_operator_may_allow_more() -> None:
    reach = Reach(["127.0.0.0/8", "fe80::/64"])
    assert all(reach.allows(ip_address(each)) for each in ("127.0.0.1", "::ffff:127.0.0.1", "fe80::1"))
    assert not any(reach.allows(ip_address(each)) for each in ("169.254.169.254", "::1", "fe80:0:0:1::1"))


@given(st.ip_addresses(v=4))
def test_what_an_ipv6_address_stands_for_decides(address: IPv4Address) -> None:
    allowed = Reach().allows(address)
    assert Reach().allows(IPv6Address(f"::ffff:{address}")) is allowed
    assert Reach().allows(IPv6Address(f"64:ff9b::{address}")) is allowed


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "１２７.0.0.1", "localhost", "LOCALHOST.", "crm.localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_refused_when_it_is_registered(host: str) -> None:
    url = f"http://{host}:8080/hook"
    with pytest.raises(Problem, match="webhook_address_own") as refused:
        Reach().check(checked_url(url))
    network = str(refused.value.params["network"])
    # The remedy's setting is the one that helps.
    Reach([network]).check(url)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "100.100.100.200", "239.1.2.3"]
)
def test_a_machine_s_own_secrets_are_not_offered(host: str) -> None:
    """The remedy does not say how to allow it: whoever needs that knows why."""
    with pytest.raises(Problem, match="webhook_address_forbidden") as refused:
        Reach().check(checked_url(f"http://{host}/"))
    assert "ALLOWED" not in explain(refused.value, "en").remedy


@pytest.mark.parametrize("host", ["crm.example.com", "10.0.0.5", "客户.中国", "crm", "a_b.example.com.", "[fd12::5]"])
def test_may_be_registered(host: str) -> None:
    url = f"https://{host}/hook?key=1"
    assert checked_url(f" {url} ") == url
    Reach().check(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "http://", "http:///x", "https:crm.example.com", "//crm.example.com/", "crm.example.com", "ws://crm/"),
        *("http://.../", "http://a..b/", "http://-/", "http://-a.com/", "http://a-.com/", "http://*.example.com/"),
        *(
            f"http://{'a' * 64}.com/",
            f"http://{'a.' * 130}com/",
            "http://a,b.com/",
            "http://a%41.com/",
            "http://a\\b.com/",
        ),
        *("http://crm:0/", "http://crm:/", "http://crm:x/", "http://crm:70000/", "http://crm:80:80/", "http://crm:-1/"),
        *("http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://127.0.0.1./"),
        *("http://0x7f000001/", "http://1.2.3.400/", "http://[::1/", "http://[fe80::1%25eth0]/", "http://[::g]/"),
        *("http://crm example.com/", "http://crm.example.com/a b", "http://crm\u3000.com/"),
    ],
)
def test_no_address_at_all(url: str) -> None:
    with pytest.raises(Problem, match="webhook_url_invalid") as refused:
        checked_url(url)
    assert refused.value.field == "url"


@pytest.mark.parametrize("user", ["wang:secret@", "wang@", ":secret@", "@", "wang:secret@evil@"])
def test_credentials(user: str) -> None:
    with pytest.raises(Problem, match="webhook_url_credentials") as refused:
        checked_url(f"https://{user}crm.example.com/")
    assert "secret" not in str(refused.value.params)

"""Which addresses webhooks may go to (pure).

Whoever registers an endpoint has the service send to it from within the firm's network. To the firm's own servers, on
private addresses, that is what webhooks are for. But what only this computer hears, and what a cloud tells a machine
about itself, its passwords among it, was never meant to be asked from a web page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from yarl import URL

from callcenter.errors import Problem

Address = IPv4Address | IPv6Address
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)
_LONGEST_HOST = 253
_SELF = ("127.0.0.1", "::1")
# Beside what the library knows: "this network", the one that providers share (cloud machinery stands in it), that of
# protocols, other clouds' machinery, and IPv6 addresses that hold an IPv4 one nobody can see.
_MORE = [
    ip_network(each)
    for each in (
        *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "168.63.129.16/32"),
        *("fd00:ec2::/32", "fec0::/10", "2001::/32"),
    )
]
_TRANSLATED = ip_network("64:ff9b::/96")


class Reach:
    """`networks` may be sent to although nothing else here is: the operator's own choice."""

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._networks = [ip_network(each) for each in networks]

    def allows(self, address: Address) -> bool:
        """Whether anything may be sent there."""
        meant = _meant(address)
        return any(each in network for network in self._networks for each in (address, meant)) or not _own(meant)

    def check(self, url: str) -> None:
        """`Problem` for an address that is never sent to. What a name stands for only shows when something is sent."""
        host = (URL(url).raw_host or "").lower().rstrip(".")
        local = host == "localhost" or host.endswith(".localhost")
        try:
            addresses = [ip_address(each) for each in (_SELF if local else (host,))]
        except ValueError:  # a name
            return
        if any(map(self.allows, addresses)):
            return
        if any(_meant(each).is_loopback or _meant(each).is_unspecified for each in addresses):
            raise Problem("webhook_address_own", field="url", host=host, network=str(ip_network(addresses[0])))
        raise Problem("webhook_address_forbidden", field="url", host=host)


def is_host(host: str) -> bool:
    """Whether a computer can have this name or address, as it stands in a URL."""
    if ":" in host:
        return _is_address(host) and "%" not in host
    labels = host.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # 127.1 and 2130706433 are read as 127.0.0.1 by some: nobody should have to guess.
        return _is_address(host)
    return len(host) <= _LONGEST_HOST and all(map(_LABEL.fullmatch, labels))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, else itself."""
    if isinstance(address, IPv6Address):
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _own(address: Address) -> bool:
    """Of this computer, or of the network's own machinery."""
    kinds = ("loopback", "link_local", "unspecified", "multicast", "reserved")
    return any(getattr(address, f"is_{kind}") for kind in kinds) or any(address in network for network in _MORE)

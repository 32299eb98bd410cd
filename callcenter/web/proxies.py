"""Who really asks, when a proxy stands in between. Only proxies that the settings name are believed."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_SCHEMES = ("http", "https")


@dataclass(frozen=True)
class TrustedProxies:
    """Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed."""

    networks: tuple[_Network, ...]

    @classmethod
    def named(cls, networks: Iterable[str]) -> TrustedProxies:
        """As the settings name them."""
        return cls(tuple(ipaddress.ip_network(each) for each in networks))

    def trust(self, peer: str | None) -> bool:
        """Whether what this peer says of others is believed."""
        address = _address(peer or "")
        return address is not None and any(address in network for network in self.networks)

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """The rightmost address that is no proxy of ours: what stands left of it, anybody may have written.

        When something there is no address at all, the one who passed it on.
        """
        known = peer
        for text in reversed(forwarded):
            address = _address(text)
            if address is None:
                return known
            known = str(address)
            if not self.trust(known):
                return known
        return known


def believing(networks: Iterable[str]) -> Middleware:
    """Hand requests on as the client sent them: `remote`, and `scheme` with `secure`."""
    proxies = TrustedProxies.named(networks)

    @web.middleware
    async def believe(request: web.Request, handler: Handler) -> web.StreamResponse:
        peer = request.remote
        if peer is None or not proxies.trust(peer):
            return await handler(request)
        remote = proxies.client(peer, _listed(request, "X-Forwarded-For"))
        scheme = next(reversed(_listed(request, "X-Forwarded-Proto")), "").lower()
        seen = request.clone(remote=remote, scheme=scheme if scheme in _SCHEMES else request.scheme)
        return await handler(seen)

    return believe


def _listed(request: web.Request, header: str) -> list[str]:
    return [each.strip() for line in request.headers.getall(header, []) for each in line.split(",") if each.strip()]


def _address(text: str) -> _Address | None:
    """An address as proxies write it: perhaps with a port, perhaps an IPv4 one in IPv6 clothes."""
    text = text.strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address

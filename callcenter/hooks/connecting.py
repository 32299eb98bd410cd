"""Connections to receivers. A name may stand for another address each time: it is looked at when it is known."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import aiohttp

from callcenter.hooks.reach import Reach


class NotAllowed(OSError):
    """Nothing is sent to the address that a name stands for."""

    def __init__(self) -> None:
        # All in the same words: of several equal failures the caller is given the first one as it is.
        super().__init__("the receiver's address is not allowed")


def connect(reach: Reach) -> aiohttp.ClientSession:
    """A session for `post`, which connects only to where it may."""

    def opened(found: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _name, address = found
        try:
            allowed = reach.allows(ip_address(address[0]))
        except ValueError:  # some other way to write an address
            allowed = False
        if not allowed:
            raise NotAllowed
        return socket.socket(family, kind, protocol)

    connector = aiohttp.TCPConnector(limit=0, socket_factory=opened)
    # What one receiver wants kept is none of the others' business.
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), connector=connector)

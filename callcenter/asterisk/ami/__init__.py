"""Asterisk's manager interface: bytes to messages, one connection that mends itself, a buffer behind it, listeners."""

from callcenter.asterisk.ami.buffer import SpillBuffer
from callcenter.asterisk.ami.connection import ActionFailed, AmiClient, ListOverrun, NotConnected
from callcenter.asterisk.ami.listener import EventListeners
from callcenter.asterisk.ami.messages import AmiMessage, AmiParser

__all__ = [
    "ActionFailed",
    "AmiClient",
    "AmiMessage",
    "AmiParser",
    "EventListeners",
    "ListOverrun",
    "NotConnected",
    "SpillBuffer",
]

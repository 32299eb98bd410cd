"""Asterisk's manager interface: bytes to frozen messages, one connection that mends itself, listeners."""

from callcenter.asterisk.ami.connection import ActionFailed, AmiClient, NotConnected
from callcenter.asterisk.ami.listener import EventListeners
from callcenter.asterisk.ami.messages import AmiMessage, AmiParser

__all__ = ["ActionFailed", "AmiClient", "AmiMessage", "AmiParser", "EventListeners", "NotConnected"]

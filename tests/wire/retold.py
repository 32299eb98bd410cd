"""The same conversation as another one: other channels, bridges and linked ids, so that many go on at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ID = re.compile(rb"(?<=id: )callcenter-(?=\d)")
_BRIDGE = re.compile(rb"(?<=BridgeUniqueid: )b(?=\d)")
_LOCAL = re.compile(rb"(?<=Channel: )(Local/[^;\r]+)")


def retold(raw: Sequence[bytes], tag: int) -> list[bytes]:
    """As the `tag`-th."""
    return [_retold(message, b"%d" % tag) for message in raw]


def _retold(message: bytes, tag: bytes) -> bytes:
    message = _ID.sub(b"pbx%s-" % tag, message)
    message = _BRIDGE.sub(b"b%s-" % tag, message)
    return _LOCAL.sub(rb"\g<1>%s" % tag, message)

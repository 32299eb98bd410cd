"""What Asterisk passes on as it came: names in UTF-8, cut UTF-8, or the GBK of an old exchange."""

from __future__ import annotations

_LOST = "\ufffd"
# From here on UTF-8 takes three bytes: Chinese. GBK looks like that by chance only, and then breaks elsewhere.
_WIDE = "\u0800"


def decoded(raw: bytes) -> str:
    """The text of any bytes. A character that was cut becomes U+FFFD; never an exception."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        loose = raw.decode("utf-8", "replace")
    lost = loose.count(_LOST)
    wide = sum(character >= _WIDE for character in loose) - lost
    if wide > lost or (wide == lost == 1 and loose.endswith(_LOST)):
        return loose
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return loose

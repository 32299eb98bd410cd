"""Signatures in the shape of the Standard Webhooks specification, for sender and receiver.

Three headers: `webhook-id`, `webhook-timestamp` (whole Unix seconds) and `webhook-signature`, which holds
one or more `v1,<base64>` entries parted by spaces. What is signed, with HMAC-SHA256, is `id.timestamp.body`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping

PREFIX = "whsec_"
TOLERANCE_S = 300
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class SignatureError(Exception):
    """The message must not be believed.

    `code` says why: missing_header, bad_timestamp, bad_signature, too_old, too_new.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def new_secret() -> str:
    """A fresh secret of 32 random bytes, as text."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret_key(secret: str) -> bytes:
    """The key's bytes; ValueError unless the text is `whsec_` and base64 of 24 to 64 bytes."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"a webhook secret starts with {PREFIX}")
    try:
        key = base64.b64decode(secret[len(PREFIX) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"a webhook secret is {PREFIX} followed by base64") from error
    if not 24 <= len(key) <= 64:
        raise ValueError("a webhook secret holds 24 to 64 bytes")
    return key


def is_message_id(text: str) -> bool:
    """True for ids that are safe in a header and cannot be mistaken for the dots around them."""
    return _MESSAGE_ID.fullmatch(text) is not None


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(secret_key(secret), signed, hashlib.sha256)).decode()


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one delivery."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, message_id, timestamp, body),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float, tolerance_s: float = TOLERANCE_S) -> str:
    """Check one delivery and return its message id; raise SignatureError otherwise.

    `headers` finds names in lower case (aiohttp's does), `body` is the raw bytes as received, `now` Unix seconds.
    """
    message_id, stamp, signatures = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (is_message_id(message_id) and stamp and signatures):
        raise SignatureError("missing_header")
    timestamp = _timestamp(stamp)
    expected = sign(secret, message_id, timestamp, body).encode()
    given = signatures.encode("utf-8", "surrogateescape").split(b" ")
    if not any(hmac.compare_digest(expected, each) for each in given):
        raise SignatureError("bad_signature")
    # The age is judged after the signature, so that a stranger learns nothing about our clock.
    if timestamp < now - tolerance_s:
        raise SignatureError("too_old")
    if timestamp > now + tolerance_s:
        raise SignatureError("too_new")
    return message_id


def _timestamp(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise SignatureError("bad_timestamp")
    return int(text)

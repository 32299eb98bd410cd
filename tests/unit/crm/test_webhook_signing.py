"""Signatures: the specification's own example, and everything a receiver must refuse."""

from __future__ import annotations

import pytest

from crm_adapter.webhook.signing import (
    SignatureError,
    is_message_id,
    new_secret,
    secret_key,
    sign,
    signed_headers,
    verify,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1614265330
BODY = b'{"test": 2432232314}'


def test_the_published_example() -> None:
    assert sign(SECRET, ID, AT, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_was_signed_is_believed() -> None:
    secret = new_secret()
    assert verify(secret, signed_headers(secret, ID, AT, BODY), BODY, now=AT + 299) == ID


def test_one_good_signature_among_several_is_enough() -> None:
    good = signed_headers(SECRET, ID, AT, BODY)
    old = sign(new_secret(), ID, AT, BODY)
    headers = {**good, "webhook-signature": f"{old} v1a,xyz {good['webhook-signature']}"}
    assert verify(SECRET, headers, BODY, now=AT) == ID


@pytest.mark.parametrize(
    ("change", "body", "now", "code"),
    [
        ({"webhook-id": ""}, BODY, AT, "missing_header"),
        ({"webhook-timestamp": ""}, BODY, AT, "missing_header"),
        ({"webhook-signature": ""}, BODY, AT, "missing_header"),
        ({"webhook-id": "a.b"}, BODY, AT, "missing_header"),
        ({"webhook-id": "msg_other"}, BODY, AT, "bad_signature"),
        ({"webhook-timestamp": str(AT + 1)}, BODY, AT, "bad_signature"),
        ({"webhook-timestamp": "soon"}, BODY, AT, "bad_timestamp"),
        ({"webhook-timestamp": "-5"}, BODY, AT, "bad_timestamp"),
        ({"webhook-timestamp": "１６"}, BODY, AT, "bad_timestamp"),
        ({"webhook-timestamp": "9" * 5000}, BODY, AT, "bad_timestamp"),
        ({"webhook-signature": "v1,\udcff密"}, BODY, AT, "bad_signature"),
        ({"webhook-signature": "v1,"}, BODY, AT, "bad_signature"),
        ({}, BODY + b" ", AT, "bad_signature"),
        ({}, BODY, AT + 301, "too_old"),
        ({}, BODY, AT - 301, "too_new"),
    ],
)
def test_refused(change: dict[str, str], body: bytes, now: int, code: str) -> None:
    headers = {**signed_headers(SECRET, ID, AT, BODY), **change}
    with pytest.raises(SignatureError) as caught:
        verify(SECRET, headers, body, now=now)
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["", "secret", "whsec_", "whsec_!!!!", "whsec_c2hvcnQ=", "whsec_密码"])
def test_a_bad_secret_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="webhook secret"):
        secret_key(text)


@pytest.mark.parametrize(
    ("text", "good"), [("a-b_9", True), ("a.b", False), ("a\r\nb", False), ("", False), ("a" * 129, False)]
)
def test_message_ids(text: str, good: bool) -> None:
    assert is_message_id(text) is good

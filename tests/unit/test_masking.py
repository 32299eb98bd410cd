"""What a log line may not show, and what it must go on showing."""

from __future__ import annotations

import pytest

from callcenter.masking import masked, masked_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("from 13800138000 to 1001", "from ***8000 to 1001"),
        ("来电13800138000，主叫", "来电***8000，主叫"),
        ("PJSIP/+8613800138000@trunk-00000012;1", "PJSIP/***8000@trunk-00000012;1"),
        ("sip:02088886666@10.0.0.5:5060", "sip:***6666@10.0.0.5:5060"),
        ("(020) 8888-6666, +1 (212) 555-1234", "***6666, ***1234"),
        ("138 0013 8000; 400-810-1234", "***8000; ***1234"),
        ("agi_callerid: 88886666", "agi_callerid: ***66"),
        ("[parameters: ('13800138000', '陈静')]", "[parameters: ('***8000', '陈静')]"),
        ("called_13800138000_twice", "called_***8000_twice"),
        ("2.13800138000", "2.13800138000"),
    ],
)
def test_a_number_is_hidden_wherever_it_stands(text: str, shown: str) -> None:
    assert masked_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "callcenter-1700000000.12",
        "/spool/callcenter-1700000000.12-caller.wav",
        "01234567-1234-7123-8123-123456789012",
        "recording:01234567-1234-7123-8123-123456789012",
        "at 2026-11-22T03:00:00.123456Z, since 2026-11-22 03:00:00,123",
        "clock 1700000000, in ms 1700000000123",
        "ports 8080 5038 4573 9100 listen on 192.168.100.200:8080",
        "PJSIP/1001-00000012",
        "ticket 202611-0042",
        "took 0.1234567 s",
        "sha256 0b5f3a1234567890123456789abcdef0",
        "object at 0x7f1234567890",
        "call 3 of 120 ended after 123456 ms",
    ],
)
def test_what_is_no_number_stays_readable(text: str) -> None:
    assert masked_text(text) == text


def test_values_are_masked_by_their_name() -> None:
    fields = {"number": "138-001-38000", "raw_number": 13800138000, "caller": "1001", "phones": ["13800138000", None]}
    assert masked(fields) == {
        "number": "***8000",
        "raw_number": "***8000",
        "caller": "1001",
        "phones": ["***8000", None],
    }


def test_figures_are_left_alone() -> None:
    fields = {"port": 65535, "bytes": 123456789, "pid": 4194304, "ms": 1234567.8, "good": True, "none": None}
    assert masked(fields) == fields


def test_what_lies_inside_is_masked_too() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "<Odd 13800138000>"

    fields = {"headers": {"Number": "13800138000", "Queue": "complaint"}, "odd": Odd(), "calls": ("13800138000", 7)}
    assert masked(fields) == {
        "headers": {"Number": "***8000", "Queue": "complaint"},
        "odd": "<Odd ***8000>",
        "calls": ["***8000", 7],
    }


def test_secrets_are_never_shown() -> None:
    fields = {"secret": "s", "csrf": "c", "session_token": "t", "Password": "p", "api_key": "k", "key": "9", "keys": 2}
    hidden = {"secret": "***", "csrf": "***", "session_token": "***", "Password": "***", "api_key": "***"}
    assert masked(fields) == hidden | {"key": "9", "keys": 2}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql+asyncpg://me:s3cret@db:5432/x", "postgresql+asyncpg://me:***@db:5432/x"),
        ("redis://:s3cret@redis:6379/0", "redis://:***@redis:6379/0"),
        ("Authorization: Bearer abcdef.123456", "Authorization: Bearer ***"),
        ("?user=me&password=s3cret&x=1", "?user=me&password=***&x=1"),
        ("a basic check of http://host:8080/a", "a basic check of http://host:8080/a"),
        ("mail to me@firm.example", "mail to me@firm.example"),
    ],
)
def test_credentials_in_a_text_are_hidden(text: str, shown: str) -> None:
    assert masked_text(text) == shown

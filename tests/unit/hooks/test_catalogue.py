"""Which events others may have, and that the screens have words for each."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from callcenter.events import CATALOGUE
from callcenter.events.customers import CustomerChanged
from callcenter.hooks.catalogue import OFFERED, TEST, body_of, event_payload, message_id

WORDS = Path(__file__).resolve().parents[3] / "frontend" / "src" / "components" / "i18n"
AT = datetime(2026, 11, 24, 1, 2, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_event_and_its_room_has_words(language: str) -> None:
    words = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))
    assert {*OFFERED, TEST} <= words["eventType"].keys()
    assert {CATALOGUE[name].__module__.rpartition(".")[2] for name in OFFERED} <= words["eventRoom"].keys()


def test_sessions_stay_in_the_house() -> None:
    assert "SessionEnded" not in OFFERED
    assert "CallEnded" in OFFERED


def test_a_payload_is_the_same_whenever_it_is_made() -> None:
    event = CustomerChanged(at=AT, customer_id="李", change="created")
    assert body_of(event_payload(7, event)) == (
        b'{"type":"CustomerChanged","timestamp":"2026-11-24T01:02:03.000004Z","seq":7,'
        b'"data":{"call_id":null,"customer_id":"\xe6\x9d\x8e","change":"created"}}'
    )


def test_an_id_belongs_to_one_event_at_one_endpoint() -> None:
    first = message_id("endpoint-1", 7, AT)
    assert first == message_id("endpoint-1", 7, AT.astimezone(timezone(timedelta(hours=8))))
    others = [
        message_id("endpoint-2", 7, AT),
        message_id("endpoint-1", 8, AT),
        message_id("endpoint-1", 7, AT + timedelta(microseconds=1)),
        message_id("endpoint-1", 7, AT, "test:1"),
    ]
    assert len({first, *others}) == 5

"""A database as the release before left it (revision 0001): rows in every table, every column filled at least once.

Fixed by hand and not to be changed when tables change: a later migration must bring exactly these rows along.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from alembic import command
from sqlalchemy import Connection, MetaData, Table, select

from callcenter import schema

REVISION = "0001"
Rows = list[dict[str, Any]]


def _at(seconds: float) -> datetime:
    return datetime(2026, 11, 3, 1, 2, 3, tzinfo=UTC) + timedelta(seconds=seconds)


def _journal(*events: tuple[str, str | None, dict[str, Any]]) -> Rows:
    return [
        {"seq": seq, "at": _at(seq), "type": kind, "call_id": call, "payload": _payload(seq, kind, call, more)}
        for seq, (kind, call, more) in enumerate(events, start=1)
    ]


def _payload(seq: int, kind: str, call: str | None, more: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "at": _at(seq).isoformat().replace("+00:00", "Z"), "call_id": call, **more}


_CUSTOMERS: Rows = [
    {"id": "customer-1", "version": 3, "external_id": "K-1", "name": "王小明", "kind": "person", "grade": "A",
     "tags": ["业主", "VIP"], "note": "请勿在午休时间来电", "created_at": _at(-90000), "updated_at": _at(-0.000001)},
    {"id": "customer-2", "version": 1, "external_id": None, "name": "O'Brien \"Ltd\"; 100%", "kind": "company",
     "grade": "C", "tags": [], "note": "", "created_at": _at(-80000), "updated_at": _at(-80000)},
]  # fmt: skip
_USERS: Rows = [
    {"id": "user-1", "username": "chen", "name": "陈静", "role": "agent", "extension": "1001", "language": "zh-CN",
     "password_hash": "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA", "created_at": _at(-99999)},
    {"id": "user-2", "username": "zhou", "name": "周敏", "role": "supervisor", "extension": None, "language": "en",
     "password_hash": "", "created_at": _at(-99998)},
]  # fmt: skip
_CALLS: Rows = [
    {"id": "call-1", "server": "pbx", "linked_id": "pbx-100.1", "direction": "inbound", "raw_number": "13800138000",
     "number": "+8613800138000", "dialled": "02088886666", "menu_path": "1>2", "kind": "complaint",
     "language": "zh-CN", "queue": "complaint", "queued_at": _at(10), "started_at": _at(0),
     "answered_at": _at(14.25), "ended_at": _at(60.5), "outcome": "answered", "end_cause": "normal",
     "agent_id": "user-1", "extension": "1001", "customer_id": "customer-1", "recording_uniqueid": "pbx-100.1",
     "recording_started_at": _at(0.2), "disposition": "resolved", "note": "已安排师傅上门\n明天上午"},
    {"id": "call-2", "server": "pbx", "linked_id": "pbx-100.9", "direction": "inbound", "raw_number": "anonymous",
     "number": None, "dialled": "02088886666", "menu_path": "", "kind": "", "language": "", "queue": None,
     "queued_at": None, "started_at": _at(100), "answered_at": None, "ended_at": None, "outcome": "active",
     "end_cause": None, "agent_id": None, "extension": None, "customer_id": None, "recording_uniqueid": None,
     "recording_started_at": None, "disposition": None, "note": None},
]  # fmt: skip
_LEGS: Rows = [
    {"call_id": "call-1", "uniqueid": "pbx-100.1", "channel": "PJSIP/trunk-0001", "role": "caller", "extension": None,
     "started_at": _at(0), "ringing_at": None, "answered_at": _at(0.1), "ended_at": _at(60.5), "cause": "normal"},
    {"call_id": "call-1", "uniqueid": "pbx-100.2", "channel": "PJSIP/1001-0002", "role": "agent", "extension": "1001",
     "started_at": _at(10), "ringing_at": _at(11), "answered_at": _at(14.25), "ended_at": None, "cause": None},
]  # fmt: skip
_TALKS: Rows = [
    {"call_id": "call-1", "uniqueid": "pbx-100.2", "started_at": _at(14.25), "extension": "1001",
     "ended_at": _at(60.5)},
    {"call_id": "call-1", "uniqueid": "pbx-100.2", "started_at": _at(61), "extension": "1001", "ended_at": None},
]  # fmt: skip
_TICKETS: Rows = [
    {"id": "ticket-1", "number": "202611-0001", "kind": "complaint", "category": "construction.waterproofing",
     "summary": "卫生间渗水", "status": "open", "customer_id": "customer-1", "caller_number": "13800138000",
     "call_id": "call-1", "owner_id": "user-1", "created_at": _at(70), "version": 2, "crm_state": "pending",
     "crm_attempts": 4, "crm_round": 2,
     "crm_last_error": {"code": "crm_busy", "field": None, "params": {"status": 503}}, "crm_external_id": "T-77",
     "crm_url": "https://crm.example/T-77", "crm_next_try_at": _at(130)},
    {"id": "ticket-2", "number": "202611-0002", "kind": "inquiry", "category": None, "summary": "停车费怎么算",
     "status": "open", "customer_id": None, "caller_number": None, "call_id": None, "owner_id": "user-2",
     "created_at": _at(80), "version": 1, "crm_state": "off", "crm_attempts": 0, "crm_round": 1,
     "crm_last_error": None, "crm_external_id": None, "crm_url": None, "crm_next_try_at": None},
]  # fmt: skip
_RECORDINGS: Rows = [
    {"id": "recording-1", "call_id": "call-1", "server": "pbx", "uniqueid": "pbx-100.1", "state": "ready",
     "started_at": _at(0.2), "duration_s": 60.3125, "caller_file": "2026/11/03/call-1-caller.wav",
     "caller_sha256": "a" * 64, "heard_file": "2026/11/03/call-1-heard.wav", "heard_sha256": "b" * 64,
     "repaired": True, "segments": [{"start_s": 0.0, "end_s": 10.0, "kind": "menu", "agent_extension": None}]},
    {"id": "recording-2", "call_id": "call-2", "server": "pbx", "uniqueid": "pbx-100.9", "state": "missing",
     "started_at": _at(100), "duration_s": None, "caller_file": None, "caller_sha256": None, "heard_file": None,
     "heard_sha256": None, "repaired": False, "segments": []},
]  # fmt: skip
_TRANSCRIPTS: Rows = [
    {"recording_id": "recording-1", "state": "failed", "language": "zh-CN", "engine": "vosk", "model": "vosk-cn",
     "error_code": "engine_crashed", "error_params": {"status": -9}, "requested_at": _at(61), "started_at": _at(62),
     "ended_at": _at(63)},
    {"recording_id": "recording-2", "state": "waiting", "language": "en", "engine": None, "model": None,
     "error_code": None, "error_params": None, "requested_at": _at(161), "started_at": None, "ended_at": None},
]  # fmt: skip
_UTTERANCES: Rows = [
    {"id": "utterance-1", "recording_id": "recording-1", "side": "agent", "agent_extension": "1001", "start_s": 15.5,
     "end_s": 17.03, "text": "您好，安居物业", "confidence": 0.8725,
     "words": [{"start_s": 15.5, "end_s": 16.0, "text": "您好", "confidence": 0.9}]},
    {"id": "utterance-2", "recording_id": "recording-1", "side": "caller", "agent_extension": None, "start_s": 17.5,
     "end_s": 20.0, "text": "水管漏水", "confidence": 1.0, "words": []},
]  # fmt: skip
_JOURNAL = _journal(
    ("CallStarted", "call-1", {"server": "pbx", "linked_id": "pbx-100.1", "direction": "inbound",
                               "number": "13800138000", "dialled": "02088886666"}),
    ("CallClassified", "call-1", {"menu_path": "1>2", "kind": "complaint", "language": "zh-CN"}),
    ("CallQueued", "call-1", {"queue": "complaint", "position": 1}),
    ("CallRinging", "call-1", {"ring_id": "pbx-100.2", "extension": "1001", "queue": "complaint"}),
    ("CallRingStopped", "call-1", {"ring_id": "pbx-100.3", "extension": "1002", "reason": "answered_elsewhere"}),
    ("CallAnswered", "call-1", {"extension": "1001", "queue": None}),
    ("CallAgentLeft", "call-1", {"extension": "1001"}),
    ("CallEnded", "call-1", {"outcome": "answered", "cause": "normal"}),
    ("PresenceChanged", None, {"user_id": "user-1", "extension": "1001", "state": "paused", "reason": "lunch"}),
    ("RecordingStored", "call-1", {"recording_id": "recording-1", "repaired": True}),
    ("TranscriptChanged", "call-1", {"recording_id": "recording-1", "state": "failed"}),
    ("TicketOpened", "call-1", {"ticket_id": "ticket-1", "number": "202611-0001", "kind": "complaint"}),
    ("TicketCrmChanged", None, {"ticket_id": "ticket-1", "state": "pending"}),
    ("CustomerChanged", None, {"customer_id": "customer-1", "change": "updated"}),
)  # fmt: skip

# In the order in which they can be written: what is pointed at comes first.
ROWS: dict[str, Rows] = {
    "customers": _CUSTOMERS,
    "customer_homes": [
        {"id": "home-1", "customer_id": "customer-1", "project": "翠湖花园", "building": "3", "unit": "2",
         "room": "1201", "search_key": "翠湖花园3-2-1201"},
        {"id": "home-2", "customer_id": "customer-2", "project": "翠湖花园", "building": None, "unit": None,
         "room": None, "search_key": "翠湖花园"},
    ],
    "customer_phones": [
        {"id": "phone-1", "customer_id": "customer-1", "raw": "138-0013-8000", "e164": "+8613800138000",
         "lookup_key": "+8613800138000", "label": "手机"},
        {"id": "phone-2", "customer_id": "customer-2", "raw": "?", "e164": None, "lookup_key": None, "label": None},
    ],
    "users": _USERS,
    "sessions": [
        {"token_hash": "c" * 64, "user_id": "user-1", "csrf": "csrf-token", "created_at": _at(-3600),
         "expires_at": _at(36000)},
    ],
    "queues": [
        {"name": "complaint", "label_zh": "投诉", "label_en": "Complaints", "wrapup_s": 30, "service_level_s": 20},
    ],
    "queue_members": [{"queue": "complaint", "user_id": "user-1"}],
    "presence": [
        {"user_id": "user-1", "wish": "paused", "reason": "lunch", "since": _at(-60), "wrapup_until": _at(90.75)},
        {"user_id": "user-2", "wish": "offline", "reason": None, "since": _at(-50), "wrapup_until": None},
    ],
    "calls": _CALLS,
    "call_legs": _LEGS,
    "call_talks": _TALKS,
    "pbx_boots": [{"server": "pbx", "boot": "2026-11-02T23:00:00Z"}],
    "tickets": _TICKETS,
    "ticket_counters": [{"period": "202611", "last": 2}],
    "ticket_openings": [{"user_id": "user-1", "key": "key-1", "fingerprint": "d" * 64, "ticket_id": "ticket-1"}],
    "recordings": _RECORDINGS,
    "transcripts": _TRANSCRIPTS,
    "utterances": _UTTERANCES,
    "journal": _JOURNAL,
    "journal_cursors": [{"name": "recordings_of_calls", "seq": 9_000_000_000}],
}  # fmt: skip


def fill(connection: Connection) -> None:
    """Make the tables of the release before, and its rows."""
    command.upgrade(schema._config(connection), REVISION)
    tables = _tables(connection)
    # Else the set is not what it says: something in every column of every table.
    assert {name: _filled(kept) for name, kept in ROWS.items()} == {
        name: set(table.columns.keys()) for name, table in tables.items()
    }
    for name, kept in ROWS.items():
        for row in kept:
            connection.execute(tables[name].insert(), {key: row[key] for key in _filled([row])})


def _filled(kept: Rows) -> set[str]:
    return {key for row in kept for key, value in row.items() if value is not None}


def rows(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in the order of its key."""
    return {
        name: [_plain(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
        for name, table in _tables(connection).items()
    }


def _plain(row: Any) -> dict[str, Any]:
    return {name: _aware(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _aware(value: datetime) -> datetime:
    """SQLite keeps UTC without saying so."""
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _tables(connection: Connection) -> dict[str, Table]:
    """The database's own tables as they are, whatever the models say."""
    metadata = MetaData()
    metadata.reflect(connection)
    return {name: table for name, table in metadata.tables.items() if name != "alembic_version"}

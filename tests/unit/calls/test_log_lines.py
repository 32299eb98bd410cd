"""What the log tells of a message that could not be applied: enough to find it, nothing about the caller."""

from __future__ import annotations

from datetime import UTC, datetime

from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.calls.applier import Beat
from callcenter.calls.evidence import Told
from callcenter.calls.log_lines import about

HEADERS = {"Uniqueid": "a-1700000000.2", "Linkedid": "a-1700000000.1", "CallerIDNum": "600123", "CallerIDName": "陈静"}
KNOWN = {"message": "Newchannel", "uniqueid": "a-1700000000.2", "linkedid": "a-1700000000.1"}


def test_a_message_by_its_name_and_ids() -> None:
    assert about(AmiMessage((("Event", "Newchannel"), *HEADERS.items()))) == KNOWN
    assert about(Told("Newchannel", datetime(2026, 11, 2, tzinfo=UTC), HEADERS)) == KNOWN
    assert about(Beat(datetime(2026, 11, 2, tzinfo=UTC))) == {"message": "Beat"}

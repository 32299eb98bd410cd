"""Conversations over midnight and over a change of the clock: captured ones with their time stamps shifted, as nobody
can wait for midnight and the clock of a machine that others use cannot be set."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from tests.wire.conversations import FOLDER, read

# In Shanghai the 12th of November begins in the middle of the call.
_MIDNIGHT = datetime(2026, 11, 11, 16, tzinfo=UTC).timestamp() - 1.0
_EPOCH = re.compile(r"(?<![\d.-])1[789]\d{8}(?:\.\d+)?(?=[\",|]|$)")
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
Shift = Callable[[float], float]


def write_all() -> list[str]:
    """Their names."""
    started = read("blind_to_queue").started
    _write("over_midnight", "blind_to_queue", "over midnight", lambda at: at + round(_MIDNIGHT - started))
    for name, hours in (("clock_set_back", -1), ("clock_set_forward", 1)):
        change = read("blind_to_queue").started + 2.0
        _write(
            name, "blind_to_queue", f"clock set by {hours} h", lambda at, h=hours, c=change: at + h * 3600 * (at > c)
        )
    return ["over_midnight", "clock_set_back", "clock_set_forward"]


def _write(name: str, source: str, what: str, shift: Shift) -> None:
    old = read(source)
    start = shift(old.started)
    lines = dict(old.lines)
    for section in ("cel", "cdr", "queue_log"):
        lines[section] = tuple(_shifted(line, shift) for line in lines[section])
    for section, column in (("messages", 10), ("account", 10)):
        lines[section] = tuple(_moved(line, column, old.started, start, shift) for line in lines[section])
    head = f"{old.title}; {what}: shifted by hand from {source}\nstarted {start:.6f}\n"
    sections = {key: lines[key] for key in ("channels", "messages", "cel", "cdr", "queue_log", "account")}
    body = "".join(f"\n[{key}]\n" + "".join(f"{line}\n" for line in rows) for key, rows in sections.items())
    (FOLDER / f"{name}.txt").write_text(head + body)


def _moved(line: str, width: int, old: float, new: float, shift: Shift) -> str:
    seconds, _, rest = line.strip().partition(" ")
    if seconds == "call":
        return line
    return f"{shift(old + float(seconds)) - new:{width}.6f} {rest}"


def _shifted(row: str, shift: Shift) -> str:
    row = _EPOCH.sub(lambda found: _like(found[0], shift(float(found[0]))), row)
    return _WRITTEN.sub(lambda found: _text(found[0], shift), row)


def _like(old: str, new: float) -> str:
    return f"{new:.6f}" if "." in old else str(int(new))


def _text(old: str, shift: Shift) -> str:
    at = datetime.strptime(old, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    return f"{datetime.fromtimestamp(shift(at), UTC):%Y-%m-%d %H:%M:%S}"

"""Clocks: recordings are cut by the times that Asterisk tells, and processes compare theirs through the database."""

from __future__ import annotations

from collections.abc import Mapping

from callcenter.doctor.asterisk import AsteriskFacts
from callcenter.doctor.database import DatabaseFacts
from callcenter.doctor.finding import Finding, error, ok, skipped
from callcenter.doctor.installation import Installation, Once, Unavailable

CHECK = "clock"
LIMIT_S = 2.0


async def check(installation: Installation) -> list[Finding]:
    """This machine's clock beside those of the database and of Asterisk. SQLite has none of its own."""
    off: dict[str, float] = {}
    for name, once in (("database", installation.database), ("Asterisk", installation.asterisk)):
        told = await _off(once)
        if told is not None:
            off[name] = told
    return judge(off, installation.settings.firm.timezone)


def judge(off: Mapping[str, float], timezone: str) -> list[Finding]:
    """`off` says by how many seconds another clock is ahead of ours."""
    if not off:
        return [skipped(CHECK, "doctor_clock_alone", timezone=timezone)]
    wrong = {name: seconds for name, seconds in off.items() if abs(seconds) > LIMIT_S}
    found = [error(CHECK, "doctor_clock_off", name=name, seconds=round(off, 1)) for name, off in wrong.items()]
    return found or [ok(CHECK, "doctor_clock_good", names=", ".join(off), timezone=timezone)]


async def _off(once: Once[AsteriskFacts] | Once[DatabaseFacts]) -> float | None:
    try:
        return (await once.needed()).off_s
    except Unavailable:
        return None

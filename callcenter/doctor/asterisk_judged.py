"""What follows from what Asterisk said (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.doctor.asterisk import AsteriskFacts
from callcenter.doctor.finding import Finding, error, ok, skipped, warning

OLDEST = 20
# A right, and an action that shows it: one of Asterisk's core, so that no missing module hides it.
_RIGHTS = {"call": "Redirect", "reporting": "CoreStatus"}
_AGENT = "QueuePause"
# What our user has no business with: console, configuration files, modules and database.
_TOO_MUCH = {"command": "Command", "config": "UpdateConfig", "system": "ModuleLoad"}
# Actions that tell of a module where func_module does not.
_SIGNS = {
    "app_queue": "QueueStatus",
    "app_mixmonitor": "MixMonitorMute",
    "chan_pjsip": "PJSIPHangup",
    "res_manager_devicestate": "DeviceStateList",
}


def judge_version(facts: AsteriskFacts, host: str, port: int) -> list[Finding]:
    """Whether this Asterisk is one that we know."""
    if facts.major is None:
        return [warning("asterisk", "doctor_asterisk_version_unread", version=facts.version, oldest=OLDEST)]
    if facts.major < OLDEST:
        return [error("asterisk", "doctor_asterisk_old", version=facts.version, oldest=OLDEST)]
    return [ok("asterisk", "doctor_asterisk_good", version=facts.version, host=host, port=port)]


def judge_rights(facts: AsteriskFacts, user: str) -> list[Finding]:
    """What our manager user may do: what it must, and no more."""
    missing = [right for right, action in _RIGHTS.items() if action not in facts.commands]
    if _AGENT not in facts.commands and _loaded(facts, "app_queue"):
        missing.append("agent")
    if missing:
        return [error("rights", "doctor_rights_missing", user=user, rights=", ".join(missing))]
    wide = [right for right, action in _TOO_MUCH.items() if action in facts.commands]
    if wide:
        return [warning("rights", "doctor_rights_wide", user=user, rights=", ".join(wide))]
    return [ok("rights", "doctor_rights_good", user=user)]


def judge_modules(facts: AsteriskFacts) -> list[Finding]:
    """Whether everything is loaded that the dialplan and the service need."""
    seen = {name: _loaded(facts, name) for name in facts.modules}
    missing = [name for name, loaded in seen.items() if loaded is False]
    unseen = [name for name, loaded in seen.items() if loaded is None]
    found = []
    if missing:
        found.append(error("modules", "doctor_modules_missing", modules=", ".join(missing)))
    if unseen:
        found.append(skipped("modules", "doctor_modules_unseen", modules=", ".join(unseen)))
    return found or [ok("modules", "doctor_modules_good", count=len(seen))]


def judge_numbers(facts: AsteriskFacts) -> list[Finding]:
    """Whether the public numbers lead to us. Nothing to say where Asterisk cannot tell."""
    lost = [number for number, there in facts.numbers.items() if there is False]
    return [error("configuration", "doctor_numbers_lost", numbers=", ".join(lost))] if lost else []


def judge_queues(facts: AsteriskFacts, kept: Sequence[str] | None) -> list[Finding]:
    """Queues of Asterisk beside those of the database."""
    if not kept:
        return [skipped("queues", "doctor_queues_none")]
    found = []
    if absent := sorted(set(kept) - facts.queues):
        found.append(error("queues", "doctor_queues_absent", queues=", ".join(absent)))
    if unknown := sorted(facts.queues - set(kept)):
        found.append(warning("queues", "doctor_queues_unknown", queues=", ".join(unknown)))
    return found or [ok("queues", "doctor_queues_good", count=len(kept))]


def _loaded(facts: AsteriskFacts, module: str) -> bool | None:
    told = facts.modules.get(module)
    if told is not None or module not in _SIGNS:
        return told
    # Without the right `call` the sign would be missing as well.
    if _SIGNS[module] in facts.commands:
        return True
    return False if _RIGHTS["call"] in facts.commands else None

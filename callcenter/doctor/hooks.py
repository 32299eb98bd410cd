"""Other people's code: what the settings switch on is installed."""

from __future__ import annotations

from callcenter.doctor.finding import Finding, ok, warning
from callcenter.doctor.installation import Installation, apart
from callcenter.hooks.foreign.discovery import GROUPS, installed, missing

CHECK = "hooks"


async def check(installation: Installation) -> list[Finding]:
    """Every name that is not installed, with what is; else what runs."""
    enabled = installation.settings.hooks.enabled
    absent = await apart(lambda: missing(enabled))
    if absent:
        return [warning(CHECK, "hook_missing", name=name, installed=there) for name, there in absent.items()]
    names = sorted({hook.name for group in GROUPS for hook in installed(group, enabled)})
    return [ok(CHECK, "doctor_hooks_good", names=", ".join(names) or "-")]

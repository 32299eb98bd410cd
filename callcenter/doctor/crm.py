"""The firm's CRM: set completely, and there. No ticket is sent."""

from __future__ import annotations

import aiohttp

from callcenter.doctor.finding import Finding, error, ok, skipped, warning
from callcenter.doctor.installation import Installation

CHECK = "crm"
LIMIT_S = 8.0


async def check(installation: Installation) -> list[Finding]:
    """Whether the webhook's server answers at all; asked only when the network may be used."""
    crm = installation.settings.crm
    if crm.kind == "builtin" or crm.url is None:
        return [ok(CHECK, "doctor_crm_builtin")]
    if not installation.online:
        return [skipped(CHECK, "doctor_crm_untried")]
    try:
        status = await _knock(crm.url)
    except TimeoutError:
        return [error(CHECK, "doctor_crm_unreachable", reason=f"> {LIMIT_S:g} s")]
    except (aiohttp.ClientError, OSError, ValueError) as reason:
        return [error(CHECK, "doctor_crm_unreachable", reason=str(reason))]
    return judge(status)


def judge(status: int) -> list[Finding]:
    """A receiver of POST may well refuse HEAD: any answer of the server itself will do."""
    if status >= 500:
        return [warning(CHECK, "doctor_crm_fails", status=status)]
    if 300 <= status < 400:
        return [error(CHECK, "crm_redirected", status=status)]
    return [ok(CHECK, "doctor_crm_good", status=status)]


async def _knock(url: str) -> int:
    timeout = aiohttp.ClientTimeout(total=LIMIT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.head(url, allow_redirects=False) as answer:
        return answer.status

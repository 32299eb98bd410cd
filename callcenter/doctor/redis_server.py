"""Redis: reached, of a version that we know, and not throwing away what it is to keep."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from callcenter.doctor.database import shown
from callcenter.doctor.finding import Finding, error, ok, skipped, warning
from callcenter.doctor.installation import Installation

CHECK = "redis"
OLDEST = 7
LIMIT_S = 5.0


async def check(installation: Installation) -> list[Finding]:
    """Whether the bus between processes is there."""
    url = installation.settings.redis.url
    if url is None:
        return [skipped(CHECK, "doctor_redis_unset")]
    try:
        async with asyncio.timeout(LIMIT_S):
            told = await _ask(url)
    # Its AuthenticationError is a kind of connection error.
    except (AuthenticationError, ResponseError) as reason:
        return [error(CHECK, "doctor_redis_refused", url=shown(url), reason=str(reason))]
    except (RedisError, OSError) as reason:
        return [error(CHECK, "doctor_redis_unreachable", url=shown(url), reason=str(reason) or f"> {LIMIT_S:g} s")]
    return judge(told, shown(url))


def judge(told: Mapping[str, Any], url: str) -> list[Finding]:
    """From Redis' INFO."""
    version, policy = str(told.get("redis_version", "")), str(told.get("maxmemory_policy", "?"))
    major = version.split(".")[0]
    if not major.isdigit() or int(major) < OLDEST:
        return [error(CHECK, "doctor_redis_old", version=version, oldest=OLDEST)]
    if told.get("maxmemory") and policy != "noeviction":
        return [warning(CHECK, "doctor_redis_evicts", policy=policy, url=url)]
    return [ok(CHECK, "doctor_redis_good", version=version, policy=policy, url=url)]


async def _ask(url: str) -> dict[str, Any]:
    client = Redis.from_url(url, socket_connect_timeout=LIMIT_S, socket_timeout=LIMIT_S)
    try:
        return {**await client.info("server"), **await client.info("memory")}
    finally:
        await client.aclose()

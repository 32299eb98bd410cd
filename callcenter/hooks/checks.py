"""What an endpoint may be (pure)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from yarl import URL

from callcenter.errors import Problem
from callcenter.hooks.catalogue import OFFERED
from callcenter.hooks.reach import is_host

LONGEST_URL = 2000
LONGEST_DESCRIPTION = 200
LONGEST_KEY = 128


@dataclass(frozen=True)
class Wanted:
    """An endpoint as a person wants it."""

    url: str
    event_types: tuple[str, ...]
    description: str = ""
    enabled: bool = True

    @property
    def fingerprint(self) -> str:
        """Equal for equal requests."""
        text = json.dumps([self.url, self.event_types, self.description, self.enabled])
        return hashlib.sha256(text.encode()).hexdigest()


def checked(wanted: Wanted) -> Wanted:
    """The same in order, or a `Problem` that names the field at fault."""
    types = tuple(name for name in OFFERED if name in wanted.event_types)
    if unknown := next((name for name in wanted.event_types if name not in OFFERED), None):
        raise Problem("webhook_event_unknown", field="event_types", value=unknown)
    if not types:
        raise Problem("webhook_events_missing", field="event_types")
    return Wanted(checked_url(wanted.url), types, wanted.description.strip(), wanted.enabled)


def checked_url(url: str) -> str:
    """An absolute HTTP address without credentials. What is behind it only shows when something is sent."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        credentials = parts.username is not None or parts.password is not None
        # The host as the client that sends reads it: １２７ is 127, and 客户.中国 has a name in ASCII.
        good = parts.scheme in ("http", "https") and is_host(URL(url).raw_host or "") and _good_port(parts)
    except ValueError:  # a port that is none, brackets that do not match
        raise Problem("webhook_url_invalid", field="url", value=url) from None
    if credentials:
        raise Problem("webhook_url_credentials", field="url")
    if not good or any(each.isspace() for each in url):
        raise Problem("webhook_url_invalid", field="url", value=url)
    if parts.fragment:
        raise Problem("webhook_url_fragment", field="url")
    return url


def _good_port(parts: SplitResult) -> bool:
    return parts.port != 0 and not parts.netloc.endswith(":")


def checked_key(key: str | None) -> str | None:
    """An Idempotency-Key of a length that can be kept."""
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise Problem("idempotency_key_length", field="Idempotency-Key", longest=LONGEST_KEY)
    return key

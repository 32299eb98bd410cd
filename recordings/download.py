"""Fetch one large file: goes on after an interruption, checks it, says how far it is."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

from recordings.errors import ModelFetchFailed
from recordings.models import sha256_of

Progress = Callable[[str], None]

_CHUNK = 1 << 18
_TIMEOUT_S = 30.0
_PAUSES_S = (1.0, 3.0, 10.0, 20.0)
_REPORT_S = 2.0


def download(
    url: str,
    target: Path,
    sha256: str | None,
    say: Progress,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Leave the content of `url` at `target`; what arrives is kept in `target`.part between tries.

    A file of the wrong checksum is thrown away and fetched once more from the start, since the part may
    be of an older version. Raise ModelFetchFailed when all tries are used up.
    """
    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    _fetch(url, part, say, pause)
    if not _is(part, sha256):
        say(f"{target.name}: wrong checksum, fetching it again")
        part.unlink()
        _fetch(url, part, say, pause)
    if not _is(part, sha256):
        part.unlink()
        raise ModelFetchFailed(file=target.name, reason="checksum")
    part.replace(target)


def _is(path: Path, sha256: str | None) -> bool:
    return sha256 is None or sha256_of(path) == sha256


def _fetch(url: str, part: Path, say: Progress, pause: Callable[[float], None]) -> None:
    for wait in (*_PAUSES_S, None):
        try:
            _attempt(url, part, say)
            return
        except (OSError, http.client.HTTPException) as error:
            refused = isinstance(error, urllib.error.HTTPError) and 400 <= error.code < 500
            if wait is None or refused:
                raise ModelFetchFailed(file=part.stem, reason=str(error) or type(error).__name__) from error
            say(f"{part.stem}: interrupted ({error}), going on in {wait:.0f} s")
            pause(wait)


def _attempt(url: str, part: Path, say: Progress) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            # A server that knows no ranges answers 200 with the whole: begin anew.
            start = have if answer.status == http.client.PARTIAL_CONTENT else 0
            length = answer.headers.get("Content-Length")
            total = start + int(length) if length else None
            with part.open("ab" if start else "wb") as file:
                _copy(answer, file, start, total, lambda text: say(f"{part.stem}: {text}"))
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        # Nothing is left to fetch; the checksum tells whether what is here is right.


def _copy(source: IO[bytes], file: IO[bytes], done: int, total: int | None, say: Progress) -> None:
    reported = time.monotonic()
    while chunk := source.read(_CHUNK):
        file.write(chunk)
        done += len(chunk)
        if time.monotonic() - reported >= _REPORT_S:
            reported = time.monotonic()
            say(_amount(done, total))
    if total is not None and done < total:
        raise ConnectionError(f"{_amount(done, total)} arrived")
    say(_amount(done, total))


def _amount(done: int, total: int | None) -> str:
    if total is None:
        return f"{done / 1e6:.1f} MB"
    return f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"

"""Encryption of the manager's line. The certificate is always checked: the log-in rules the telephones."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

from callcenter.errors import Problem


async def context(authority: Path | None) -> ssl.SSLContext:
    """Trusts the authority in this file, or those of the system. A Problem when the file cannot be used."""
    try:
        # Reads files.
        return await asyncio.to_thread(ssl.create_default_context, cafile=authority)
    except (OSError, ValueError) as error:
        raise Problem(
            "asterisk_ami_authority", status=502, field="ami.tls_ca", path=str(authority), reason=str(error)
        ) from error


@contextlib.contextmanager
def told(host: str, port: int) -> Iterator[None]:
    """Makes a Problem of a line that cannot be encrypted."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Problem(
            "asterisk_ami_certificate",
            status=502,
            field="ami.tls_ca",
            host=host,
            port=port,
            reason=error.verify_message,
        ) from error
    except ssl.SSLError as error:
        raise Problem("asterisk_ami_no_tls", status=502, field="ami.tls", host=host, port=port) from error

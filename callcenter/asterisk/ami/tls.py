"""Encryption of the manager's line. The certificate is always checked: the log-in rules the telephones."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from callcenter.errors import Problem


class TlsAccess(Protocol):
    """A server that is reached through an encrypted line."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def tls_ca(self) -> Path | None: ...

    def field(self, name: str) -> str: ...

    def setting(self, name: str) -> str: ...


async def context(access: TlsAccess) -> ssl.SSLContext:
    """Trusts the server's authority, or those of the system. A Problem when its file cannot be used."""
    try:
        # Reads files.
        return await asyncio.to_thread(ssl.create_default_context, cafile=access.tls_ca)
    except (OSError, ValueError) as error:
        raise Problem(
            "asterisk_ami_authority",
            status=502,
            field=access.field("tls_ca"),
            path=str(access.tls_ca),
            reason=str(error),
            ca_setting=access.setting("tls_ca"),
        ) from error


@contextlib.contextmanager
def told(access: TlsAccess) -> Iterator[None]:
    """Makes a Problem of a line that cannot be encrypted."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Problem(
            "asterisk_ami_certificate",
            status=502,
            field=access.field("tls_ca"),
            host=access.host,
            port=access.port,
            reason=error.verify_message,
            ca_setting=access.setting("tls_ca"),
            host_setting=access.setting("host"),
        ) from error
    except ssl.SSLError as error:
        raise Problem(
            "asterisk_ami_no_tls",
            status=502,
            field=access.field("tls"),
            host=access.host,
            port=access.port,
            port_setting=access.setting("port"),
            tls_setting=access.setting("tls"),
        ) from error

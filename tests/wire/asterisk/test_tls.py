"""The encrypted line, with certificates made for the test."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop
from pydantic import SecretStr

from callcenter.asterisk.ami import AmiClient
from callcenter.clock import utc_now
from callcenter.doctor.asterisk import ask_asterisk
from callcenter.errors import Problem
from callcenter.setting_groups import AmiSettings
from tests.wire.asterisk.manager import FakeManager, end, long_list


def certificate(folder: Path, name: str, subject: str) -> tuple[Path, Path]:
    """Certificate and key of a server that signs for itself."""
    files = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=asterisk", "-addext", f"subjectAltName={subject}", "-out", files[0], "-keyout", files[1]],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return files


def secured(server: FakeManager, files: tuple[Path, Path]) -> None:
    server.secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.secure.load_cert_chain(*files)


async def refused(settings: AmiSettings) -> Problem:
    client = AmiClient(settings, on_message=lambda _: None)
    with pytest.raises(Problem) as caught:
        await asyncio.wait_for(client.run(), 10)
    return caught.value


def access(server: FakeManager, authority: Path | None) -> AmiSettings:
    return AmiSettings(port=server.port, secret=SecretStr("s"), tls=True, tls_ca=authority)


async def back_after_a_break(files: tuple[Path, Path]) -> None:
    server = FakeManager()
    server.answers["Status"] = lambda action: long_list(action, 5000)
    secured(server, files)
    await server.start()
    client = AmiClient(access(server, files[0]), on_message=lambda _: None)
    task = asyncio.create_task(client.run())
    await asyncio.wait_for(client.wait_connected(), 10)
    server.drop()
    await server.until("Login", times=2)
    await asyncio.wait_for(client.wait_connected(), 10)
    assert len(await client.list_action("Status")) == 5000
    await end(task)
    await server.stop()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_it_logs_in_where_the_authority_is_known_and_comes_back(tmp_path: Path, run: Callable[..., None]) -> None:
    """Each loop has an encryption of its own."""
    run(back_after_a_break(certificate(tmp_path, "own", "IP:127.0.0.1")))


@pytest.mark.parametrize("wrong", ["no authority", "another authority", "another name"])
async def test_a_certificate_that_proves_nothing_is_refused(tmp_path: Path, wrong: str) -> None:
    server = FakeManager()
    own = certificate(tmp_path, "own", "IP:127.0.0.2" if wrong == "another name" else "IP:127.0.0.1")
    other = certificate(tmp_path, "other", "IP:127.0.0.1")
    secured(server, own)
    await server.start()
    authority = {"no authority": None, "another authority": other[0], "another name": own[0]}[wrong]
    problem = await refused(access(server, authority))
    assert (problem.code, problem.params["port"]) == ("asterisk_ami_certificate", server.port)
    assert "Login" not in server.seen
    await server.stop()


async def test_the_doctor_checks_the_certificate_too(tmp_path: Path) -> None:
    server = FakeManager()
    files = certificate(tmp_path, "own", "IP:127.0.0.1")
    secured(server, files)
    await server.start()
    with pytest.raises(Problem, match="asterisk_ami_certificate"):
        await ask_asterisk(access(server, None), [], utc_now)
    assert (await ask_asterisk(access(server, files[0]), [], utc_now)).commands == frozenset()
    await server.stop()


async def test_a_line_that_is_not_encrypted_is_named(tmp_path: Path) -> None:
    server = FakeManager()
    await server.start()
    assert (await refused(access(server, None))).code == "asterisk_ami_no_tls"
    await server.stop()


@pytest.mark.parametrize("text", [None, "no certificate"])
async def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "ca.pem"
    if text:
        path.write_text(text)
    problem = await refused(AmiSettings(port=1, tls=True, tls_ca=path))
    assert (problem.code, problem.params["path"]) == ("asterisk_ami_authority", str(path))

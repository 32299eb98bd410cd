"""The archive's shape: what is written is read back, and what no backup writes is refused."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from callcenter.backup.archive import Tally, Writer, files, opened, require_safe, verify
from callcenter.backup.manifest import FORMAT, parse
from callcenter.errors import Problem


def written(path: Path, *names: str) -> Path:
    with path.open("wb") as file:
        writer = Writer(file)
        for name in names:
            writer.text(name, name.encode() * 3)
        writer.close()
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    long = "recordings/" + "长" * 60 + "/a\nb.wav"
    path = written(tmp_path / "a.tar", "manifest.json", "flows/main.yaml", long)
    assert verify(path) == {
        "flows": Tally(1, 3 * len("flows/main.yaml")),
        "recordings": Tally(1, 3 * len(long.encode())),
    }
    with opened(path) as tar:
        assert {info.name: content.read() for info, content in files(tar)} == {
            name: name.encode() * 3 for name in ("flows/main.yaml", long)
        }


def test_a_file_that_grows_meanwhile_is_saved_as_long_as_it_was(tmp_path: Path) -> None:
    growing = tmp_path / "growing"
    growing.write_bytes(b"begun")
    with (tmp_path / "a.tar").open("wb") as file, growing.open("ab") as more:
        writer = Writer(_Growing(file, more))
        assert writer.file("spool/growing", growing) == 5
        writer.close()
    assert growing.stat().st_size > 5
    assert verify(tmp_path / "a.tar") == {"spool": Tally(1, 5)}


class _Growing(io.RawIOBase):
    """Lets another file grow whenever something is written to this one."""

    def __init__(self, file: io.BufferedWriter, other: io.BufferedWriter) -> None:
        self._file, self._other = file, other

    def write(self, data: object) -> int:
        self._other.write(b"more")
        self._other.flush()
        return self._file.write(data)  # type: ignore[call-overload,no-any-return]

    def tell(self) -> int:
        return self._file.tell()


def test_a_member_that_the_sums_do_not_name_is_damage(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tar", "manifest.json")
    with tarfile.open(path) as tar:
        sums = tar.getmember("checksums")
    whole = path.read_bytes()
    extra = io.BytesIO()
    with tarfile.open(fileobj=extra, mode="w") as tar:
        info = tarfile.TarInfo("flows/extra.yaml")
        tar.addfile(info)
    path.write_bytes(whole[: sums.offset] + extra.getvalue()[:512] + whole[sums.offset :])
    with pytest.raises(Problem) as refusal:
        verify(path)
    assert (refusal.value.code, refusal.value.params["member"]) == ("backup_damaged", "flows/extra.yaml")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_only_plain_files_are_taken(kind: bytes) -> None:
    info = tarfile.TarInfo("recordings/a")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(Problem) as refusal:
        require_safe(info)
    assert refusal.value.code == "backup_unsafe"


@pytest.mark.parametrize("name", ["/etc/passwd", "a/../../b", "..", "a//b", "./a", "a/.", "", "a/\0b"])
def test_only_names_below_are_taken(name: str) -> None:
    with pytest.raises(Problem) as refusal:
        require_safe(tarfile.TarInfo(name))
    assert refusal.value.code == "backup_unsafe"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f'{{"format": {FORMAT + 1}}}', "backup_format_newer"),
        ("{}", "backup_unreadable"),
        ("[1]", "backup_unreadable"),
        ("no json", "backup_unreadable"),
        (f'{{"format": {FORMAT}, "form": "mysql"}}', "backup_unreadable"),
    ],
)
def test_a_manifest_that_cannot_be_read_says_why(text: str, code: str) -> None:
    with pytest.raises(Problem) as refusal:
        parse(text.encode(), "a.tar")
    assert refusal.value.code == code

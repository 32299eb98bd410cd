"""Fuzzes the parsers of Asterisk's lines, guided by what of their code is reached; `make fuzz` runs it.

    .venv/bin/python scripts/fuzz.py ami|agi SECONDS

Fails on any exception but the named ones, on more memory than a parser may take, and on input that takes a second.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

_PROJECT = Path(__file__).resolve().parents[1]
_MEMORY_MB, _INPUT_S, _INPUT_BYTES = 700, 5, 8192
sys.path.insert(0, str(_PROJECT))
with atheris.instrument_imports(include=["callcenter.asterisk"]):
    from tests.wire.fuzz.harness import check_agi, check_ami

_ANSWERS = (b"200 result=49\n", b"520-Invalid\n520 End\n", b"200 result=1 (a)\n", b"HANGUP\n")
_GREETING = b"agi_request: agi://h/main?lang=zh\nagi_uniqueid: cc-1.2\n\n"


def ami(data: bytes) -> None:
    """The first bytes say where the rest is cut."""
    check_ami(data[4:], [place * 37 for place in data[:4]])


def agi(data: bytes) -> None:
    """The first byte says whether a greeting goes before."""
    check_agi(_GREETING + data[1:] if data[:1] < b"\x80" else data[1:])


def corpus(folder: Path, kind: str) -> None:
    """What the fuzzer begins with."""
    for path in sorted((_PROJECT / "tests" / "wire" / "captures").glob("*.ami")):
        for place, block in enumerate(path.read_bytes().split(b"\r\n\r\n")[:60]):
            (folder / f"{path.stem}-{place}").write_bytes(b"\x01\x02\x03\x04" + block + b"\r\n\r\n")
    if kind == "agi":
        for place, line in enumerate(_ANSWERS):
            (folder / f"answer-{place}").write_bytes(b"\x00" + line * 4)


def main(kind: str, seconds: str) -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        corpus(Path(folder), kind)
        limits = [f"-max_total_time={seconds}", f"-rss_limit_mb={_MEMORY_MB}", f"-timeout={_INPUT_S}"]
        options = [*limits, f"-max_len={_INPUT_BYTES}", "-print_final_stats=1", folder]
        atheris.Setup([sys.argv[0], *options], {"ami": ami, "agi": agi}[kind])
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""How PostgreSQL's programs are called: the password never by an argument, every character as it is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, create_engine

from callcenter.backup import postgres_tools as tools
from callcenter.errors import Problem

SCRIPT = """#!/bin/sh
printf '%s\\n' "$@" > "{folder}/arguments"
printf '%s' "$PGPASSWORD" > "{folder}/password"
cat > "{folder}/input"
echo "it hurts" >&2
exit {status}
"""
HARD = "p'ä \\ss; word"


def program(folder: Path, status: int) -> str:
    path = folder / "pg_something"
    path.write_text(SCRIPT.format(folder=folder, status=status))
    path.chmod(0o755)
    return str(path)


def test_the_password_goes_by_the_environment(tmp_path: Path) -> None:
    url = URL.create("postgresql+psycopg", "user o'x", HARD, "10.0.0.1", 5433, "call centre", {"sslmode": "require"})
    tools.run([program(tmp_path, 0), "--format=custom"], create_engine(url), io.BytesIO(b"dump"))
    arguments = (tmp_path / "arguments").read_text()
    assert (tmp_path / "password").read_text() == HARD
    assert (tmp_path / "input").read_bytes() == b"dump"
    assert "word" not in arguments.replace("--no-password", "")
    assert arguments.splitlines()[:2] == ["--format=custom", "--no-password"]
    assert conninfo_to_dict(arguments.split("--dbname=")[1].rstrip("\n")) == {
        "host": "10.0.0.1",
        "port": "5433",
        "user": "user o'x",
        "dbname": "call centre",
        "sslmode": "require",
    }


def test_what_a_program_complains_of_is_told(tmp_path: Path) -> None:
    engine = create_engine("postgresql+psycopg://callcenter@10.0.0.1/callcenter")
    with pytest.raises(Problem) as refusal:
        tools.run([program(tmp_path, 3)], engine, io.BytesIO(b"x" * 1_000_000))
    assert refusal.value.code == "backup_tool_failed"
    assert refusal.value.params == {"tool": "pg_something", "reason": "it hurts"}

"""Moved into place together or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.backup.landing import Landing


def tree(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_files_are_in_place_at_the_end(tmp_path: Path) -> None:
    root = tmp_path / "new" / "root"
    with Landing() as landing:
        landing.path(root, "a/b.txt").write_text("b")
        landing.path(root, "c.txt").write_text("c")
        assert not (root / "c.txt").exists()
        landing.place()
    assert tree(tmp_path) == {"new/root/a/b.txt": "b", "new/root/c.txt": "c"}


def test_a_failure_before_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Landing() as landing:
        landing.path(tmp_path / "new" / "root", "a.txt").write_text("a")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_failure_after_takes_everything_back(tmp_path: Path) -> None:
    there = tmp_path / "there"
    (there / "a").mkdir(parents=True)
    (there / "a" / "old.txt").write_text("old")
    with pytest.raises(RuntimeError), Landing(replace=[there]) as landing:
        landing.path(there, "a/new.txt").write_text("new")
        landing.path(tmp_path / "fresh", "b.txt").write_text("b")
        landing.place()
        assert tree(tmp_path) == {
            "fresh/b.txt": "b",
            "there/a/new.txt": "new",
            "there/.callcenter-replaced/a/old.txt": "old",
        }
        raise RuntimeError
    assert tree(tmp_path) == {"there/a/old.txt": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_folders_are_joined_and_files_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "old.txt").write_text("old")
    with Landing() as landing:
        landing.path(tmp_path, "a/new.txt").write_text("new")
        landing.place()
    with pytest.raises(FileExistsError), Landing() as landing:
        landing.path(tmp_path, "0.txt").write_text("first")
        landing.path(tmp_path, "a/old.txt").write_text("other")
        landing.place()
    assert tree(tmp_path) == {"a/old.txt": "old", "a/new.txt": "new"}


def test_what_counts_comes_last(tmp_path: Path) -> None:
    """A file in the way of any other stops the move before the last one."""
    (tmp_path / "z.txt").write_text("in the way")
    seen: list[bool] = []
    with pytest.raises(FileExistsError), Landing(last=tmp_path / "a.db") as landing:
        landing.path(tmp_path, "a.db").write_text("database")
        landing.path(tmp_path, "z.txt").write_text("z")
        try:
            landing.place()
        finally:
            seen.append((tmp_path / "a.db").exists())
    assert seen == [False]


def test_what_a_killed_restore_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".callcenter-passing").mkdir()
    (tmp_path / ".callcenter-passing" / "old.txt").write_text("old")
    with Landing() as landing:
        landing.path(tmp_path, "new.txt").write_text("new")
        landing.place()
    assert tree(tmp_path) == {"new.txt": "new"}

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcenter.asterisk import install
from callcenter.asterisk.debian import mirror
from callcenter.errors import Problem


def tree(home: Path, version: str, recipe: str | None = None) -> Path:
    root = home / version
    (root / "run").mkdir(parents=True)
    (root / "run" / "asterisk").touch()
    marker = {"version": version, "recipe": recipe or install._recipe()}
    (root / ".complete").write_text(json.dumps(marker))
    return root


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("CALLCENTER_ASTERISK_ROOT", raising=False)
    home = install.cache_home()
    home.mkdir(parents=True)
    return home


def test_a_complete_copy_is_used_without_a_word(cache: Path) -> None:
    tree(cache, "22.9.0")
    install._switch(cache, "22.9.0")
    said: list[str] = []
    assert install.install(said.append).version == "22.9.0"
    assert said == []


def test_nothing_installed_says_so(cache: Path) -> None:
    with pytest.raises(Problem, match="asterisk_not_installed"):
        install.require()


def test_a_copy_made_by_another_recipe_is_not_complete(cache: Path) -> None:
    tree(cache, "22.9.0", recipe="older")
    install._switch(cache, "22.9.0")
    assert install.find() is None


def test_override_is_taken_as_it_is(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tree(tmp_path / "own", "20.1.0")
    monkeypatch.setenv("CALLCENTER_ASTERISK_ROOT", str(own))
    found = install.find()
    assert found is not None and found.root == own
    monkeypatch.setenv("CALLCENTER_ASTERISK_ROOT", str(tmp_path / "nowhere"))
    with pytest.raises(Problem, match="asterisk_program_missing"):
        install.find()


def test_the_copy_before_the_newest_is_kept_and_older_ones_are_not(cache: Path) -> None:
    for version in ("22.8.0", "22.9.0", "22.10.1"):
        tree(cache, version)
        install._switch(cache, version)
    assert {path.name for path in cache.iterdir() if not path.is_symlink()} == {"22.9.0", "22.10.1"}


def test_update_without_network_stays_with_the_copy_at_hand(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(cache, "22.9.0")
    install._switch(cache, "22.9.0")

    def unreachable(*_: object) -> install.AsteriskTree:
        raise Problem("asterisk_debian_unreachable", detail="no route")

    monkeypatch.setattr(install, "_fetch", unreachable)
    said: list[str] = []
    assert install.install(said.append, update=True).version == "22.9.0"
    assert "22.9.0" in said[-1]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("sources.list", "# old\ndeb http://mirror.example/debian bookworm main\n"),
        ("sources.list", "deb [arch=amd64] http://mirror.example/debian bookworm main\n"),
        ("sources.list.d/debian.sources", "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n"),
        (
            "sources.list.d/debian.sources",
            "Types: deb\nURIs: http://mirror.example/debian-security\n\nURIs: http://mirror.example/debian\n",
        ),
    ],
)
def test_the_machines_own_mirror_is_found(tmp_path: Path, file: str, text: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert mirror(tmp_path) == "http://mirror.example/debian"


def test_no_mirror_names_the_folder(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("# deb http://mirror.example/debian bookworm main\n")
    with pytest.raises(Problem) as caught:
        mirror(tmp_path)
    assert caught.value.params["folder"] == str(tmp_path)

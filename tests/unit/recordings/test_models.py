"""Which model is chosen, what a missing one says, and that words exist for every error."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from recordings import errors
from recordings.errors import ModelBroken, ModelMissing, ModelUnknown, RecordingError
from recordings.models import InstalledModel, choose, find, installed, known, verify, write_manifest

WORDS = Path(__file__).parents[3] / "callcenter" / "words"


def model(name: str) -> InstalledModel:
    catalogued = known(name)
    return InstalledModel(name, catalogued.engine, catalogued.languages, Path("/", name), "npm")


@pytest.mark.parametrize(
    ("language", "here", "chosen"),
    [
        ("zh", "whisper-base whisper-small vosk-model-small-en-us-0.15", "whisper-small"),
        ("en", "whisper-base whisper-small vosk-model-small-en-us-0.15", "vosk-model-small-en-us-0.15"),
        ("zh", "whisper-small vosk-model-small-cn-0.22", "vosk-model-small-cn-0.22"),
        ("zh", "vosk-model-small-cn-0.22 vosk-model-cn-0.22", "vosk-model-cn-0.22"),
        ("zh", "whisper-tiny whisper-base", "whisper-base"),
        ("en", "whisper-small", "whisper-small"),
    ],
)
def test_the_model_follows_the_language(language: str, here: str, chosen: str) -> None:
    assert choose(language, [model(name) for name in here.split()]).name == chosen


def test_the_wanted_size_is_taken() -> None:
    both = [model("whisper-small"), model("whisper-base")]
    assert choose("zh", both, "whisper-base").name == "whisper-base"


@pytest.mark.parametrize(
    ("language", "command"),
    [
        ("zh", "callcenter models install whisper-small"),
        ("en", "callcenter models install vosk-model-small-en-us-0.15"),
    ],
)
def test_a_missing_model_names_the_command_that_mends_it(language: str, command: str) -> None:
    with pytest.raises(ModelMissing) as caught:
        choose(language, [])
    assert caught.value.params["command"] == command


def test_installed_models_are_found_and_their_damage_too(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "am").mkdir(parents=True)
    (folder / "am" / "final.mdl").write_bytes(b"weights")
    write_manifest(folder, "mine", "vosk", ("zh",), "/somewhere")
    (found,) = installed(tmp_path)
    assert (found, found.speaks("zh"), found.speaks("en")) == (find("mine", tmp_path), True, False)
    verify(found)
    (folder / "am" / "final.mdl").write_bytes(b"weight")
    with pytest.raises(ModelBroken) as caught:
        verify(found)
    assert caught.value.params["file"] == "am/final.mdl"
    with pytest.raises(ModelMissing):
        find("other", tmp_path)
    with pytest.raises(ModelUnknown):
        known("other")


def kinds() -> list[type[RecordingError]]:
    found = vars(errors).values()
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, RecordingError)]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_error_has_its_words(language: str) -> None:
    words = json.loads((WORDS / f"recordings.{language}.json").read_text(encoding="utf-8"))
    assert {kind.code for kind in kinds()} == set(words)
    assert all(entry["title"] and entry["remedy"] for entry in words.values())


@pytest.mark.parametrize("kind", kinds())
def test_errors_cross_processes_whole(kind: type[RecordingError]) -> None:
    error = pickle.loads(pickle.dumps(kind(field="x", model="m")))
    assert (type(error), error.field, error.params["model"]) == (kind, "x", "m")

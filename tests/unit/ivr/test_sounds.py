"""The sounds kept in the project: telephone format, loud enough, not clipped, as long as their text, up to date."""

from __future__ import annotations

import array
import math
import shutil
import wave
from pathlib import Path

import pytest

from callcenter.errors import Problem
from callcenter.ivr.acted import ACTED_DIR, read_acted
from callcenter.ivr.prompts import PromptLibrary, read_texts
from callcenter.ivr.sounds import Sound, outdated
from callcenter.setting_groups import IvrSettings

PROMPTS_DIR = IvrSettings().prompts_dir
PROMPTS = read_texts(PROMPTS_DIR / "texts.yaml")
ACTED = read_acted()
FILES = [(PROMPTS_DIR / sound.path, sound) for sound in PROMPTS]
FILES += [(ACTED_DIR / acted.sound.path, acted.sound) for acted in ACTED]


@pytest.mark.parametrize(("path", "sound"), FILES, ids=[f"{p.parent.name}/{p.name}" for p, _ in FILES])
def test_sound(path: Path, sound: Sound) -> None:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        samples = array.array("h", file.readframes(file.getnframes()))
    peak = 20 * math.log10(max(map(abs, samples)) / 32768)
    loudness = math.sqrt(sum(sample * sample for sample in samples) / len(samples)) / 32768
    assert -3.5 < peak < -2.5
    assert loudness > 0.05
    # Mandarin is spoken at some 4 characters a second, English at some 15 letters.
    expected = len(sound.text) / (4 if sound.voice == "zh" else 15)
    assert 0.5 * expected < len(samples) / 8000 < 2 * expected + 0.5
    assert max(map(abs, samples[-400:])) < 10 < max(map(abs, samples[:4000]))  # ends in silence, begins at once


def test_all_are_made_from_their_present_texts() -> None:
    assert outdated(PROMPTS, PROMPTS_DIR) == []
    assert outdated([acted.sound for acted in ACTED], ACTED_DIR) == []


def test_every_prompt_is_said_in_every_language() -> None:
    by_language = {
        language: {Path(sound.path).stem for sound in PROMPTS if sound.path.startswith(f"{language}/")}
        for language in ("zh", "en")
    }
    assert by_language["zh"] == by_language["en"]
    assert {"recording_notice", "apology_no_menu"} <= by_language["zh"]


def test_acted_calls_have_both_sides_in_both_languages() -> None:
    sides = [(acted.language, acted.side) for acted in ACTED]
    assert all(sides.count((language, side)) == 3 for language in ("zh", "en") for side in ("caller", "agent"))


def test_a_changed_text_or_a_lost_file_is_outdated(tmp_path: Path) -> None:
    shutil.copytree(PROMPTS_DIR, tmp_path / "prompts")
    texts = tmp_path / "prompts" / "texts.yaml"
    texts.write_text(texts.read_text("utf-8").replace("再见", "祝您生活愉快，再见"), encoding="utf-8")
    (tmp_path / "prompts" / "en" / "invalid.wav").unlink()
    due = outdated(read_texts(texts), tmp_path / "prompts")
    assert {sound.path for sound in due} == {"zh/goodbye.wav", "en/invalid.wav"}


def test_recorded_prompts_come_first(tmp_path: Path) -> None:
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "welcome.wav").write_bytes(b"RIFF")
    library = PromptLibrary.open(PROMPTS_DIR, tmp_path)
    assert library.sound("zh", "welcome") == str(tmp_path / "zh" / "welcome")
    assert library.sound("en", "welcome") == str(PROMPTS_DIR / "en" / "welcome")
    assert not library.has("zh", "unheard_of")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("prompts: {a: {zh: 'x{firma}'}}", "prompts_unknown_word"),
        ("prompts: {a: {zh: {text: x, voice: nobody}}}", "prompts_unknown_voice"),
        ("prompts: [", "prompts_unreadable"),
        ("prompts: {a: {zh: '{'}}", "prompts_unreadable"),
    ],
)
def test_broken_texts(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "texts.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Problem) as caught:
        read_texts(tmp_path / "texts.yaml")
    assert caught.value.code == code

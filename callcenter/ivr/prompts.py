"""Prompts by name: what they say (`texts.yaml`) and where their sound is, recorded ones before made ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from callcenter.errors import Problem
from callcenter.ivr.sounds import Sound
from callcenter.ivr.voices import IDENTITY


class Spoken(BaseModel):
    """A text and the voice that says it, where that is not the voice of the language."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str
    voice: str


class _Book(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    words: dict[str, dict[str, str]] = {}
    prompts: dict[str, dict[str, str | Spoken]]


def read_texts(path: Path) -> list[Sound]:
    """Every prompt of a `texts.yaml` in every language, as sounds named `<language>/<name>.wav`."""
    try:
        book = _Book.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise Problem("prompts_unreadable", field="texts.yaml", file=str(path), reason=str(error)) from error
    return [
        _sound(name, language, said, book.words, path)
        for name, languages in book.prompts.items()
        for language, said in languages.items()
    ]


def _sound(name: str, language: str, said: str | Spoken, words: dict[str, dict[str, str]], file: Path) -> Sound:
    text, voice = (said, language) if isinstance(said, str) else (said.text, said.voice)
    try:
        filled = text.format_map({key: value[language] for key, value in words.items()})
    except ValueError as error:
        raise Problem("prompts_unreadable", field=name, file=str(file), reason=f"{name}: {error}") from error
    except KeyError as error:
        raise Problem("prompts_unknown_word", field=name, file=str(file), word=str(error.args[0])) from error
    if voice not in IDENTITY:
        raise Problem("prompts_unknown_voice", field=name, file=str(file), voice=voice, voices=", ".join(IDENTITY))
    return Sound(f"{language}/{name}.wav", filled.strip(), voice)


@dataclass(frozen=True)
class PromptLibrary:
    """Finds the sound and the words of a prompt. `recorded` replaces `made` name by name."""

    made: Path
    recorded: Path | None
    texts: Mapping[tuple[str, str], str]

    @classmethod
    def open(cls, made: Path, recorded: Path | None) -> PromptLibrary:
        sounds = read_texts(made / "texts.yaml")
        return cls(made, recorded, {_key(sound.path): sound.text for sound in sounds})

    def has(self, language: str, name: str) -> bool:
        return self._find(language, name) is not None

    def sound(self, language: str, name: str) -> str:
        """Absolute path without extension, as Asterisk wants it. An unknown one names where it should be."""
        found = self._find(language, name) or self.made / language / f"{name}.wav"
        return str(found.resolve().with_suffix(""))

    def text(self, language: str, name: str) -> str:
        """What it says; the bare name for a recorded prompt that has no text."""
        return self.texts.get((language, name), name)

    def _find(self, language: str, name: str) -> Path | None:
        folders = [folder for folder in (self.recorded, self.made) if folder is not None]
        candidates = (folder / language / f"{name}.wav" for folder in folders)
        return next((path for path in candidates if path.is_file()), None)


def _key(path: str) -> tuple[str, str]:
    language, _, file = path.partition("/")
    return language, file.removesuffix(".wav")

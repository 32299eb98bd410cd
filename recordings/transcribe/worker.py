"""An engine's process: one JSON line in, one JSON line out, until the input ends.

Started by `pool` as `python -m recordings.transcribe.worker ENGINE FOLDER`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from recordings.errors import EngineFailed, RecordingError
from recordings.transcribe.types import Engine, Span

_NICENESS = 10  # telephone calls go before transcripts


def load(engine: str, folder: Path) -> Engine:
    """The engine of this name with the model in `folder`. Raise EngineFailed when it cannot load it."""
    try:
        if engine == "vosk":
            from recordings.transcribe.vosk_engine import VoskEngine

            return VoskEngine(folder)
        from recordings.transcribe.whisper_engine import WhisperEngine

        return WhisperEngine(folder)
    except Exception as error:  # whatever a native library makes of a broken folder
        raise EngineFailed(reason=f"{folder.name}: {error}") from error


def serve(engine: Engine, requests: Iterable[str], answers: TextIO) -> None:
    """Answer each request until there are no more."""
    for line in requests:
        answers.write(json.dumps(_answer(engine, json.loads(line)), ensure_ascii=False) + "\n")
        answers.flush()


def _answer(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    spans = request["spans"] and [Span(*span) for span in request["spans"]]
    try:
        found = engine.transcribe(Path(request["sound"]), request["language"], spans)
    except RecordingError as error:
        return _failure(error)
    except Exception as error:  # the job's fault or the engine's: either way the next job shall have its turn
        return _failure(EngineFailed(reason=f"{type(error).__name__}: {error}"))
    return {"utterances": [dataclasses.asdict(utterance) for utterance in found]}


def _failure(error: RecordingError) -> dict[str, Any]:
    params = {key: str(value) for key, value in error.params.items()}
    return {"error": type(error).__name__, "params": params}


def main() -> None:
    """Take the standard streams for the conversation and give libraries that print the error stream."""
    os.nice(_NICENESS)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        engine = load(sys.argv[1], Path(sys.argv[2]))
    except RecordingError as error:
        answers.write(json.dumps(_failure(error)) + "\n")
        answers.flush()
        return
    serve(engine, sys.stdin, answers)


if __name__ == "__main__":
    main()

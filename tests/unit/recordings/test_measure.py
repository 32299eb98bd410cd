"""Error rates are what the trade calls them."""

from __future__ import annotations

from pathlib import Path

import pytest

from recordings.measure import distance, measure
from recordings.transcribe.fake import FakeTranscriber

SOUND = Path(__file__).parents[2] / "sounds" / "en" / "caller_complaint.wav"


@pytest.mark.parametrize(
    ("said", "heard", "wrong"),
    [("a b c", "a b c", 0), ("a b c", "a c", 1), ("a c", "a b c", 1), ("a b c", "a x c", 1), ("a b", "", 2)],
)
def test_distance_counts_changes(said: str, heard: str, wrong: int) -> None:
    assert distance(said.split(), heard.split()) == wrong


async def test_case_and_punctuation_do_not_count() -> None:
    fake = FakeTranscriber({"caller_complaint": "good morning this is me"})
    figures = await measure(fake, {SOUND: "Good morning, this is I."}, "en")
    assert (figures.wrong, figures.said, figures.error_rate) == (1, 5, 0.2)

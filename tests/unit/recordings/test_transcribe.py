"""Both sides into words, once; failures written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from recordings.errors import EngineCrashed, ModelMissing, NotReady, RecordingError, RecordingUnknown
from recordings.model import TranscriptRow, UtteranceRow
from recordings.reading import transcript
from recordings.service import Finished, Segment, Sessions, collect, transcribe
from recordings.store import FolderStore
from recordings.transcribe.contract import CHECKS, Check, Subject
from recordings.transcribe.fake import FakeTranscriber
from recordings.transcribe.types import Heard, Span

Recorded = Callable[..., Finished]
SOUNDS = Path(__file__).parents[2] / "sounds"
FAKE = FakeTranscriber({"caller": "厨房漏水了", "heard": "我马上派人"})


class Failing:
    """A transcriber that raises."""

    def __init__(self, error: RecordingError) -> None:
        self.error = error

    async def transcribe(self, sound: Path, language: str, spans: Sequence[Span] | None = None) -> Heard:
        raise self.error


async def written(sessions: Sessions, recording_id: str) -> tuple[TranscriptRow, list[UtteranceRow]]:
    async with sessions() as session:
        state, utterances = await transcript(session, recording_id)
        session.expunge_all()
        assert state is not None
        return state, utterances


async def test_each_side_has_its_words_and_prompts_have_none(
    sessions: Sessions, store: FolderStore, spool: Path, recorded: Recorded
) -> None:
    recording_id = await collect(sessions, store, spool, recorded())
    assert await transcribe(sessions, store, recording_id, FAKE, language="zh") == "done"
    state, utterances = await written(sessions, recording_id)
    assert (state.state, state.engine, state.language, state.error_code) == ("done", "fake", "zh", None)
    assert [(u.side, u.agent_extension, u.text) for u in utterances] == [
        ("caller", None, "厨房漏水了"),
        ("agent", "1001", "我马上派人"),
    ]
    assert utterances[1].start_s == pytest.approx(7.0, abs=0.05)
    assert utterances[1].words[0]["text"] == "我"


async def test_twice_is_once(sessions: Sessions, store: FolderStore, spool: Path, recorded: Recorded) -> None:
    recording_id = await collect(sessions, store, spool, recorded())
    for _ in range(2):
        await transcribe(sessions, store, recording_id, FAKE, language="zh")
    again = Failing(EngineCrashed())
    assert await transcribe(sessions, store, recording_id, again, language="zh") == "done"
    assert len((await written(sessions, recording_id))[1]) == 2


async def test_segments_may_be_given_anew(
    sessions: Sessions, store: FolderStore, spool: Path, recorded: Recorded
) -> None:
    recording_id = await collect(sessions, store, spool, recorded())
    talks = [Segment(7, 8, "talk", "1002"), Segment(8, 10, "talk", "1003")]
    await transcribe(sessions, store, recording_id, FAKE, language="zh", segments=talks)
    agents = [u.agent_extension for u in (await written(sessions, recording_id))[1] if u.side == "agent"]
    assert agents == ["1002", "1003"]


@pytest.mark.parametrize("error", [ModelMissing(model="whisper-small"), EngineCrashed(engine="whisper")])
async def test_a_failure_is_written_down_and_can_be_tried_again(
    sessions: Sessions, store: FolderStore, spool: Path, recorded: Recorded, error: RecordingError
) -> None:
    recording_id = await collect(sessions, store, spool, recorded())
    with pytest.raises(type(error)):
        await transcribe(sessions, store, recording_id, Failing(error), language="zh")
    state, _ = await written(sessions, recording_id)
    assert (state.state, state.error_code) == ("failed", error.code)
    await transcribe(sessions, store, recording_id, FAKE, language="zh")
    state, utterances = await written(sessions, recording_id)
    assert (state.state, state.error_code, len(utterances)) == ("done", None, 2)


async def test_what_cannot_be_transcribed_is_named(
    sessions: Sessions, store: FolderStore, spool: Path, recorded: Recorded
) -> None:
    with pytest.raises(RecordingUnknown):
        await transcribe(sessions, store, "none", FAKE, language="zh")
    with pytest.raises(NotReady):
        await collect(sessions, store, spool, recorded(done=False))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_fake_keeps_the_contract(check: Check, tmp_path: Path) -> None:
    fake = FakeTranscriber({"caller_complaint": "my kitchen is leaking"})
    sound = SOUNDS / "en" / "caller_complaint.wav"
    await check(Subject(fake, sound, "en", ("kitchen", "leaking"), tmp_path))

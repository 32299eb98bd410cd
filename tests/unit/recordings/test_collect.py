"""From the spool to the store, once, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recordings import wav
from recordings.errors import NotReady, SoundChanged, SoundMissing
from recordings.model import RecordingRow
from recordings.reading import of_call, of_calls, outline
from recordings.service import Finished, Sessions, collect
from recordings.store import FolderStore, verify

Recorded = Callable[..., Finished]


def left(spool: Path) -> list[Path]:
    return list(spool.iterdir())


async def row(sessions: Sessions) -> RecordingRow:
    async with sessions() as session:
        found = await of_call(session, "call-1")
        assert found is not None
        session.expunge_all()
        return found


async def test_a_recording_is_moved_checked_and_written_down(
    sessions: Sessions, store: FolderStore, spool: Path, recorded: Recorded
) -> None:
    recording_id = await collect(sessions, store, spool, recorded())
    found = await row(sessions)
    assert (found.id, found.state, found.duration_s, found.repaired) == (recording_id, "ready", 10.0, False)
    assert found.caller_file == f"2026/03/{recording_id}/caller.wav"
    assert found.segments[2] == {"start_s": 5.0, "end_s": 10.0, "kind": "talk", "agent_extension": "1001"}
    verify(store, found.caller_file, found.caller_sha256 or "")
    assert left(spool) == []
    shown = await outline(store, found)
    assert (len(shown.caller), len(shown.agent), shown.per_second) == (200, 200, 20)
    async with sessions() as session:
        assert await of_calls(session, ["call-1", "call-2"]) == {"call-1": ("ready", None)}


async def test_twice_is_once(sessions: Sessions, store: FolderStore, spool: Path, recorded: Recorded) -> None:
    first = await collect(sessions, store, spool, recorded())
    before = await row(sessions)
    assert await collect(sessions, store, spool, recorded(done=False)) == first
    assert (await row(sessions)).caller_sha256 == before.caller_sha256


async def test_an_unfinished_recording_is_not_ready_until_it_is_done(
    sessions: Sessions, store: FolderStore, spool: Path, recorded: Recorded
) -> None:
    call = recorded(done=False)
    with pytest.raises(NotReady) as caught:
        await collect(sessions, store, spool, call)
    assert not caught.value.permanent
    assert (await row(sessions)).state == "collecting"
    (spool / "pbx-1.7.done").touch()
    await collect(sessions, store, spool, call)
    assert (await row(sessions)).state == "ready"


async def test_a_cut_recording_is_repaired_and_marked(
    sessions: Sessions, store: FolderStore, spool: Path, recorded: Recorded
) -> None:
    call = recorded(done=False, cut=True)
    path = spool / "pbx-1.7-heard.wav"
    data = bytearray(path.read_bytes())
    data[40:44] = bytes(4)
    path.write_bytes(data)
    await collect(sessions, store, spool, call)
    found = await row(sessions)
    assert (found.repaired, found.duration_s) == (True, 10.0)
    with store.local(found.heard_file or "") as kept:
        assert wav.read_header(kept).declared == 80000


async def test_a_collector_killed_between_the_files_goes_on(
    sessions: Sessions, store: FolderStore, spool: Path, recorded: Recorded
) -> None:
    call = recorded(done=False)
    with pytest.raises(NotReady):
        await collect(sessions, store, spool, call)
    found = await row(sessions)
    for side in ("caller", "heard"):
        source = spool / f"pbx-1.7-{side}.wav"
        store.move_in(source, store.key(found.id, found.started_at.date(), f"{side}.wav"))
    assert await collect(sessions, store, spool, call) == found.id
    assert (await row(sessions)).state == "ready"


async def test_sound_that_is_nowhere_is_missing_and_may_come_later(
    sessions: Sessions, store: FolderStore, spool: Path, recorded: Recorded
) -> None:
    call = recorded()
    kept = (spool / "pbx-1.7-heard.wav").rename(spool / "elsewhere.wav")
    with pytest.raises(SoundMissing):
        await collect(sessions, store, spool, call)
    assert (await row(sessions)).state == "missing"
    kept.rename(spool / "pbx-1.7-heard.wav")
    await collect(sessions, store, spool, call)
    assert (await row(sessions)).state == "ready"


def test_the_store_notices_a_changed_file_and_keeps_to_its_folder(store: FolderStore, tmp_path: Path) -> None:
    source = tmp_path / "a.wav"
    source.write_bytes(b"sound")
    kept = store.move_in(source, "2026/03/x/a.wav")
    assert not source.exists()
    with store.open(kept.key) as file:
        file.seek(2)
        assert file.read(2) == b"un"
    (tmp_path / "store" / kept.key).write_bytes(b"noise")
    with pytest.raises(SoundChanged):
        verify(store, kept.key, kept.sha256)
    with pytest.raises(SoundMissing):
        store.open("../../etc/passwd")
    store.delete(kept.key)
    store.delete(kept.key)
    with pytest.raises(SoundMissing):
        store.stat(kept.key)

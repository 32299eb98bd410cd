"""What is left of a call when the service or Asterisk dies in the middle of it."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect

from callcenter.asterisk.phones import Caller

from .conftest import OpenScene
from .scene import COMPLAINTS, SOUNDS, SWITCHBOARD, Api, Scene, speak, until
from .screens import Screens

_NUMBER = "13900139003"
_ENGLISH = SOUNDS / "en"


async def test_service_killed_and_back_in_mid_call(open_scene: OpenScene) -> None:
    """The call goes on in Asterisk; what it becomes later is known, heard and written down."""
    scene = await open_scene()
    api = await scene.api()
    caller, call_id = await _in_talk(scene, api)
    scene.stage.kill_service()
    await speak(caller, _ENGLISH / "caller_complaint.wav")
    await scene.stage.start_service()
    assert "State: Up" in await scene.channel(_NUMBER)
    call = await api.get(f"/calls/{call_id}")
    assert (call["outcome"], call["ended_at"]) == ("active", None)
    await caller.hang_up()

    call = await scene.call_when(api, call_id, "end of the call", outcome="answered")
    assert call["end_cause"] == "normal"
    call = await scene.recorded(api, call_id)
    assert not call["recording"]["repaired"]
    transcript = await scene.transcript(api, call_id)
    assert transcript["state"] == "done", transcript
    said = " ".join(each["text"] for each in transcript["utterances"] if each["side"] == "caller")
    assert "kitchen" in said
    assert "leaking" in said
    assert await scene.calls_of(api, _NUMBER) == [call_id]


async def test_call_ends_while_the_service_is_dead(open_scene: OpenScene) -> None:
    scene = await open_scene()
    api = await scene.api()
    caller, call_id = await _in_talk(scene, api)
    scene.stage.kill_service()
    await caller.hang_up()
    await until("end of the channel", lambda: _hung_up(scene, _NUMBER))
    await scene.stage.start_service()

    call = await scene.call_when(api, call_id, "end of the call", outcome="answered")
    assert call["end_cause"] == "normal"
    assert (await scene.recorded(api, call_id))["recording"]["sides"] == {"caller": True, "agent": True}
    assert await scene.calls_of(api, _NUMBER) == [call_id]


async def test_asterisk_killed_in_mid_call(open_scene: OpenScene, screens: Screens) -> None:
    """The call is closed and its sound saved; with Asterisk back, the next call works without anybody's help."""
    scene = await open_scene()
    api = await scene.api()
    desks = {"1001": await screens.screen(scene.stage.url), "1002": await screens.screen(scene.stage.url)}
    for username, desk in zip(("agent", "agent2"), desks.values(), strict=True):
        await desk.sign_in(username, scene.passwords[username])
        await desk.at_desk()
    caller, call_id = await _in_talk(scene, api)
    await speak(caller, _ENGLISH / "caller_inquiry.wav")
    scene.stage.asterisk.kill()
    for desk in desks.values():
        await expect(desk.one("phone-state")).to_have_attribute("data-state", "pbxLost")
    await caller.stop()
    for phone in scene.phones.values():
        await phone.stop()
    await scene.stage.asterisk.start()
    await scene.register_phones()

    call = await scene.call_when(api, call_id, "end of the call", outcome="cut")
    assert call["end_cause"] == "asterisk_restarted"
    recording = (await scene.recorded(api, call_id))["recording"]
    assert recording["repaired"]
    assert recording["duration_s"] > 5

    await scene.end_wrapups()
    caller = await scene.dial("13800138001", COMPLAINTS)
    phone = await scene.rings()
    desk = desks[phone.extension]
    await expect(desk.pop).to_have_attribute("data-state", "ringing")
    await expect(desk.one("pop-caller-name")).to_have_text("张伟")
    await phone.answer()
    await expect(desk.pop).to_have_attribute("data-state", "talking")
    await caller.hang_up()
    next_call = await scene.call_of(api, "13800138001")
    await scene.call_when(api, next_call["id"], "end of the next call", outcome="answered", end_cause="normal")
    assert not (await scene.recorded(api, next_call["id"]))["recording"]["repaired"]


async def test_service_killed_in_the_menu(open_scene: OpenScene) -> None:
    """The caller hears an apology and comes to a person."""
    scene = await open_scene()
    api = await scene.api()
    caller = await scene.dial(_NUMBER, SWITCHBOARD)
    await scene.press(caller, "9")
    call_id = (await scene.call_of(api, _NUMBER))["id"]
    scene.stage.kill_service()
    await until("apology", lambda: _hears(scene, "apology_no_menu"))
    await scene.waits(caller)
    await scene.stage.start_service()
    phone = await scene.talk_with(caller)
    call = await until("answered call", lambda: _answered(api, call_id))
    assert (call["queue"], call["kind"], call["language"]) == ("operator", "operator", "en")
    await phone.hang_up()
    await scene.call_when(api, call_id, "end of the call", outcome="answered", end_cause="normal")
    await scene.recorded(api, call_id)
    assert await scene.calls_of(api, _NUMBER) == [call_id]


async def test_killed_again_and_again(open_scene: OpenScene) -> None:
    """Five kills at five moments of a call's life: afterwards no call is open, none is there twice, and every
    recording was collected exactly once."""
    scene = await open_scene()
    api = await scene.api()
    moments = ("announced", "ringing", "answered", "talking", "ended")
    for place, moment in enumerate(moments):
        await _call_with_kill(scene, f"1370000000{place}", moment)

    numbers = {f"1370000000{place}" for place in range(len(moments))}

    async def all_collected() -> list[dict[str, Any]] | None:
        rows = [row for row in (await api.get("/calls?limit=100"))["items"] if row["raw_number"] in numbers]
        return rows if all(row["has_recording"] and row["ended_at"] for row in rows) else None

    rows = await until("recording of every call", all_collected)
    assert sorted(row["raw_number"] for row in rows) == sorted(numbers)
    assert "active" not in {row["outcome"] for row in rows}
    calls = [await scene.recorded(api, row["id"]) for row in rows]
    for call in calls:
        stored = [entry for entry in call["timeline"] if entry["kind"] == "recording_stored"]
        assert len(stored) == 1, call["timeline"]
    kept = list((scene.stage.folder / "data" / "recordings").rglob("*.wav"))
    assert len(kept) == 2 * len(moments)
    assert list((scene.stage.folder / "spool").glob("*.wav")) == []


async def _in_talk(scene: Scene, api: Api) -> tuple[Caller, str]:
    """An English complaint, answered and greeted; the caller and the call's id."""
    caller = await scene.dial(_NUMBER, SWITCHBOARD)
    await scene.press(caller, "91")
    phone = await scene.talk_with(caller)
    await speak(phone, _ENGLISH / "agent_greeting.wav")
    call = await scene.call_of(api, _NUMBER)
    assert call["answered_at"]
    return caller, call["id"]


async def _call_with_kill(scene: Scene, number: str, moment: str) -> None:
    async def at(now: str) -> None:
        if now == moment:
            scene.stage.kill_service()
            await scene.stage.start_service()

    caller = await scene.dial(number, COMPLAINTS)
    await at("announced")
    phone = await scene.rings()
    await at("ringing")
    await phone.answer()
    await at("answered")
    await phone.wait_established()
    await speak(phone, _ENGLISH / "agent_greeting.wav")
    await at("talking")
    await caller.hang_up()
    await at("ended")
    await caller.stop()
    await until("end of the channel", lambda: _hung_up(scene, number))
    await scene.end_wrapups()


async def _hung_up(scene: Scene, number: str) -> bool:
    return not await scene.channel(number)


async def _hears(scene: Scene, prompt: str) -> bool:
    return prompt in await scene.channel(_NUMBER)


async def _answered(api: Api, call_id: str) -> Any:
    call = await api.get(f"/calls/{call_id}")
    return call if call["answered_at"] else None

"""The main job: a caller, the voice menu, an agent's screen and phone, both sides' words, the ticket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from callcenter.asterisk.phones import BaresipPhone
from recordings import wav

from .conftest import OpenScene
from .help_desk import HelpDesk
from .scene import COMPLAINTS, LIMIT_S, SOUNDS, SWITCHBOARD, Api, Scene, speak, until
from .screens import Screen, Screens

# By this much a speaking side is louder than a listening one, in dB.
_LOUDER_DB = 20.0
# What is cut off a window of speech at each end, against the way of the sound through buffers and Asterisk.
_MARGIN_S = 1.0


@dataclass(frozen=True)
class Act:
    """One call as it is played: who calls and what he presses; the words that must be found again, `least` of
    them on each side; whether the firm's own help desk is down when the ticket is opened."""

    language: str
    screen: str
    keys: str
    number: str
    name: str
    menu: str
    category: str
    facts: str
    caller_words: tuple[str, ...]
    caller_least: int
    agent_words: tuple[str, ...]
    agent_least: int
    crm_down: bool


MANDARIN = Act(
    language="zh",
    screen="zh-CN",
    keys="1",
    number="13800138001",
    name="张伟",
    menu="投诉",
    category="防水渗漏",
    facts="厨房天花板漏水三天，报修两次无人处理。",
    caller_words=("投诉", "厨房", "天花板", "漏水"),
    caller_least=3,
    agent_words=("工程部", "登记"),
    agent_least=1,
    crm_down=True,
)
ENGLISH = Act(
    language="en",
    screen="en",
    keys="91",
    number="13900139003",
    name="James Miller",
    menu="Complaint",
    category="Waterproofing and leaks",
    facts="The kitchen roof has been leaking for three days.",
    caller_words=("roof", "kitchen", "leaking", "three", "days"),
    caller_least=4,
    agent_words=("linda", "engineer", "afternoon"),
    agent_least=2,
    crm_down=False,
)


@pytest.mark.parametrize("act", [MANDARIN, ENGLISH], ids=["mandarin", "english"])
async def test_complaint(
    act: Act, open_scene: OpenScene, screens: Screens, help_desk: HelpDesk, tmp_path: Path
) -> None:
    if not act.crm_down:
        await help_desk.open()
    scene = await open_scene(**help_desk.settings)
    api = await scene.api(language=act.screen)
    desks = await _two_desks(scene, screens, act)

    caller = await scene.dial(act.number, SWITCHBOARD)
    await scene.press(caller, act.keys)
    phone = await scene.rings()
    mine, other = desks[phone.extension], next(desk for ext, desk in desks.items() if ext != phone.extension)
    call_id = await _pop_before_the_phone_is_answered(scene, api, act, mine, other)

    await phone.answer()
    await phone.wait_established()
    await expect(mine.pop).to_have_attribute("data-state", "talking")
    spoken = {"agent": await speak(phone, SOUNDS / act.language / "agent_greeting.wav")}
    await _reload_in_mid_call(mine, act, call_id)
    spoken["caller"] = await speak(caller, SOUNDS / act.language / "caller_complaint.wav")
    number = await _open_ticket(mine, act)
    await _ticket_at_the_help_desk(mine, api, help_desk, act, number, call_id)
    spoken["agent again"] = await speak(phone, SOUNDS / act.language / "agent_promise.wav")
    await caller.hang_up()

    await expect(mine.pop).to_have_attribute("data-state", "ended")
    call = await scene.call_when(api, call_id, "end of the call", outcome="answered")
    assert (call["end_cause"], call["agent_id"] is not None, call["tickets"][0]["number"]) == ("normal", True, number)
    assert call_id not in other.popped
    call = await scene.recorded(api, call_id)
    await _sides_are_apart(api, call, spoken, tmp_path)
    await _words_are_readable(await scene.transcript(api, call_id), act)
    await _word_can_be_heard(mine, call_id)


async def _two_desks(scene: Scene, screens: Screens, act: Act) -> dict[str, Screen]:
    desks = {}
    for extension, username in (("1001", "agent"), ("1002", "agent2")):
        agent = await scene.api(username)
        await agent.send("PATCH", "/session", {"language": act.screen})
        screen = desks[extension] = await screens.screen(scene.stage.url)
        await screen.sign_in(username, scene.passwords[username])
        await screen.at_desk()
    return desks


async def _pop_before_the_phone_is_answered(scene: Scene, api: Api, act: Act, mine: Screen, other: Screen) -> str:
    await expect(mine.pop).to_have_attribute("data-state", "ringing")
    await expect(mine.one("pop-caller-name")).to_have_text(act.name)
    await expect(mine.one("pop-queue")).to_have_attribute("data-queue", "complaint")
    await expect(mine.one("pop-menu-path")).to_contain_text(act.menu)
    call = await scene.call_of(api, act.number)
    assert (call["menu_path"], call["language"], call["kind"]) == ("main/complaint", act.language, "complaint")
    assert call["answered_at"] is None, "the pop came after the answer"
    assert await mine.pop.get_attribute("data-call") == call["id"]
    await expect(other.pop).to_have_count(0)
    assert other.popped == set()
    return str(call["id"])


async def _reload_in_mid_call(mine: Screen, act: Act, call_id: str) -> None:
    await mine.page.reload()
    await expect(mine.pop).to_have_attribute("data-state", "talking")
    await expect(mine.pop).to_have_attribute("data-call", call_id)
    await expect(mine.one("pop-caller-name")).to_have_text(act.name)


async def _open_ticket(mine: Screen, act: Act) -> str:
    """The three fields; the number of the ticket."""
    await mine.one("ticket-kind").get_by_text(act.menu, exact=True).click()
    await mine.one("ticket-category").click()
    await mine.page.locator(".ant-select-item-option", has_text=act.category).click()
    await mine.one("ticket-facts").fill(act.facts)
    await mine.one("ticket-save").click()
    number = await mine.one("ticket-created").get_attribute("data-number")
    assert number
    assert re.fullmatch(r"20\d\d(0[1-9]|1[0-2])-\d{4}", number)
    return number


async def _ticket_at_the_help_desk(
    mine: Screen, api: Api, help_desk: HelpDesk, act: Act, number: str, call_id: str
) -> None:
    shown = mine.one("ticket-created").get_by_test_id("ticket-crm-state")
    if act.crm_down:
        await expect(shown).to_have_attribute("data-state", "pending")
        await until("failed attempt", lambda: _tried_in_vain(api, call_id))
        await help_desk.open()
    await expect(shown).to_have_attribute("data-state", "sent", timeout=LIMIT_S * 1000)
    (ticket,) = (await api.get(f"/tickets?call_id={call_id}"))["items"]
    (receipt,) = help_desk.receiver.receipts  # it believes only what is signed
    assert help_desk.receiver.rejected == []
    assert (ticket["number"], ticket["summary"], ticket["customer_name"]) == (number, act.facts, act.name)
    assert ticket["crm"]["external_id"] == receipt.id
    assert (receipt.draft.number, receipt.draft.summary) == (number, act.facts)
    assert receipt.draft.call is not None
    assert receipt.draft.call.id == call_id


async def _tried_in_vain(api: Api, call_id: str) -> bool:
    (ticket,) = (await api.get(f"/tickets?call_id={call_id}"))["items"]
    crm = ticket["crm"]
    return bool(crm["state"] == "pending" and crm["attempts"] and crm["last_error"] and crm["next_try_at"])


async def _sides_are_apart(api: Api, call: Any, spoken: dict[str, tuple[float, float]], folder: Path) -> None:
    """Each speaks on his own side and is silent on the other's."""
    (talk,) = [segment for segment in call["recording"]["segments"] if segment["kind"] == "talk"]
    answered = datetime.fromisoformat(call["answered_at"]).timestamp()
    files = {}
    for side in ("caller", "agent"):
        files[side] = folder / f"{side}.wav"
        files[side].write_bytes(await api.bytes(f"/calls/{call['id']}/recording/{side}.wav"))
    for who, (began, ended) in spoken.items():
        start = talk["start_s"] + began - answered + _MARGIN_S
        end = talk["start_s"] + ended - answered - _MARGIN_S
        level = {side: wav.level(path, start, end) for side, path in files.items()}
        speaking, listening = ("caller", "agent") if who == "caller" else ("agent", "caller")
        assert level[speaking] > level[listening] + _LOUDER_DB, (who, start, end, level)


async def _words_are_readable(transcript: Any, act: Act) -> None:
    assert transcript["state"] == "done", transcript
    assert transcript["language"] == act.language
    said = {side: _said(transcript, side) for side in ("caller", "agent")}
    if act.language == "zh":
        assert not re.search(r"[\u4e00-\u9fff][^\S\n]+[\u4e00-\u9fff]", said["caller"] + said["agent"]), said
    assert len([word for word in act.caller_words if word in said["caller"]]) >= act.caller_least, said
    assert len([word for word in act.agent_words if word in said["agent"]]) >= act.agent_least, said
    assert not [word for word in act.agent_words if word in said["caller"]], said


def _said(transcript: Any, side: str) -> str:
    """One utterance a line."""
    return "\n".join(each["text"] for each in transcript["utterances"] if each["side"] == side).lower()


async def _word_can_be_heard(mine: Screen, call_id: str) -> None:
    """A click on a word makes the player go there and play."""
    await mine.page.goto(f"{mine.url}/calls/{call_id}")
    words = mine.one("transcript").get_by_test_id("word")
    await expect(words.first).to_be_visible()
    word = words.nth(await words.count() // 2)
    start = float(await word.get_attribute("data-start") or 0)
    assert start > 1
    await expect(mine.one("player-play")).to_be_visible()
    await word.click()

    async def there() -> bool:
        minutes, seconds = re.findall(r"\d+", await mine.one("player-position").inner_text())[:2]
        return int(start) <= int(minutes) * 60 + int(seconds) < start + 30

    await until("player at the word", there)
    await expect(mine.one("player")).to_have_attribute("data-playing", "true")


async def test_unknown_caller_gives_up(open_scene: OpenScene, screens: Screens) -> None:
    """Nobody has this number: a form that is filled in already. He hangs up before the phone is answered: it goes."""
    scene = await open_scene()
    api = await scene.api()
    desks = await _two_desks(scene, screens, MANDARIN)
    caller = await scene.dial("13512340000", COMPLAINTS)
    phone: BaresipPhone = await scene.rings()
    mine = desks[phone.extension]
    await expect(mine.pop).to_have_attribute("data-state", "ringing")
    assert re.sub(r"\D", "", await mine.one("new-customer-phone").input_value())[-11:] == "13512340000"
    await mine.one("new-customer-name").fill("赵敏")
    await mine.one("new-customer-save").click()
    await expect(mine.one("pop-caller-name")).to_have_text("赵敏")

    await caller.hang_up()
    await expect(mine.pop).to_have_count(0)
    await expect(mine.one("last-closed")).to_have_attribute("data-reason", "abandoned")
    call = await scene.call_when(
        api, (await scene.call_of(api, "13512340000"))["id"], "abandoned call", outcome="abandoned"
    )
    assert (call["queue"], call["answered_at"], call["customer_name"]) == ("complaint", None, "赵敏")

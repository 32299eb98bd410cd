"""The pictures of the README, taken from the real thing: Asterisk, phones, service, Chromium.

`python scripts/screenshots.py` writes the four of docs/images. `--all DIR` writes every screen in both languages
and at both sizes, for looking at.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect
from pydantic import SecretStr

from callcenter.asterisk.phones import BaresipPhone, Caller
from callcenter.demo.robots import SOUNDS
from callcenter.demo.seed import EXTENSIONS, PEOPLE, seed
from callcenter.demo.stage import Stage

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZES = {"1440": (1440, 900), "1280": (1280, 720)}
PASSWORD = "screenshots-only"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
LIMIT_MS = 120_000
CATEGORY = {"zh": "防水", "en": "leaks"}
FACTS = {
    "zh": "三号楼厨房天花板漏水三天，报修两次无人上门，要求今天下午五点前检修并回电。",
    "en": "Kitchen roof has leaked for three days; two earlier calls came to nothing. Wants a visit before five.",
}


async def act(stage: Stage, browser: Browser, language: str, folder: Path, every: bool) -> None:
    """One call in one language, with its own phone and caller."""
    page = await sign_in(stage, browser, language)
    phone = stage.phone("1001")
    caller = stage.caller("13800138001" if language == "zh" else "13900139003")
    try:
        await phone.register()
        await the_desk(page, phone, caller, language, folder, every)
        await the_call(page, folder, language, every)
        if every:
            await the_lists(page, folder, language)
    finally:
        await caller.stop()
        await phone.stop()
        await page.context.close()


async def the_desk(page: Page, phone: BaresipPhone, caller: Caller, language: str, folder: Path, every: bool) -> None:
    """The agent's desk before, while it rings, while they talk, and after."""
    await expect(page.get_by_test_id("phone-state")).to_have_attribute("data-state", "phoneOk", timeout=LIMIT_MS)
    if every:
        await shoot(page, folder, f"desk-idle-{language}")
    await caller.dial("02088886666")
    for key in "1" if language == "zh" else "91":
        await asyncio.sleep(6)
        await caller.press(key)
    await phone.wait_ringing(60)
    await expect(page.get_by_test_id("pop-caller-name")).to_be_visible(timeout=LIMIT_MS)
    if every:
        await shoot(page, folder, f"desk-ringing-{language}")
    await phone.answer()
    await expect(page.get_by_test_id("pop")).to_have_attribute("data-state", "talking", timeout=LIMIT_MS)
    await page.get_by_test_id("ticket-category").click()
    await page.keyboard.type(CATEGORY[language])
    await page.keyboard.press("Enter")
    await page.get_by_test_id("ticket-facts").fill(FACTS[language])
    await page.wait_for_timeout(1500)
    await shoot(page, folder, f"desk-{language}", every)
    for who, sound in ((phone, "agent_greeting"), (caller, "caller_complaint"), (phone, "agent_promise")):
        await asyncio.sleep(await who.say(SOUNDS / language / f"{sound}.wav") + 0.8)
        await who.be_silent()
    await page.get_by_test_id("ticket-save").click()
    await page.get_by_test_id("ticket-created").wait_for(timeout=LIMIT_MS)
    await caller.hang_up()
    if every:
        await page.wait_for_timeout(1500)
        await shoot(page, folder, f"desk-wrapup-{language}")


async def the_call(page: Page, folder: Path, language: str, every: bool) -> None:
    """The call's page, once it can be read."""
    await page.get_by_test_id("nav-calls").click()
    await page.get_by_test_id("call-row").first.click()
    word = page.get_by_test_id("word").first
    await word.wait_for(timeout=LIMIT_MS)
    await word.click()
    await page.wait_for_timeout(2500)
    await page.get_by_test_id("player-play").click()
    await shoot(page, folder, f"call-{language}", every)


async def the_lists(page: Page, folder: Path, language: str) -> None:
    """The lists, and one customer and one ticket opened from them."""
    for name, row in (("calls", None), ("customers", "customer-row"), ("tickets", "ticket-row")):
        await page.get_by_test_id(f"nav-{name}").click()
        await page.wait_for_timeout(1500)
        await shoot(page, folder, f"{name}-{language}")
        if row:
            await page.get_by_test_id(row).first.click()
            await page.wait_for_timeout(1500)
            await shoot(page, folder, f"{name}-one-{language}")


async def sign_in(stage: Stage, browser: Browser, language: str) -> Page:
    """A page on the agent's desk, in a language."""
    context = await browser.new_context(locale="zh-CN" if language == "zh" else "en-GB")
    page = await context.new_page()
    await page.goto(stage.url)
    await page.get_by_test_id("sign-in-username").fill("agent")
    await page.get_by_test_id("sign-in-password").fill(PASSWORD)
    await page.get_by_test_id("sign-in-submit").click()
    await page.get_by_test_id("presence").wait_for(timeout=LIMIT_MS)
    lang = "zh-CN" if language == "zh" else "en"
    if await page.locator("html").get_attribute("lang") != lang:
        await page.get_by_test_id("language").click()
        await expect(page.locator("html")).to_have_attribute("lang", lang)
    return page


async def shoot(page: Page, folder: Path, name: str, every: bool = True) -> None:
    """The page at the larger size, or at each."""
    for size, (width, height) in SIZES.items() if every else [("", SIZES["1440"])]:
        await page.set_viewport_size({"width": width, "height": height})
        await page.wait_for_timeout(400)
        await page.screenshot(path=folder / (f"{name}-{size}.png" if size else f"{name}.png"))


async def main(folder: Path, every: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="callcenter-pictures-") as work:
        stage = Stage(Path(work), EXTENSIONS)
        await seed(stage.settings(), {person.username: SecretStr(PASSWORD) for person in PEOPLE})
        try:
            await stage.start()
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
                for language in ("zh", "en"):
                    await act(stage, browser, language, folder, every)
                await browser.close()
        finally:
            await stage.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIR")
    wanted = parser.parse_args()
    target = wanted.all or IMAGES
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target, wanted.all is not None))

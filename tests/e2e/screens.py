"""Agents' screens in Chromium."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, WebSocket, async_playwright, expect

_CHROMIUM = "/usr/bin/chromium"
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_LIMIT_MS = 30_000


@dataclass
class Screen:
    """One person's screen. `told` is every message that the desk's socket brought to it."""

    page: Page
    url: str
    told: list[dict[str, Any]] = field(default_factory=list)

    @property
    def pop(self) -> Locator:
        return self.page.get_by_test_id("pop")

    def one(self, name: str) -> Locator:
        """The element with this `data-testid`."""
        return self.page.get_by_test_id(name)

    @property
    def popped(self) -> set[str]:
        """Ids of the calls that ever popped here."""
        opened = [message["pop"] for message in self.told if message["type"] in ("pop_opened", "pop_changed")]
        at_first = [pop for message in self.told if message["type"] == "snapshot" for pop in message["pops"]]
        return {pop["call_id"] for pop in opened + at_first}

    async def sign_in(self, username: str, password: str) -> None:
        await self.page.goto(self.url)
        await self.one("sign-in-username").fill(username)
        await self.one("sign-in-password").fill(password)
        await self.one("sign-in-submit").click()

    async def at_desk(self) -> None:
        """Until the agent is ready and his phone can be rung."""
        await expect(self.one("presence")).to_have_attribute("data-state", "ready")
        await expect(self.one("phone-state")).to_have_attribute("data-state", "phoneOk")

    def listen(self, socket: WebSocket) -> None:
        """Remember what the desk's socket brings."""
        if socket.url.endswith("/api/v1/desk"):
            socket.on("framereceived", lambda data: self.told.append(json.loads(data)))


@dataclass
class Screens:
    """A browser; everybody has a context of his own."""

    browser: Browser
    all: list[Screen] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def opened(cls) -> AsyncIterator[Screens]:
        expect.set_options(timeout=_LIMIT_MS)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
            try:
                yield cls(browser)
            finally:
                await browser.close()

    async def screen(self, url: str) -> Screen:
        """A person's screen, empty yet."""
        # The proxy's certificate is its own.
        context = await self.browser.new_context(viewport={"width": 1440, "height": 900}, ignore_https_errors=True)
        context.set_default_timeout(_LIMIT_MS)
        screen = Screen(await context.new_page(), url)
        screen.page.on("websocket", screen.listen)
        self.all.append(screen)
        return screen

    async def take_pictures(self, folder: Path) -> None:
        """What every screen shows now."""
        for number, screen in enumerate(self.all, start=1):
            path = folder / f"screen-{number}.png"
            await screen.page.screenshot(path=path)
            sys.stdout.write(f"screen {number} at {screen.page.url}: {path}\n")

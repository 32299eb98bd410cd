"""Puts the room together from settings."""

from __future__ import annotations

from callcenter.clock import Clock, utc_now
from callcenter.ivr.prompts import PromptLibrary
from callcenter.ivr.server import MenuServer
from callcenter.ivr.shelf import FlowShelf
from callcenter.setting_groups import IvrSettings


def build(settings: IvrSettings, clock: Clock = utc_now) -> MenuServer:
    """The menu server; `flows.problems()` of it tells at start which flows cannot be used."""
    prompts = open_prompts(settings)
    return MenuServer(FlowShelf(settings.flows_dir, prompts.has), prompts, clock)


def open_prompts(settings: IvrSettings) -> PromptLibrary:
    return PromptLibrary.open(settings.prompts_dir, settings.prompts_override)

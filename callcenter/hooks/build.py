"""What the room gives to the composition root: its routes, and what sends."""

from __future__ import annotations

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.hooks.deliveries import Deliveries
from callcenter.hooks.fan_out import FanOut
from callcenter.hooks.reach import Reach
from callcenter.hooks.routes import WebhookRoutes
from callcenter.hooks.sender import Sender
from callcenter.hooks.service import Endpoints
from callcenter.link import Link
from callcenter.rooms import Room
from callcenter.setting_groups import HooksSettings

# Between processes: something may have become due.
_LOOK = "webhooks"


def build(db: Database, clock: Clock, link: Link, settings: HooksSettings) -> Room:
    """The room's routes, for the web processes."""

    def told() -> None:
        link.publish(_LOOK)

    endpoints = Endpoints(db, clock, told, Reach(settings.allowed_networks))
    return Room(routes=WebhookRoutes(endpoints, Deliveries(db, clock, told)).routes())


def build_sending(db: Database, clock: Clock, link: Link, settings: HooksSettings) -> tuple[FanOut, Sender]:
    """What makes deliveries and what sends them, for the workers. Before the link runs."""
    sender = Sender(db, clock, settings)
    link.subscribe(_LOOK, lambda _text: sender.look())
    return FanOut(db, clock, lambda: link.publish(_LOOK)), sender

"""The composition root: the only place that knows all rooms. One file for each kind of process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callcenter.app.agi import MenuDuty
from callcenter.app.ami import AmiDuty
from callcenter.app.house import House
from callcenter.app.web import WebDuty
from callcenter.app.worker import WorkDuty
from callcenter.config import Settings, load
from callcenter.desk.protocol import DeskMessage
from callcenter.process import Base, Duty, Process
from callcenter.web.openapi import document

KINDS = ("serve", "web", "ami", "agi", "worker")


class Service(Process):
    """The whole service in one process."""

    def __init__(self, settings: Settings) -> None:
        house = House(Base.of("serve", settings), leads=True)
        self.web = WebDuty(house)
        super().__init__(house.base, [house, AmiDuty(house), WorkDuty(house), MenuDuty(house), self.web])

    @property
    def port(self) -> int:
        """Where the screens are."""
        return self.web.port


def of_kind(name: str, settings: Settings) -> Process:
    """A process of one of KINDS."""
    if name == "serve":
        return Service(settings)
    house = House(Base.of(name, settings), leads=name == "ami")
    duties: dict[str, Callable[[House], Duty]] = {"web": WebDuty, "ami": AmiDuty, "agi": MenuDuty, "worker": WorkDuty}
    return Process(house.base, [house, duties[name](house)])


def api_document() -> dict[str, Any]:
    """OpenAPI of the service, with the desk socket's messages."""
    return document(Service(load()).web.routes, extra=[DeskMessage])

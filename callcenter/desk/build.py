"""The desk's pieces, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from callcenter.bus import Subscriber
from callcenter.calls.service import Calls
from callcenter.clock import Clock
from callcenter.complaints.routes import TicketShapes
from callcenter.customers.numbers import parse
from callcenter.customers.service import Customers
from callcenter.db import Database
from callcenter.desk import live, screen_pop
from callcenter.desk.call_detail import CallDetails
from callcenter.desk.call_list import CallList
from callcenter.desk.caller import Callers
from callcenter.desk.cards import Cards
from callcenter.desk.foreign import RememberedRecords
from callcenter.desk.handover import Handovers
from callcenter.desk.hub import BACKLOG, Hub
from callcenter.desk.live import LiveFigures
from callcenter.desk.past import Past
from callcenter.desk.ports import Floor, ForeignRecords, SessionOver
from callcenter.desk.routes import DeskRoutes, routes_of
from callcenter.desk.screen_pop import ScreenPop
from callcenter.desk.socket import BEAT_S, LOOK_AGAIN_S, DeskSocket, SessionWatch
from callcenter.desk.tabs import Tabs
from callcenter.desk.timeline import CustomerTimeline
from callcenter.events.people import SessionEnded
from callcenter.link import Link
from callcenter.rooms import Room
from callcenter.web.identity import Sessions


@dataclass(frozen=True)
class DeskParts:
    """What the desk stands on. `foreign`: the firm's own CRM, None when there is none to ask.

    `sessions` tells whether the user of an open tab is still signed in; it is asked every `look_again_s`. A tab that
    gets nothing else gets a beat every `beat_s`.
    """

    db: Database
    clock: Clock
    calls: Calls
    customers: Customers
    ticket_shapes: TicketShapes
    floor: Floor
    sessions: Sessions
    link: Link
    foreign: ForeignRecords | None = None
    backlog: int = BACKLOG
    look_again_s: float = LOOK_AGAIN_S
    beat_s: float = BEAT_S
    hub: Hub = field(default_factory=Hub)


@dataclass(frozen=True)
class Desk:
    """The room; `load` it before its subscribers and tasks run, tell it of sessions that are over."""

    room: Room
    load: Callable[[], Awaitable[None]]
    session_over: SessionOver
    hub: Hub


def build(parts: DeskParts) -> Desk:
    """The room: routes, live subscribers, the tasks that own its look-ups and figures."""
    hub = parts.hub
    tabs = Tabs(parts.link, hub, parts.floor)
    watch = SessionWatch(parts.sessions, tabs.session_over, parts.clock, parts.look_again_s)
    cards = Cards(parts.db, parts.customers, parts.clock)
    foreign = RememberedRecords(parts.foreign, parts.link) if parts.foreign else None
    past = Past(parts.db, parts.clock)
    pop = ScreenPop(hub, cards.look_up, Handovers(parts.db).look_up, past.events, parts.clock, foreign)
    figures = LiveFigures(hub, parts.floor)
    listed = CallList(parts.db, parts.clock, lambda text: parse(text, parts.customers.region).e164)
    handlers = DeskRoutes(
        calls=listed,
        details=CallDetails(parts.db, listed, cards, parts.ticket_shapes),
        timeline=CustomerTimeline(parts.db, listed),
        callers=Callers(parts.calls, parts.customers, parts.clock),
        screen_pop=pop,
        db=parts.db,
        clock=parts.clock,
    )
    room = Room(
        routes=routes_of(handlers, DeskSocket(hub, pop, parts.floor, watch, parts.backlog, parts.beat_s)),
        subscribers=[
            Subscriber(pop.on_event, screen_pop.EVENTS),
            Subscriber(figures.on_event, live.EVENTS),
            Subscriber(tabs.on_session_ended, (SessionEnded,)),
        ],
        tasks=[("desk-pops", pop.run), ("desk-figures", figures.run), ("desk-tabs", tabs.run)],
    )
    return Desk(room, pop.load, tabs.session_over, hub)

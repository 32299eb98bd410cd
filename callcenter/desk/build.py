"""The desk's pieces, put together."""

from __future__ import annotations

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
from callcenter.desk.hub import BACKLOG, Hub
from callcenter.desk.live import LiveFigures
from callcenter.desk.past import Past
from callcenter.desk.ports import Floor, ForeignRecords, SessionOver
from callcenter.desk.routes import DeskRoutes, routes_of
from callcenter.desk.screen_pop import ScreenPop
from callcenter.desk.socket import DeskSocket, SessionWatch
from callcenter.desk.timeline import CustomerTimeline
from callcenter.events.calls import CallStarted
from callcenter.rooms import Room
from callcenter.web.identity import Sessions


@dataclass(frozen=True)
class DeskParts:
    """What the desk stands on. `foreign`: the firm's own CRM, None when there is none to ask.

    `sessions` tells whether the user of an open tab is still signed in; `session_over` is awaited when he is not.
    """

    db: Database
    clock: Clock
    calls: Calls
    customers: Customers
    ticket_shapes: TicketShapes
    floor: Floor
    sessions: Sessions
    session_over: SessionOver
    foreign: ForeignRecords | None = None
    backlog: int = BACKLOG
    hub: Hub = field(default_factory=Hub)


def build(parts: DeskParts) -> Room:
    """The room: routes, live and durable subscribers, the tasks that own its look-ups and figures."""
    hub = parts.hub
    watch = SessionWatch(parts.sessions, parts.session_over, parts.clock)
    cards = Cards(parts.db, parts.customers, parts.clock)
    pop = ScreenPop(hub, cards.look_up, Past(parts.db, parts.clock).events, parts.foreign)
    figures = LiveFigures(hub, parts.floor)
    listed = CallList(parts.db, parts.clock, lambda text: parse(text, parts.customers.region).e164)
    callers = Callers(parts.calls, parts.customers, pop)
    handlers = DeskRoutes(
        calls=listed,
        details=CallDetails(parts.db, listed, cards, parts.ticket_shapes),
        timeline=CustomerTimeline(parts.db, listed),
        callers=callers,
        screen_pop=pop,
    )
    return Room(
        routes=routes_of(handlers, DeskSocket(hub, pop.pops, parts.floor, watch, parts.backlog)),
        subscribers=[
            Subscriber(pop.on_event, screen_pop.EVENTS),
            Subscriber(figures.on_event, live.EVENTS),
            Subscriber(callers.on_started, (CallStarted,), durable="desk.caller"),
        ],
        tasks=[("desk-pops", pop.run), ("desk-figures", figures.run)],
    )

"""What the demo's firm looks like on its first day: users, queues, a few customers and what they said before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import func, select

from callcenter import schema
from callcenter.accounts.model import UserRow
from callcenter.accounts.service import Accounts, NewUser
from callcenter.calls.model import CallRow, CallTalkRow
from callcenter.clock import utc_now
from callcenter.complaints.model import TicketRow
from callcenter.complaints.numbering import next_number, period_of
from callcenter.config import Settings
from callcenter.customers.model import CustomerRow
from callcenter.customers.numbers import PhoneRegion
from callcenter.customers.service import Customers
from callcenter.customers.shapes import CustomerDraft, Home, PhoneDraft
from callcenter.db import Database, Transaction
from callcenter.events.ids import new_id
from callcenter.queues.model import PresenceRow
from callcenter.queues.store import FIRST_QUEUES, keep_first_queues, keep_served
from callcenter.web.identity import Role


@dataclass(frozen=True)
class Person:
    """A user of the demo."""

    username: str
    name: str
    role: Role
    extension: str | None


PEOPLE = (
    Person("agent", "陈静", "agent", "1001"),
    Person("agent2", "王磊", "agent", "1002"),
    Person("supervisor", "李敏", "supervisor", None),
    Person("admin", "周航", "admin", None),
)
EXTENSIONS = tuple(person.extension for person in PEOPLE if person.extension)


@dataclass(frozen=True)
class Past:
    """An earlier call: how long ago, what it was about, whether a ticket came of it and is open still."""

    days: int
    queue: str
    talk_s: int
    ticket: tuple[str, str, str, str] | None = None


def _customer(name: str, grade: str, phones: list[str], home: str, **more: object) -> CustomerDraft:
    project, building, unit, room = home.split("/")
    return CustomerDraft.model_validate(
        {
            "name": name,
            "grade": grade,
            "phones": [PhoneDraft(raw=raw) for raw in phones],
            "homes": [Home(project=project, building=building, unit=unit, room=room)],
            **more,
        }
    )


_LEAK = ("complaint", "construction.waterproofing", "open", "厨房天花板漏水，报修两次未上门，要求尽快维修并说明原因。")
_LIFT = ("repair", "property.repair", "closed", "五号楼电梯门打不开，当天已修复。")
_NOISE = ("complaint", "property.noise", "open", "楼上深夜装修，多次劝阻无效，要求物业制止。")
_FEES = ("inquiry", "property.fees", "closed", "咨询物业费标准与手机缴费方式，已答复。")

CUSTOMERS: tuple[tuple[CustomerDraft, Sequence[Past]], ...] = (
    (
        _customer("张伟", "A", ["13800138001", "020-87651234"], "翠湖花园/3/2/1201", tags=["业主", "重点关注"]),
        (Past(1, "complaint", 214, _LEAK), Past(3, "repair", 128), Past(41, "inquiry", 75, _FEES)),
    ),
    (
        _customer("刘芳", "B", ["+86 138 0013 8002"], "翠湖花园/5/1/802", tags=["业主"]),
        (Past(6, "repair", 96, _LIFT),),
    ),
    (
        _customer("James Miller", "B", ["139 0013 9003"], "云山雅苑/1/1/2503", tags=["租户", "英语"]),
        (Past(9, "inquiry", 181),),
    ),
    (
        _customer("广州恒信商贸有限公司", "A", ["020-87654321"], "云山中心/A//1608", kind="firm", tags=["大客户"]),
        (Past(2, "complaint", 305, _NOISE), Past(15, "operator", 62)),
    ),
    (_customer("黄丽", "C", ["13600136005"], "云山雅苑/2/3/601", tags=["业主"]), (Past(30, "inquiry", 88),)),
    (_customer("何建国", "D", ["13500135006"], "翠湖花园/7/1/302", note="习惯说粤语，请放慢语速。"), ()),
)


async def seed(settings: Settings, passwords: dict[str, SecretStr]) -> bool:
    """Fill an empty database, then True; on a filled one only the passwords are set. `passwords` by user name."""
    db = Database(settings.database_url)
    try:
        await schema.upgrade(db)
        accounts = Accounts(db, utc_now)
        for person in PEOPLE:
            password = passwords[person.username].get_secret_value()
            await accounts.add(NewUser(person.username, person.name, person.role, password, person.extension))
        async with db.read() as session:
            filled = await session.scalar(select(func.count()).select_from(CustomerRow))
        if not filled:
            await _fill(db, settings)
        return not filled
    finally:
        await db.close()


async def _fill(db: Database, settings: Settings) -> None:
    async with db.transaction() as work:
        agents = (await work.session.scalars(select(UserRow).where(UserRow.extension.is_not(None)))).all()
        await _queues(work, agents)
    customers = Customers(db, utc_now, PhoneRegion(area_code=settings.firm.area_code))
    zone = ZoneInfo(settings.firm.timezone)
    past: list[tuple[datetime, str, str, Past]] = []
    for draft, history in CUSTOMERS:
        customer = await customers.create(draft)
        number = customer.phones[0].e164 or customer.phones[0].raw
        past += [(utc_now() - timedelta(days=each.days, minutes=37), customer.id, number, each) for each in history]
    async with db.transaction() as work:
        for at, customer_id, number, each in sorted(past, key=lambda item: item[0]):
            await _call(work, at, customer_id, number, each, agents[each.days % len(agents)], zone)


async def _queues(work: Transaction, agents: Sequence[UserRow]) -> None:
    """Every agent serves every queue and begins ready: the robots at their phones do."""
    await keep_first_queues(work.session)
    for agent in agents:
        await work.session.merge(
            PresenceRow(user_id=agent.id, wish="ready", reason=None, since=utc_now(), wrapup_until=None)
        )
        await keep_served(work.session, agent.id, [queue.name for queue in FIRST_QUEUES])


async def _call(
    work: Transaction, at: datetime, customer_id: str, number: str, past: Past, agent: UserRow, zone: ZoneInfo
) -> None:
    answered = at + timedelta(seconds=31)
    call_id = new_id()
    work.session.add(
        CallRow(
            id=call_id,
            server="demo",
            linked_id=call_id,
            direction="inbound",
            raw_number=number,
            number=number,
            dialled="02088886666",
            menu_path=f"main/{past.queue}",
            kind=past.queue,
            language="zh",
            queue=past.queue,
            queued_at=at + timedelta(seconds=20),
            started_at=at,
            answered_at=answered,
            ended_at=answered + timedelta(seconds=past.talk_s),
            outcome="answered",
            end_cause="normal",
            agent_id=agent.id,
            extension=agent.extension,
            customer_id=customer_id,
            disposition="ticket_opened" if past.ticket else "resolved",
        )
    )
    await work.session.flush()
    work.session.add(
        CallTalkRow(
            call_id=call_id,
            uniqueid=call_id,
            extension=agent.extension,
            started_at=answered,
            ended_at=answered + timedelta(seconds=past.talk_s),
        )
    )
    if past.ticket:
        kind, category, status, summary = past.ticket
        work.session.add(
            TicketRow(
                id=new_id(),
                number=await next_number(work.session, period_of(answered, zone)),
                kind=kind,
                category=category,
                summary=summary,
                status=status,
                customer_id=customer_id,
                caller_number=number,
                call_id=call_id,
                owner_id=agent.id,
                created_at=answered,
                crm_state="off",
            )
        )

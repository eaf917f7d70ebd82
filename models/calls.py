"""Calls that were made to households, and who is to be rung: each attempt with its outcome, written down once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain import keys
from domain.calls import NOBODY_SPOKE, Candidate, Made, Outcome, paid_after
from domain.clock import at_local, local_date
from domain.ladder import Reason, Standing
from domain.messages import Audience
from domain.office import Office
from models.accounts import Account, Community
from models.agreements import Offer
from models.base import Base, Id, UtcDateTime, chunks, upsert
from models.bills import Payment
from models.inbox import Inbox
from models.staff import LIVE, Staff, StaffTask, alarmed
from models.standing import households

CALLED = (
    "call",
    "promise",
    "plan_broken",
    "hold",
    "renewal",
    "hardship",
    "follow_up",
)  # kinds of tasks done by telephone
SETTLED_BY_A_TALK = ("call", "promise", "plan_broken", "hold")
LOOKED_AT = 400  # tasks that compete for the top of the queue
LOOK_BACK = timedelta(days=120)
WROTE_MAX = 20
NO_NUMBER = "no_number"


class Call(Base):
    """One attempt. `number` counts a household's calls, so that the same one can't be written down twice."""

    __tablename__ = "calls"
    __table_args__ = (UniqueConstraint("account_id", "number"), Index("ix_calls_at", "at"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    number: Mapped[int]
    task_id: Mapped[int | None] = mapped_column(ForeignKey(StaffTask.id), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    outcome: Mapped[str] = mapped_column(String(14))
    note: Mapped[str] = mapped_column(Text, default="")
    phone_end: Mapped[str] = mapped_column(String(4), default="")  # tells whether a number was changed since
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when somebody rings or looks again


async def log_call(
    session: AsyncSession,
    account: Account,
    number: int,
    *,
    task_id: int | None,
    staff_id: int,
    outcome: Outcome,
    at: datetime,
    next_at: datetime | None,
) -> Call | None:
    """Write a call down; None when this one, the household's `number`th, stands there already."""
    row = {
        "account_id": account.id,
        "number": number,
        "task_id": task_id,
        "staff_id": staff_id,
        "outcome": outcome.value,
        "note": "",
        "phone_end": phone_end(account.phone),
        "at": at,
        "next_at": next_at,
    }
    insert = upsert(session, Call).values(row).on_conflict_do_nothing(index_elements=["account_id", "number"])
    call_id = await session.scalar(insert.returning(Call.id))
    return None if call_id is None else await session.get(Call, call_id)


async def call_of(session: AsyncSession, account_id: int, number: int) -> Call | None:
    return (
        await session.scalars(select(Call).where(Call.account_id == account_id, Call.number == number))
    ).one_or_none()


async def calls_of(session: AsyncSession, account_id: int, limit: int | None) -> list[tuple[Call, str]]:
    """A household's latest calls with the caller's name, newest first; all where there is no limit."""
    query = (
        select(Call, Staff.name)
        .join(Staff, Staff.id == Call.staff_id)
        .where(Call.account_id == account_id)
        .order_by(Call.number.desc())
        .limit(limit)
    )
    return [(call, name) for call, name in await session.execute(query)]


async def calls_made(session: AsyncSession, account_id: int) -> int:
    return int(await session.scalar(select(func.count()).where(Call.account_id == account_id)) or 0)


async def lately_called(session: AsyncSession, account_ids: Sequence[int], since: datetime) -> dict[int, list[Call]]:
    """The calls of some households since a moment, oldest first."""
    found: dict[int, list[Call]] = defaultdict(list)
    query = (
        select(Call).where(Call.account_id.in_(account_ids), Call.at >= since).order_by(Call.account_id, Call.number)
    )
    for call in await session.scalars(query):
        found[call.account_id].append(call)
    return found


def phone_end(phone: str) -> str:
    return "".join(sign for sign in phone if sign.isdigit())[-4:]


def wrong_number(account: Account, calls: Sequence[Call]) -> bool:
    """The number on file is the one that turned out to be somebody else's; or there is none."""
    end = phone_end(account.phone)
    last = calls[-1] if calls else None
    return not end or (last is not None and last.outcome == Outcome.WRONG_NUMBER and last.phone_end == end)


async def take_task(session: AsyncSession, task_id: int, staff_id: int, at: datetime) -> bool:
    """Have a task in hand before ringing; False when a colleague was faster."""
    free = or_(StaffTask.state == "open", StaffTask.assignee_id == staff_id)
    taken = await session.scalar(
        update(StaffTask)
        .where(StaffTask.id == task_id, StaffTask.state.in_(LIVE), free)
        .values(state="taken", assignee_id=staff_id, touched_at=at)
        .returning(StaffTask.id)
        .execution_options(synchronize_session="fetch")
    )
    return taken is not None


@dataclass(frozen=True)
class ToCall:
    """A task that a call does, with its household. `blocked`: why nobody rings now (a hold, a pause, no number)."""

    task: StaffTask
    account: Account
    candidate: Candidate
    standing: Standing | None
    offer: Offer | None = None
    blocked: str = ""


async def to_call(session: AsyncSession, office: Office, member: Staff, now: datetime) -> list[ToCall]:
    """Every household that this member may ring, once each, with all that decides its place in the queue."""
    query = (
        select(StaffTask, Account)
        .join(Account, Account.id == StaffTask.account_id)
        .where(
            StaffTask.kind.in_(CALLED),
            StaffTask.state.in_(LIVE),
            or_(StaffTask.assignee_id.is_(None), StaffTask.assignee_id == member.id),
            Account.id.not_in(alarmed()),
        )
        .order_by(StaffTask.due_at, StaffTask.id)
        .limit(LOOKED_AT)
    )
    if member.community_id is not None:
        query = query.where(StaffTask.community_id == member.community_id)
    first: dict[int, tuple[StaffTask, Account]] = {}
    for task, account in await session.execute(query):
        first.setdefault(account.id, (task, account))
    return await _looked_at(session, office, list(first.values()), now)


async def with_colleagues(session: AsyncSession, member: Staff) -> int:
    """How many households of the member's communities a colleague is to ring."""
    query = select(func.count(func.distinct(StaffTask.account_id))).where(
        StaffTask.kind.in_(CALLED),
        StaffTask.state.in_(LIVE),
        StaffTask.assignee_id != member.id,
        StaffTask.account_id.is_not(None),
        StaffTask.account_id.not_in(alarmed()),
    )
    if member.community_id is not None:
        query = query.where(StaffTask.community_id == member.community_id)
    return int(await session.scalar(query) or 0)


async def to_call_one(
    session: AsyncSession, office: Office, task: StaffTask, account: Account, now: datetime
) -> ToCall:
    return (await _looked_at(session, office, [(task, account)], now))[0]


async def _looked_at(
    session: AsyncSession, office: Office, tasks: Sequence[tuple[StaffTask, Account]], now: datetime
) -> list[ToCall]:
    ids = [account.id for _, account in tasks]
    today = office.today(now)
    standings = {
        each.standing.account_id: each.standing async for each in households(session, office, today, now, only=ids)
    }
    calls = await lately_called(session, ids, now - LOOK_BACK)
    wrote = await _wrote_at(session, ids, now - LOOK_BACK)
    offers = await _offers(session, [task for task, _ in tasks])
    found = []
    for task, account in tasks:
        standing, mine = standings.get(account.id), calls.get(account.id, [])
        offer = offers.get(task.source)
        candidate = Candidate(
            task.id,
            task.due_at,
            at_risk_fen(standing, offer),
            asked_for=mine[-1].next_at if mine and mine[-1].outcome == Outcome.CALL_BACK else None,
            not_before=mine[-1].next_at if mine and mine[-1].task_id == task.id else _named_day(task, office),
            calls=tuple(Made(call.at, call.outcome) for call in mine),
            wrote_at=wrote.get(account.id, ()),
        )
        blocked = NO_NUMBER if wrong_number(account, mine) else _blocked(task, standing)
        found.append(ToCall(task, account, candidate, standing, offer, blocked))
    return found


def _named_day(task: StaffTask, office: Office) -> datetime | None:
    """The morning of the day on which a family wished to be asked again: not before."""
    if not task.key.startswith(keys.task(keys.RENEWAL_NEXT, "")):
        return None
    return at_local(office.today(task.due_at), office.calling.opens_at, office.zone)


def at_risk_fen(standing: Standing | None, offer: Offer | None) -> int:
    """What a call is about: the bills that may be asked for, or the place that is offered."""
    if offer is not None:
        return offer.amount_fen
    return sum(bill.open_fen for bill in standing.bills if bill.held is None) if standing is not None else 0


def _blocked(task: StaffTask, standing: Standing | None) -> str:
    """Why a call about money would be out of place at this moment. A caring call, or one that was noted down, is not."""
    if standing is None or task.kind in ("hardship", "follow_up"):
        return ""
    if standing.awaiting_us:
        return Reason.AWAITING_US.value  # first they hear our answer
    if task.kind in ("renewal", "hold"):
        return ""
    if standing.household_hold is not None:
        return standing.household_hold.value
    if standing.paused:
        return "paused"
    asked = [bill for bill in standing.bills if bill.held is None]
    if not asked:
        return next((bill.held.value for bill in standing.bills if bill.held is not None), "paid")
    return ""


async def _wrote_at(session: AsyncSession, account_ids: Sequence[int], since: datetime) -> dict[int, list[datetime]]:
    """When the people of some households lately wrote in private, newest first."""
    found: dict[int, list[datetime]] = defaultdict(list)
    query = (
        select(Inbox.account_id, Inbox.received_at)
        .where(Inbox.account_id.in_(account_ids), Inbox.audience == Audience.PRIVATE, Inbox.received_at >= since)
        .order_by(Inbox.received_at.desc())
    )
    for account_id, moment in await session.execute(query):
        if account_id is not None and len(found[account_id]) < WROTE_MAX:
            found[account_id].append(moment)
    return found


async def _offers(session: AsyncSession, tasks: Sequence[StaffTask]) -> dict[str, Offer]:
    ids = [int(task.source.partition("/")[2]) for task in tasks if task.source.startswith("offer/")]
    return {f"offer/{offer.id}": offer for offer in await session.scalars(select(Offer).where(Offer.id.in_(ids)))}


async def live_tasks(session: AsyncSession, account_id: int, kinds: Sequence[str]) -> list[StaffTask]:
    query = select(StaffTask).where(
        StaffTask.account_id == account_id, StaffTask.kind.in_(kinds), StaffTask.state.in_(LIVE)
    )
    return list(await session.scalars(query.order_by(StaffTask.id)))


@dataclass(frozen=True)
class CallFigures:
    """Calls of one colleague or community: made, reached, ended with a day, followed by money within a week."""

    name: str
    made: int
    reached: int
    promised: int
    paid: int


@dataclass(frozen=True)
class CallResults:
    """Calls of a span of time: all together, by colleague, by community; who called most comes first."""

    all: CallFigures
    members: Sequence[CallFigures]
    communities: Sequence[CallFigures]


NO_CALLS = CallResults(CallFigures("", 0, 0, 0, 0), (), ())


async def call_results(
    session: AsyncSession, since: datetime, until: datetime, zone: ZoneInfo, community_id: int | None = None
) -> CallResults:
    """What came of the calls. Money counts by the day it was paid; what was reversed does not count."""
    query = (
        select(Call.id, Call.account_id, Call.outcome, Call.at, Staff.id, Staff.name, Community.name)
        .join(Staff, Staff.id == Call.staff_id)
        .join(Account, Account.id == Call.account_id)
        .join(Community, Community.id == Account.community_id)
        .where(Call.at >= since, Call.at < until)
        .order_by(Call.account_id, Call.number)
    )
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    rows = (await session.execute(query)).all()
    days = [(number, account_id, local_date(at, zone)) for number, account_id, _, at, *_ in rows]
    paid = await _followed_by_money(session, days, local_date(since, zone))
    by: dict[tuple[str, object], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    names: dict[tuple[str, object], str] = {}
    for number, _, outcome, _, staff_id, member, community in rows:
        told = (1, outcome not in NOBODY_SPOKE, outcome == Outcome.PROMISED, number in paid)
        names |= {("member", staff_id): member, ("community", community): community}
        for key in (("all", ""), ("member", staff_id), ("community", community)):
            by[key] = [sum_ + one for sum_, one in zip(by[key], told, strict=True)]

    def figures(group: str) -> list[CallFigures]:
        found = [CallFigures(names.get(key, ""), *sums) for key, sums in by.items() if key[0] == group]
        return sorted(found, key=lambda each: (-each.made, each.name))

    if not rows:
        return NO_CALLS
    return CallResults(figures("all")[0], figures("member"), figures("community"))


async def _followed_by_money(session: AsyncSession, calls: Sequence[tuple[int, int, date]], first: date) -> set[int]:
    """Of calls (id, account id, day) those that `domain.calls.paid_after` counts money for, paid from the first day on."""
    called: dict[int, list[tuple[int, date]]] = defaultdict(list)
    for number, account_id, day in calls:
        called[account_id].append((number, day))
    paid_on: dict[int, list[date]] = defaultdict(list)
    for some in chunks(sorted(called), LOOKED_AT):
        payments = select(Payment.account_id, Payment.paid_on).where(
            Payment.account_id.in_(some), Payment.paid_on >= first, Payment.reversed_at.is_(None)
        )
        for account_id, day in await session.execute(payments):
            paid_on[account_id].append(day)
    return {number for account_id, made in called.items() for number in paid_after(made, paid_on[account_id])}

"""A period in figures: what was due and came in, by part of the estate; ageing, reasons, work done. For the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.clock import at_local
from domain.ladder import BILL_HOLDS, HOUSEHOLD_HOLDS
from domain.ledger import BILLED_SIGN, RECEIVED_SIGN
from models.accounts import Account, Community
from models.agreements import Complaint, Dispute, Hold, Plan, Promise
from models.base import Fen
from models.bills import Bill, LedgerEntry, Payment, signed
from models.calls import NO_CALLS, CallResults, call_results
from models.letters import Letter
from models.outbox import Outbox, State
from models.staff import Staff, StaffTask
from models.status import AGES, rate_of

STRONGEST = [reason.value for reason in (*HOUSEHOLD_HOLDS, *BILL_HOLDS)]
FREE = "none"  # open, and nothing is agreed about it


@dataclass(frozen=True)
class Span:
    """The days of a period, both included, of which `until` is the last that is over or running."""

    first: date
    last: date
    until: date


@dataclass(frozen=True)
class Part:
    """One building, class or community: the bills that fell due in the period, as they stand now. Sums in fen."""

    name: str
    households: int
    due_fen: int
    received_fen: int

    @property
    def open_fen(self) -> int:
        return self.due_fen - self.received_fen

    @property
    def rate(self) -> float:
        return rate_of(self.due_fen, self.received_fen)


@dataclass(frozen=True)
class Worker:
    """What one colleague finished."""

    name: str
    done: int
    dropped: int
    late: int  # finished after its clock had run out


@dataclass(frozen=True)
class Figures:
    """Everything about a period that the report shows."""

    whole: Part
    before: Part  # the period before, as it stands now
    communities: Sequence[Part]
    parts: Sequence[Part]
    items: Sequence[Part]
    ageing: Mapping[int, int]  # first day of the column -> open fen, of all bills that are due now
    reasons: Mapping[str, tuple[int, int]]  # why something is open -> (households, fen)
    income: Mapping[date, int]  # what came in on each day, whatever it was for
    methods: Mapping[str, tuple[int, int]]  # method -> (payments, fen)
    workers: Sequence[Worker]
    messages: Mapping[str, int]  # kind -> sent
    failed: int
    counts: Mapping[str, int] = field(default_factory=dict)
    calls: CallResults = NO_CALLS

    @property
    def open_fen(self) -> int:
        """All that is due and open, from earlier periods, too."""
        return sum(self.ageing.values())


async def figures(
    session: AsyncSession, span: Span, before: Span, today: date, zone: ZoneInfo, community_id: int | None = None
) -> Figures:
    """Read in a dozen statements, each over sets. `before`: the period that it is compared with.

    Money is as it stands today: who recorded a payment late doesn't make a past month look worse than it is.
    """
    part = case((Account.building != "", Account.building), else_=Account.class_name)
    where = Community.name + case((part != "", " "), else_="") + part
    moments = (at_local(span.first, time(), zone), at_local(span.until + timedelta(days=1), time(), zone))
    [whole] = await _parts(session, span, None, community_id) or [Part("", 0, 0, 0)]
    [earlier] = await _parts(session, before, None, community_id) or [Part("", 0, 0, 0)]
    sent, failed = await _messages(session, *moments, community_id)
    return Figures(
        whole=whole,
        before=earlier,
        communities=await _parts(session, span, Community.name, community_id),
        parts=await _parts(session, span, where, community_id),
        items=await _parts(session, span, Bill.item, community_id),
        ageing=await _ageing(session, today, community_id),
        reasons=await open_reasons(session, today, community_id),
        income=await _income(session, span, community_id),
        methods=await _methods(session, span, community_id),
        workers=await _workers(session, *moments, community_id),
        messages=sent,
        failed=failed,
        counts=await _counts(session, *moments, community_id),
        calls=await call_results(session, *moments, zone, community_id),
    )


def _of(query: Any, community_id: int | None) -> Any:
    return query if community_id is None else query.where(Account.community_id == community_id)


def _as_fen(expression: ColumnElement[Any]) -> ColumnElement[int]:
    """PostgreSQL adds whole numbers up to decimals."""
    return cast(func.coalesce(expression, 0), Fen)


async def _parts(session: AsyncSession, span: Span, name: Any, community_id: int | None) -> list[Part]:
    """Bills that fell due in the span, as they stand now; by `name`, or all together."""
    columns = () if name is None else (name,)
    query = (
        select(
            *columns,
            func.count(func.distinct(Bill.account_id)),
            _as_fen(func.sum(signed(BILLED_SIGN))),
            _as_fen(func.sum(signed(RECEIVED_SIGN))),
        )
        .select_from(Bill)
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .join(Account, Account.id == Bill.account_id)
        .join(Community, Community.id == Account.community_id)
        .where(Bill.due_on.between(span.first, span.last), Bill.voided_at.is_(None))
        .group_by(*columns)
        .order_by(*columns)
    )
    rows = (await session.execute(_of(query, community_id))).all()
    return [Part(str(row[0]).strip() if columns else "", *map(int, row[len(columns) :])) for row in rows]


def _standing(today: date) -> Any:
    """Each bill that is due, with what is open of it."""
    return (
        select(
            Bill.id,
            Bill.account_id,
            Bill.due_on,
            (_as_fen(func.sum(signed(BILLED_SIGN))) - _as_fen(func.sum(signed(RECEIVED_SIGN)))).label("open_fen"),
        )
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .where(Bill.due_on <= today, Bill.voided_at.is_(None))
        .group_by(Bill.id, Bill.account_id, Bill.due_on)
        .subquery()
    )


async def _ageing(session: AsyncSession, today: date, community_id: int | None) -> dict[int, int]:
    bills = _standing(today)
    query = (
        select(bills.c.due_on, _as_fen(func.sum(bills.c.open_fen)))
        .join(Account, Account.id == bills.c.account_id)
        .where(bills.c.open_fen > 0)
        .group_by(bills.c.due_on)
    )
    ages = dict.fromkeys(AGES, 0)
    for due_on, fen in await session.execute(_of(query, community_id)):
        ages[max(age for age in AGES if age <= (today - due_on).days)] += int(fen)
    return ages


async def open_reasons(session: AsyncSession, today: date, community_id: int | None) -> dict[str, tuple[int, int]]:
    """Why what is open is open: the strongest thing that is agreed or asked about each bill."""
    bills = _standing(today)
    rank = case({name: place for place, name in enumerate(STRONGEST)}, value=Hold.reason, else_=len(STRONGEST))
    mine = or_(Hold.bill_id == bills.c.id, and_(Hold.bill_id.is_(None), Hold.account_id == bills.c.account_id))
    held = (
        select(bills.c.id, bills.c.account_id, bills.c.open_fen, func.min(rank).label("place"))
        .join(Account, Account.id == bills.c.account_id)
        .outerjoin(Hold, and_(mine, Hold.released_at.is_(None)))
        .where(bills.c.open_fen > 0)
        .group_by(bills.c.id, bills.c.account_id, bills.c.open_fen)
    )
    each = _of(held, community_id).subquery()
    query = select(each.c.place, func.count(func.distinct(each.c.account_id)), _as_fen(func.sum(each.c.open_fen)))
    return {
        STRONGEST[place] if place is not None and place < len(STRONGEST) else FREE: (int(number), int(fen))
        for place, number, fen in await session.execute(query.group_by(each.c.place))
    }


def _payments(span: Span, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Payment)
        .join(Account, Account.id == Payment.account_id)
        .where(Payment.paid_on.between(span.first, span.until), Payment.reversed_at.is_(None))
    )


async def _income(session: AsyncSession, span: Span, community_id: int | None) -> dict[date, int]:
    query = _payments(span, Payment.paid_on, _as_fen(func.sum(Payment.amount_fen))).group_by(Payment.paid_on)
    found = {on: int(fen) for on, fen in await session.execute(_of(query, community_id))}
    days = (span.first + timedelta(days=n) for n in range((span.until - span.first).days + 1))
    return {day: found.get(day, 0) for day in days}


async def _methods(session: AsyncSession, span: Span, community_id: int | None) -> dict[str, tuple[int, int]]:
    query = _payments(span, Payment.method, func.count(), _as_fen(func.sum(Payment.amount_fen)))
    rows = await session.execute(_of(query.group_by(Payment.method), community_id))
    return dict(sorted(((name, (int(number), int(fen))) for name, number, fen in rows), key=lambda each: -each[1][1]))


async def _workers(session: AsyncSession, start: datetime, end: datetime, community_id: int | None) -> list[Worker]:
    def count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((and_(*conditions), 1), else_=0))

    done, dropped = StaffTask.state == "done", StaffTask.state == "dropped"
    query = (
        select(Staff.name, count(done), count(dropped), count(done, StaffTask.closed_at > StaffTask.due_at))
        .join(Staff, Staff.id == StaffTask.assignee_id)
        .where(StaffTask.closed_at >= start, StaffTask.closed_at < end)
        .group_by(Staff.id, Staff.name)
        .order_by(Staff.name)
    )
    if community_id is not None:
        query = query.where(StaffTask.community_id == community_id)
    return [Worker(name, *map(int, sums)) for name, *sums in await session.execute(query)]


async def _messages(
    session: AsyncSession, start: datetime, end: datetime, community_id: int | None
) -> tuple[dict[str, int], int]:
    """What was sent to households, by kind; and how many messages failed for good."""
    mine = select(Outbox.kind, func.count()).join(Account, Account.id == Outbox.account_id)
    sent = mine.where(Outbox.state == State.SENT, Outbox.sent_at >= start, Outbox.sent_at < end).group_by(Outbox.kind)
    dead = mine.where(Outbox.state == State.DEAD, Outbox.created_at >= start, Outbox.created_at < end)
    found = {kind: int(number) for kind, number in await session.execute(_of(sent, community_id))}
    failed = sum(int(number) for _, number in await session.execute(_of(dead.group_by(Outbox.kind), community_id)))
    return found, failed


async def _counts(session: AsyncSession, start: datetime, end: datetime, community_id: int | None) -> dict[str, int]:
    """How often something was agreed, asked or written in the period."""

    async def number(table: Any, at: Any, *conditions: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(table).join(Account, Account.id == table.account_id)
        return int(await session.scalar(_of(query.where(at >= start, at < end, *conditions), community_id)) or 0)

    return {
        "promises": await number(Promise, Promise.created_at),
        "promises_kept": await number(Promise, Promise.created_at, Promise.state == "kept"),
        "promises_broken": await number(Promise, Promise.created_at, Promise.state == "broken"),
        "plans": await number(Plan, Plan.created_at),
        "disputes": await number(Dispute, Dispute.created_at),
        "complaints": await number(Complaint, Complaint.created_at),
        "letters": await number(Letter, Letter.issued_at),
    }


@dataclass(frozen=True)
class Turnout:
    """How many households have anything due, and how many of them still owe some of it."""

    households: int
    unpaid: int


async def turnout(session: AsyncSession, community_id: int, today: date) -> Turnout:
    """Of one community, as it stands now."""
    bills = _standing(today)
    query = (
        select(func.count(func.distinct(bills.c.account_id)))
        .join(Account, Account.id == bills.c.account_id)
        .where(Account.community_id == community_id)
    )
    whole, unpaid = await session.scalar(query), await session.scalar(query.where(bills.c.open_fen > 0))
    return Turnout(int(whole or 0), int(unpaid or 0))

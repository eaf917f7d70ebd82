"""The board: how things stand, from a handful of aggregate queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.clock import at_local, local_date
from domain.ledger import BILLED_SIGN, RECEIVED_SIGN
from domain.plans import add_months
from models.accounts import Account, Community
from models.agreements import Offer, Plan, PlanPart, Promise, plan_received_fen
from models.bills import Bill, LedgerEntry, signed
from models.outbox import CLAIMABLE, LEASE, Outbox, State
from models.platforms import unknown_errors
from models.runtime import channels_health, kill_switch
from models.staff import LIVE, StaffTask, people_waiting

WAITING = (*CLAIMABLE, State.PLANNED, State.WAITING_FOR_STAFF, State.UNKNOWN)
# Days past due at which a column of the ageing begins.
AGES = (0, 30, 60, 90, 180)


@dataclass(frozen=True)
class Slice:
    """What one building, class or community was billed and has paid, in fen; only bills that are due."""

    name: str
    due_fen: int
    received_fen: int

    @property
    def open_fen(self) -> int:
        return self.due_fen - self.received_fen

    @property
    def rate(self) -> float:
        return rate_of(self.due_fen, self.received_fen)


@dataclass(frozen=True)
class Channel:
    """`last_ok`: when the platform last took something, None before the first time.

    `errors`: codes of the platform that nobody here knows, with how often they came in the last week.
    """

    ok: bool
    last_ok: datetime | None
    quota: Mapping[str, int] = field(default_factory=dict)  # what was used of the platform's quotas today
    errors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Board:
    """The figures of `status --json`, and a little more for the chat. Sums in fen, rates 0–1."""

    due_fen: int
    received_fen: int
    offers_open: int
    sent_today: int
    failed_today: int
    unknown: int
    waiting_for_staff: int
    promises_today: int
    plans_late: int
    people_waiting: int
    longest_wait: timedelta | None
    paused: bool
    channels: dict[str, Channel]
    rate_a_month_ago: float
    next_run: datetime | None = None
    ageing: dict[int, int] = field(default_factory=dict)  # first day of the column -> open fen
    communities: tuple[Slice, ...] = ()
    buildings: tuple[Slice, ...] = ()

    @property
    def open_fen(self) -> int:
        return self.due_fen - self.received_fen

    @property
    def rate(self) -> float:
        return rate_of(self.due_fen, self.received_fen)

    def to_json(self) -> dict[str, object]:
        return {
            "due_fen": self.due_fen,
            "received_fen": self.received_fen,
            "open_fen": self.open_fen,
            "rate": self.rate,
            "offers_open": self.offers_open,
            "sent_today": self.sent_today,
            "failed_today": self.failed_today,
            "unknown": self.unknown,
            "waiting_for_staff": self.waiting_for_staff,
            "promises_today": self.promises_today,
            "plans_late": self.plans_late,
            "people_waiting": self.people_waiting,
            "next_run": self.next_run.isoformat() if self.next_run else None,
            "paused": self.paused,
            "channels": {
                name: {
                    "ok": each.ok,
                    "last_ok": each.last_ok.isoformat() if each.last_ok else None,
                    **({"quota": dict(each.quota)} if each.quota else {}),
                    **({"unknown_errors": dict(each.errors)} if each.errors else {}),
                }
                for name, each in self.channels.items()
            },
        }


def rate_of(due_fen: int, received_fen: int) -> float:
    """Received ÷ due, 0–1; 0 when nothing is due."""
    return received_fen / due_fen if due_fen > 0 else 0.0


async def board(
    session: AsyncSession,
    now: datetime,
    zone: ZoneInfo,
    *,
    community_id: int | None = None,
    next_run: datetime | None = None,
) -> Board:
    """The figures at this moment, of everything or of one community. Channels are always counted whole."""
    today = local_date(now, zone)
    rows = await _money(session, today, community_id)
    sent, failed, states = await messages(session, at_local(today, time(), zone), now, community_id)
    waiting, asked_at = await people_waiting(session, community_id)
    return Board(
        due_fen=sum(row.due_fen for row in rows),
        received_fen=sum(row.received_fen for row in rows),
        offers_open=await _offers(session, today, community_id),
        sent_today=sent,
        failed_today=failed,
        unknown=states.get(State.UNKNOWN, 0),
        waiting_for_staff=states.get(State.WAITING_FOR_STAFF, 0),
        promises_today=await _promises(session, today, community_id),
        plans_late=len(await late_plans(session, today, community_id)) + await _broken_plans(session, community_id),
        people_waiting=waiting,
        longest_wait=now - asked_at if asked_at else None,
        paused=await kill_switch(session, now) is not None,
        channels=await _channels(session, at_local(today, time(), zone), today),
        rate_a_month_ago=rate_of(sum(row.due_then_fen for row in rows), sum(row.received_then_fen for row in rows)),
        next_run=next_run,
        ageing=_ageing(rows, today),
        communities=_slices(rows, lambda row: row.community),
        buildings=_slices(rows, lambda row: f"{row.community} {row.part}".strip()),
    )


async def _channels(session: AsyncSession, midnight: datetime, today: date) -> dict[str, Channel]:
    """Each channel's health, the template messages it sent today, and the codes of its platform that nobody knows."""
    errors: dict[str, dict[str, int]] = defaultdict(dict)
    for name, code, number in await unknown_errors(session, today - timedelta(days=7)):
        errors[name][code] = number
    # A template message has a number of the platform's own, an answer or a customer message on WeChat has none.
    query = select(func.count()).where(
        Outbox.lane == "wechat", Outbox.sent_at >= midnight, Outbox.message_id != "", Outbox.state == State.SENT
    )
    found = {}
    for health in await channels_health(session):
        quota = {"templates_today": int(await session.scalar(query) or 0)} if health.channel == "wechat" else {}
        found[health.channel] = Channel(health.ok, health.last_ok_at, quota, errors.get(health.channel, {}))
    return found


@dataclass(frozen=True)
class _Row:
    """Due and received of one community's building (or class) for one due day; `then` = as it stood a month ago."""

    due_on: date
    community: str
    part: str
    due_fen: int
    received_fen: int
    due_then_fen: int
    received_then_fen: int


async def _money(session: AsyncSession, today: date, community_id: int | None) -> list[_Row]:
    """One pass over the entries of all bills that are due: a row for each due day and building."""
    then = add_months(today, -1)
    by_then = and_(Bill.due_on <= then, LedgerEntry.on_date <= then)
    billed, received = signed(BILLED_SIGN), signed(RECEIVED_SIGN)
    part = case((Account.building != "", Account.building), else_=Account.class_name)
    query = (
        select(
            Bill.due_on,
            Community.name,
            part,
            func.sum(billed),
            func.sum(received),
            func.sum(case((by_then, billed), else_=0)),
            func.sum(case((by_then, received), else_=0)),
        )
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .join(Account, Account.id == Bill.account_id)
        .join(Community, Community.id == Account.community_id)
        .where(Bill.due_on <= today, Bill.voided_at.is_(None))
        .group_by(Bill.due_on, Community.name, part)
    )
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    return [_Row(on, name, of, *map(int, sums)) for on, name, of, *sums in (await session.execute(query))]


def _ageing(rows: Sequence[_Row], today: date) -> dict[int, int]:
    ages = dict.fromkeys(AGES, 0)
    for row in rows:
        days = (today - row.due_on).days
        ages[max(age for age in AGES if age <= days)] += row.due_fen - row.received_fen
    return ages


def _slices(rows: Sequence[_Row], name: Callable[[_Row], str]) -> tuple[Slice, ...]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        sums[name(row)][0] += row.due_fen
        sums[name(row)][1] += row.received_fen
    return tuple(Slice(each, due, received) for each, (due, received) in sorted(sums.items()))


async def messages(
    session: AsyncSession, since: datetime, until: datetime, community_id: int | None
) -> tuple[int, int, dict[str, int]]:
    """Sent and failed in a span of time, and how many rows are in each state that asks for attention now."""

    def count(*conditions: ColumnElement[bool]) -> Select[int]:
        query = select(func.count()).select_from(Outbox).where(*conditions)
        if community_id is None:
            return query
        return query.join(Account, Account.id == Outbox.account_id).where(Account.community_id == community_id)

    # A dead row was claimed last a lease before its lease's end; one that never was claimed died when it was written.
    died_at = func.coalesce(Outbox.lease_until, Outbox.created_at)
    sent = await session.scalar(count(Outbox.sent_at >= since, Outbox.sent_at <= until))
    failed = await session.scalar(count(Outbox.state == State.DEAD, died_at >= since, died_at <= until + LEASE))
    states = {
        state.value: int(await session.scalar(count(Outbox.state == state)) or 0)
        for state in (State.UNKNOWN, State.WAITING_FOR_STAFF)
    }
    return int(sent or 0), int(failed or 0), states


@dataclass(frozen=True)
class Done:
    """What went out since a moment, and what the outbox still holds, by state; `next_at`: when the first of it is due."""

    sent: int
    failed: int
    waiting: Mapping[str, int]
    next_at: datetime | None


async def done_since(session: AsyncSession, since: datetime, now: datetime) -> Done:
    sent, failed, _ = await messages(session, since, now, None)
    first = func.min(Outbox.not_before)
    query = select(Outbox.state, func.count(), first).where(Outbox.state.in_(WAITING)).group_by(Outbox.state)
    found = [(state, int(number), at) for state, number, at in await session.execute(query)]
    moments = [at for state, _, at in found if state in CLAIMABLE]
    return Done(sent, failed, {state: number for state, number, _ in found}, min(moments, default=None))


async def _promises(session: AsyncSession, today: date, community_id: int | None) -> int:
    query = select(func.count()).select_from(Promise).where(Promise.state == "open", Promise.due_on == today)
    if community_id is not None:
        query = query.join(Account, Account.id == Promise.account_id).where(Account.community_id == community_id)
    return int(await session.scalar(query) or 0)


async def _offers(session: AsyncSession, today: date, community_id: int | None) -> int:
    query = (
        select(func.count())
        .select_from(Offer)
        .where(Offer.state.in_(("open", "considering")), Offer.opens_on <= today, Offer.closes_on >= today)
    )
    if community_id is not None:
        query = query.join(Account, Account.id == Offer.account_id).where(Account.community_id == community_id)
    return int(await session.scalar(query) or 0)


async def late_plans(session: AsyncSession, today: date, community_id: int | None) -> list[str]:
    """The codes of the households whose active plan's parts due before today ask for more than came in."""
    asked = (
        select(PlanPart.plan_id, func.sum(PlanPart.amount_fen).label("fen"))
        .where(PlanPart.due_on < today)
        .group_by(PlanPart.plan_id)
        .subquery()
    )
    query = (
        select(Plan, Account.code, asked.c.fen)
        .join(asked, asked.c.plan_id == Plan.id)
        .join(Account, Account.id == Plan.account_id)
        .where(Plan.state == "active")
        .order_by(Account.code)
    )
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    rows = (await session.execute(query)).all()
    return [code for plan, code, fen in rows if await plan_received_fen(session, plan) < fen]


async def _broken_plans(session: AsyncSession, community_id: int | None) -> int:
    """Broken plans that staff still work on."""
    query = select(func.count()).where(StaffTask.kind == "plan_broken", StaffTask.state.in_(LIVE))
    if community_id is not None:
        query = query.where(StaffTask.community_id == community_id)
    return int(await session.scalar(query) or 0)

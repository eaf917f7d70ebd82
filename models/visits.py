"""Visits to households: offered, agreed, made. An hour of a colleague is given once; the database refuses the second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ForeignKey, Index, String, Text, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.clock import at_local
from domain.office import Office
from domain.roles import Right, Role, may
from models.accounts import Account
from models.base import Base, Id, UtcDateTime, upsert
from models.bills import bill_lines
from models.staff import Staff, StaffTask

LIVE_STATES = ("offered", "booked")
BOOKED = text("state = 'booked'")
UNDER_WAY = text("state IN ('offered', 'booked')")


class Visit(Base):
    """One visit. `state`: offered, booked, done, missed, declined, cancelled, lapsed. `agreed_by`: resident, or staff by phone."""

    __tablename__ = "visits"
    __table_args__ = (
        Index("uq_visits_hour", "staff_id", "starts_at", unique=True, sqlite_where=BOOKED, postgresql_where=BOOKED),
        Index("uq_visits_live", "account_id", unique=True, sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY),
        Index("ix_visits_state_starts_at", "state", "starts_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey(StaffTask.id))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))  # who comes
    state: Mapped[str] = mapped_column(String(10), default="offered")
    agreed_by: Mapped[str] = mapped_column(String(8), default="")
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    moves: Mapped[int] = mapped_column(default=0)
    result: Mapped[str] = mapped_column(String(10), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    photos: Mapped[str] = mapped_column(Text, default="[]")  # files: {kind, file_id, name}
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


async def offer_visit(
    session: AsyncSession, account_id: int, task_id: int | None, staff_id: int, at: datetime
) -> Visit | None:
    """Begin to agree on a visit; None while another one of this household is under way."""
    row = {
        "account_id": account_id,
        "task_id": task_id,
        "staff_id": staff_id,
        "state": "offered",
        "agreed_by": "",
        "moves": 0,
        "result": "",
        "note": "",
        "photos": "[]",
        "offered_at": at,
    }
    insert = upsert(session, Visit).values(row).on_conflict_do_nothing().returning(Visit.id)
    visit_id = await session.scalar(insert)
    return None if visit_id is None else await session.get(Visit, visit_id)


async def book(session: AsyncSession, visit: Visit, starts_at: datetime, agreed_by: str) -> bool:
    """Agree on an hour, or on another one. False when it was given to somebody else a moment ago: nothing changes then."""
    moved = 1 if visit.state == "booked" and visit.starts_at != starts_at else 0
    try:
        async with session.begin_nested():
            booked = await session.scalar(
                update(Visit)
                .where(Visit.id == visit.id, Visit.state.in_(LIVE_STATES))
                .values(state="booked", starts_at=starts_at, agreed_by=agreed_by, moves=Visit.moves + moved)
                .returning(Visit.id)
                .execution_options(synchronize_session=False)
            )
    except IntegrityError:
        return False
    await session.refresh(visit)
    return booked is not None


async def taken_hours(session: AsyncSession, staff_id: int, since: datetime, but: int | None = None) -> set[datetime]:
    """The hours at which a colleague is expected somewhere from a moment on; those of the visit `but` left out."""
    query = select(Visit.starts_at).where(
        Visit.staff_id == staff_id, Visit.state == "booked", Visit.starts_at >= since, Visit.id != (but or 0)
    )
    return {moment for moment in await session.scalars(query) if moment is not None}


async def live_visit(session: AsyncSession, account_id: int) -> Visit | None:
    query = select(Visit).where(Visit.account_id == account_id, Visit.state.in_(LIVE_STATES))
    return (await session.scalars(query)).first()


async def visits_of(session: AsyncSession, account_id: int, limit: int | None) -> list[tuple[Visit, str]]:
    """A household's latest visits with the visitor's name, newest first; all where there is no limit."""
    query = select(Visit, Staff.name).join(Staff, Staff.id == Visit.staff_id).where(Visit.account_id == account_id)
    return [(visit, name) for visit, name in await session.execute(query.order_by(Visit.id.desc()).limit(limit))]


async def count_visits(session: AsyncSession, account_id: int, since: datetime, states: Sequence[str]) -> int:
    """Visits since a moment, by their hour."""
    query = select(func.count()).where(
        Visit.account_id == account_id, Visit.starts_at >= since, Visit.state.in_(states)
    )
    return int(await session.scalar(query) or 0)


@dataclass(frozen=True)
class Stop:
    """One stop of a round: the visit, the household, who comes, and what is open there."""

    visit: Visit
    account: Account
    visitor: str
    open_fen: int


async def route(
    session: AsyncSession,
    since: datetime,
    until: datetime,
    *,
    community_id: int | None = None,
    staff_id: int | None = None,
) -> list[Stop]:
    """The visits of a span of time by building, then by hour: what a route sheet is printed from."""
    query = (
        select(Visit, Account, Staff.name)
        .join(Account, Account.id == Visit.account_id)
        .join(Staff, Staff.id == Visit.staff_id)
        .where(Visit.state.in_(("booked", "done", "missed")), Visit.starts_at >= since, Visit.starts_at < until)
        .order_by(Account.building, Visit.starts_at, Account.address)
    )
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    if staff_id is not None:
        query = query.where(Visit.staff_id == staff_id)
    rows = (await session.execute(query)).all()
    owed: Counter[int] = Counter()
    for line in await bill_lines(session, [account.id for _, account, _ in rows], only_open=True):
        owed[line.bill.account_id] += line.open_fen
    return [Stop(visit, account, name, owed[account.id]) for visit, account, name in rows]


async def round_of(session: AsyncSession, office: Office, member: Staff, day: date) -> list[Stop]:
    """One day's visits as a colleague sees them: their own; whoever decides for others sees all of their communities."""
    since, until = at_local(day, time(), office.zone), at_local(day + timedelta(days=1), time(), office.zone)
    whose = None if may(Role(member.role), Right.APPROVE) else member.id
    return await route(session, since, until, community_id=member.community_id, staff_id=whose)


async def booked_between(session: AsyncSession, since: datetime, until: datetime) -> list[Visit]:
    query = select(Visit).where(Visit.state == "booked", Visit.starts_at >= since, Visit.starts_at < until)
    return list(await session.scalars(query.order_by(Visit.starts_at, Visit.id)))


async def stale_offers(session: AsyncSession, before: datetime) -> list[Visit]:
    """Offered long ago, and nobody answered."""
    query = select(Visit).where(Visit.state == "offered", Visit.offered_at < before)
    return list(await session.scalars(query.order_by(Visit.id)))

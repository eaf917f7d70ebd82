"""Who waits for a person, how the tasks are shared among colleagues, and what nobody has touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, exists, func, null, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.roles import RIGHTS, Right
from domain.sharing import FOR_ANYBODY, Shares, Work, shared_anew
from models.accounts import Account, Community
from models.base import chunks
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry
from models.dialogue import Takeover
from models.staff import DESPAIR, LIVE, Staff, StaffTask, workers
from models.visits import LIVE_STATES, Visit

WAITS_LOOKED_AT = timedelta(days=30)
WAITS_LOOKED_AT_MAX = 50
WORKERS = [role.value for role, rights in RIGHTS.items() if Right.TASKS in rights]
MANAGERS = [role.value for role, rights in RIGHTS.items() if Right.APPROVE in rights]

ABOUT_MONEY = ("call", "visit", "letter", "promise", "plan_broken")
DECIDED_ON_MONEY = ("review", "case_file")  # where the ladder asks for it; after a talk a manager decides in any case
SHARED_AT_ONCE = 500
AT_IT = timedelta(hours=1)  # a colleague who did something lately may be in the middle of it


class Part(StrEnum):
    """A part of the queue that can be asked for."""

    ALL = "all"
    MINE = "mine"
    PEOPLE = "people"  # somebody waits in a chat for an answer
    UNTOUCHED = "untouched"  # late, and nobody has done anything about it


async def waiting(session: AsyncSession, community_id: int | None) -> list[tuple[Takeover, Account | None, StaffTask]]:
    """The chats in which nobody has answered yet, who asked first first; visitors without a household for all's staff."""
    query = (
        select(Takeover, Account, StaffTask)
        .join(StaffTask, StaffTask.id == Takeover.task_id)
        .outerjoin(Account, Account.id == Takeover.account_id)
        .where(Takeover.state == "waiting")
        .order_by(Takeover.asked_at, Takeover.id)
    )
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    return [(takeover, account, task) for takeover, account, task in await session.execute(query)]


async def waiting_before(session: AsyncSession, takeover: Takeover, community_id: int | None) -> int:
    """How many asked earlier, of the same community: the same people answer them."""
    query = select(func.count()).where(Takeover.state == "waiting", Takeover.id != takeover.id)
    query = query.where(
        or_(
            Takeover.asked_at < takeover.asked_at,
            and_(Takeover.asked_at == takeover.asked_at, Takeover.id < takeover.id),
        )
    )
    if community_id is not None:
        query = query.join(Account, Account.id == Takeover.account_id).where(Account.community_id == community_id)
    return int(await session.scalar(query.select_from(Takeover)) or 0)


async def latest_waits(session: AsyncSession, now: datetime) -> list[tuple[datetime, datetime]]:
    """When the last people asked for a person and when somebody answered, newest first."""
    query = (
        select(Takeover.asked_at, Takeover.taken_at)
        .where(Takeover.taken_at.is_not(None), Takeover.asked_at > now - WAITS_LOOKED_AT)
        .order_by(Takeover.id.desc())
        .limit(WAITS_LOOKED_AT_MAX)
    )
    return [(asked_at, taken_at) for asked_at, taken_at in await session.execute(query) if taken_at is not None]


def _part(part: Part, staff_id: int, now: datetime) -> ColumnElement[bool]:
    match part:
        case Part.MINE:
            return StaffTask.assignee_id == staff_id
        case Part.PEOPLE:
            return and_(StaffTask.kind == "person", StaffTask.state == "open")
        case Part.UNTOUCHED:
            return and_(StaffTask.due_at < now, StaffTask.state == "open", StaffTask.touched_at.is_(None))
    return true()


@dataclass(frozen=True)
class Counts:
    """How many live tasks a member sees, and how many of them are what."""

    all: int
    late: int
    mine: int
    mine_today: int  # due before the day ends, late ones included
    mine_late: int
    people: int
    untouched: int
    nobodys: int


async def count_tasks(session: AsyncSession, member: Staff, now: datetime, day_ends: datetime | None = None) -> Counts:
    late, today = StaffTask.due_at < now, StaffTask.due_at < (day_ends or now)
    mine = _part(Part.MINE, member.id, now)
    conditions = (
        late,
        mine,
        and_(mine, today),
        and_(mine, late),
        _part(Part.PEOPLE, member.id, now),
        _part(Part.UNTOUCHED, member.id, now),
        StaffTask.assignee_id.is_(None),
    )
    sums = (func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in conditions)
    query = select(func.count(), *sums).select_from(StaffTask).where(*_seen_by(member))
    return Counts(*map(int, (await session.execute(query)).one()))


async def tasks_of(
    session: AsyncSession,
    member: Staff,
    part: Part,
    now: datetime,
    *,
    limit: int,
    skip: int = 0,
) -> list[tuple[StaffTask, str]]:
    """A part of the live tasks that a member sees with their account's code: alarms before all, then the latest clock."""
    query = (
        select(StaffTask, func.coalesce(Account.code, ""))
        .outerjoin(Account, Account.id == StaffTask.account_id)
        .where(_part(part, member.id, now), *_seen_by(member))
        .order_by(case((StaffTask.kind == DESPAIR, 0), else_=1), StaffTask.due_at, StaffTask.id)
        .limit(limit)
        .offset(skip)
    )
    return [(task, code) for task, code in await session.execute(query)]


def _seen_by(member: Staff) -> list[ColumnElement[bool]]:
    live = StaffTask.state.in_(LIVE)
    return [live] if member.community_id is None else [live, StaffTask.community_id == member.community_id]


# work that money made needless


def _needless(now: datetime) -> ColumnElement[bool]:
    """SQL: a live task about what a household owes, and it owes nothing.

    Whoever is at it right now finishes; whoever has an appointment with the household keeps it.
    """
    about_money = or_(
        StaffTask.kind.in_(ABOUT_MONEY),
        and_(StaffTask.kind.in_(DECIDED_ON_MONEY), StaffTask.source.startswith("reminder/")),
    )
    balance = (
        select(BILLED - RECEIVED).where(LedgerEntry.bill_id == Bill.id).scalar_subquery().correlate(Bill, StaffTask)
    )
    owes = exists().where(Bill.account_id == StaffTask.account_id, Bill.voided_at.is_(None), balance > 0)
    meets = exists().where(Visit.account_id == StaffTask.account_id, Visit.state.in_(LIVE_STATES))
    at_rest = or_(StaffTask.touched_at.is_(None), StaffTask.touched_at <= now - AT_IT)
    return and_(StaffTask.state.in_(LIVE), about_money, StaffTask.account_id.is_not(None), at_rest, ~owes, ~meets)


async def needless_tasks(session: AsyncSession, now: datetime, limit: int) -> list[int]:
    query = select(StaffTask.id).where(_needless(now)).order_by(StaffTask.id).limit(limit)
    return list(await session.scalars(query))


async def close_needless(session: AsyncSession, task_ids: Sequence[int], now: datetime) -> list[int]:
    """Close those of the tasks that still are needless; returns which."""
    closed = await session.scalars(
        update(StaffTask)
        .where(StaffTask.id.in_(task_ids), _needless(now))
        .values(
            state="done",
            outcome="settled",
            closed_at=now,
            assignee_id=case((StaffTask.state == "open", null()), else_=StaffTask.assignee_id),  # nobody's work
        )
        .returning(StaffTask.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(closed)


# sharing the work


async def colleagues(session: AsyncSession, community_id: int | None) -> list[Staff]:
    """Who may work on a task of a community: active, with the right, of this community or of all."""
    query = select(Staff).where(Staff.active.is_(True), Staff.role.in_(WORKERS))
    if community_id is None:
        query = query.where(Staff.community_id.is_(None))
    else:
        query = query.where(or_(Staff.community_id == community_id, Staff.community_id.is_(None)))
    return list(await session.scalars(query.order_by(Staff.id)))


@dataclass(frozen=True)
class Load:
    """What one colleague has in hand; `done` since a moment. `name` is empty for what nobody has taken."""

    name: str
    open: int
    late: int
    done: int
    off_until: datetime | None = None  # off duty before this moment


async def workload(session: AsyncSession, community_id: int | None, now: datetime, since: datetime) -> list[Load]:
    """Everybody's tasks, the fullest hands first; last, with an empty name, what nobody has taken."""

    def sum_of(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)

    live = StaffTask.state.in_(LIVE)
    query = select(
        StaffTask.assignee_id,
        sum_of(live),
        sum_of(live, StaffTask.due_at < now),
        sum_of(StaffTask.state == "done", StaffTask.closed_at >= since),
    ).group_by(StaffTask.assignee_id)
    if community_id is not None:
        query = query.where(StaffTask.community_id == community_id)
    counts = {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in await session.execute(query)}
    loads = []
    for member in await session.scalars(select(Staff).where(Staff.role.in_(WORKERS)).order_by(Staff.id)):
        sees = community_id is None or member.community_id in (None, community_id)
        if member.id in counts or (member.active and sees):
            loads.append(Load(member.name, *counts.get(member.id, (0, 0, 0)), off_until=member.off_until))
    loads.sort(key=lambda load: (-load.open, -load.late))
    nobodys = counts.get(None, (0, 0, 0))
    return [*loads, Load("", nobodys[0], nobodys[1], 0)]


async def shares(
    session: AsyncSession, community_id: int | None, at: datetime, only: int | None = None, *, nobodys: bool = False
) -> Shares:
    """How everything that nobody has begun would be shared among who is on duty now.

    `only`: what is one colleague's share; `nobodys`: what is nobody's.
    """
    query = (
        select(StaffTask.id, StaffTask.kind, StaffTask.community_id, Community.kind, StaffTask.assignee_id)
        .outerjoin(Community, Community.id == StaffTask.community_id)
        .where(StaffTask.state == "open", StaffTask.kind.not_in(FOR_ANYBODY))
        .order_by(StaffTask.due_at, StaffTask.id)
    )
    if community_id is not None:
        query = query.where(StaffTask.community_id == community_id)
    if only is not None:
        query = query.where(StaffTask.assignee_id == only)
    if nobodys:
        query = query.where(StaffTask.assignee_id.is_(None))
    works = [
        Work(task, kind, where, place or "", now_with)
        for task, kind, where, place, now_with in await session.execute(query)
    ]
    kept = select(StaffTask.assignee_id, func.count()).where(
        StaffTask.state.in_(LIVE), StaffTask.assignee_id.is_not(None), StaffTask.id.not_in([work.id for work in works])
    )
    begun = {
        staff_id or 0: int(number) for staff_id, number in await session.execute(kept.group_by(StaffTask.assignee_id))
    }
    return shared_anew(works, await workers(session, at), begun)


async def share(session: AsyncSession, found: Shares) -> int:
    """Carry it out; what somebody began meanwhile stays theirs. Returns how many tasks changed hands."""
    moved = 0
    to: dict[int | None, list[int]] = {}
    for task_id, staff_id in found.to.items():
        to.setdefault(staff_id, []).append(task_id)
    for staff_id, task_ids in to.items():
        other = (
            StaffTask.assignee_id.is_not(None)
            if staff_id is None
            else or_(StaffTask.assignee_id.is_(None), StaffTask.assignee_id != staff_id)
        )
        for some in chunks(task_ids, SHARED_AT_ONCE):
            changed = await session.scalars(
                update(StaffTask)
                .where(StaffTask.id.in_(some), StaffTask.state == "open", other)
                .values(assignee_id=staff_id)
                .returning(StaffTask.id)
                .execution_options(synchronize_session="fetch")
            )
            moved += len(list(changed))
    return moved


async def in_hand(session: AsyncSession, staff_id: int) -> int:
    """How many tasks a colleague has begun and not finished."""
    query = select(func.count()).where(StaffTask.assignee_id == staff_id, StaffTask.state == "taken")
    return int(await session.scalar(query) or 0)


async def give_back(session: AsyncSession, member: Staff, due_at: datetime) -> list[Takeover]:
    """A colleague leaves: what they had in hand is open again. Returns the talks they led, which now wait with a new clock."""
    talks = list(
        await session.scalars(select(Takeover).where(Takeover.staff_id == member.id, Takeover.state == "live"))
    )
    for talk in talks:
        talk.state, talk.staff_id = "waiting", None
    mine = (StaffTask.assignee_id == member.id, StaffTask.state.in_(LIVE))
    await session.execute(
        update(StaffTask)
        .where(*mine, StaffTask.id.in_([talk.task_id for talk in talks if talk.task_id is not None]))
        .values(due_at=due_at, escalated_at=None)
        .execution_options(synchronize_session="fetch")
    )
    await session.execute(
        update(StaffTask)
        .where(*mine)
        .values(state="open", assignee_id=None)
        .execution_options(synchronize_session="fetch")
    )
    return talks


async def run_out(session: AsyncSession, now: datetime, limit: int) -> Sequence[tuple[StaffTask, str]]:
    """People whose clock has run out without anybody answering, and no manager was told."""
    query = (
        select(StaffTask, func.coalesce(Account.code, ""))
        .outerjoin(Account, Account.id == StaffTask.account_id)
        .where(
            StaffTask.kind == "person",
            StaffTask.state == "open",
            StaffTask.due_at < now,
            StaffTask.escalated_at.is_(None),
        )
        .order_by(StaffTask.due_at)
        .limit(limit)
    )
    return (await session.execute(query)).all()

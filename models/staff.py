"""Staff, their tasks, and the audit log of who did what and who read what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account, Community
from models.base import Base, Id, UtcDateTime, upsert


class Staff(Base):
    """A member of the office on one channel. No community: all of them."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("channel", "user"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    user: Mapped[str] = mapped_column(String(64))
    chat: Mapped[str] = mapped_column(String(64))  # the private chat; empty until they wrote to us
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(10))
    community_id: Mapped[int | None] = mapped_column(ForeignKey(Community.id))
    active: Mapped[bool] = mapped_column(default=True)


class StaffTask(Base):
    """Work for a person: a call, a visit, a claim to confirm, someone waiting. `state`: open, taken, done, dropped.

    `key` is unique among all tasks, so the same need never becomes two tasks.
    """

    __tablename__ = "staff_tasks"
    __table_args__ = (Index("ix_staff_tasks_state_due_at", "state", "due_at"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(16))  # call visit letter review claim plan dispute complaint person hold …
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id), index=True)
    community_id: Mapped[int | None] = mapped_column(ForeignKey(Community.id))
    source: Mapped[str] = mapped_column(String(40), default="")  # "claim/7"
    blocks: Mapped[bool] = mapped_column(default=False)  # reminders wait while it is open
    state: Mapped[str] = mapped_column(String(8), default="open")
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    summary: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)  # its clock: past it the task is late and escalates
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditEntry(Base):
    """Who did or read what, chained by hash so that an edit shows."""

    __tablename__ = "audit_log"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80), default="", index=True)
    detail: Mapped[str] = mapped_column(Text, default="{}")
    hash: Mapped[str] = mapped_column(String(64))


async def staff_by_user(session: AsyncSession, channel: str, user: str) -> Staff | None:
    return (
        await session.scalars(select(Staff).where(Staff.channel == channel, Staff.user == user, Staff.active.is_(True)))
    ).one_or_none()


async def staff_for(session: AsyncSession, community_id: int | None) -> list[Staff]:
    """Active staff who look after a community (or all of it), those who can be written to."""
    query = select(Staff).where(Staff.active.is_(True), Staff.chat != "")
    if community_id is not None:
        query = query.where((Staff.community_id == community_id) | Staff.community_id.is_(None))
    return list(await session.scalars(query.order_by(Staff.id)))


async def save_staff(
    session: AsyncSession, channel: str, user: str, chat: str, name: str, role: str, community_id: int | None
) -> int:
    """Add a colleague or change what is known of one; their id. An empty `chat` keeps the known one."""
    row: dict[str, object] = {"name": name, "role": role, "community_id": community_id, "active": True}
    if chat:
        row["chat"] = chat
    insert = upsert(session, Staff).values(channel=channel, user=user, **{"chat": "", **row})
    saved = insert.on_conflict_do_update(index_elements=["channel", "user"], set_=row).returning(Staff.id)
    return int((await session.execute(saved)).scalar_one())


async def open_task(
    session: AsyncSession,
    *,
    key: str,
    kind: str,
    account: Account | None,
    summary: str,
    at: datetime,
    due_at: datetime,
    source: str = "",
    blocks: bool = False,
    community_id: int | None = None,
) -> StaffTask | None:
    """Open a task unless its key exists already; None then."""
    insert = upsert(session, StaffTask).values(
        key=key,
        kind=kind,
        account_id=account.id if account else None,
        community_id=account.community_id if account else community_id,
        source=source,
        blocks=blocks,
        state="open",
        summary=summary,
        outcome="",
        note="",
        created_at=at,
        due_at=due_at,
    )
    task_id = await session.scalar(insert.on_conflict_do_nothing(index_elements=["key"]).returning(StaffTask.id))
    return None if task_id is None else await session.get(StaffTask, task_id)


async def close_task(
    session: AsyncSession, source: str, at: datetime, *, staff_id: int | None, outcome: str, note: str = ""
) -> None:
    """Close the tasks about one subject ("claim/7"); what is closed already stays as it is."""
    await session.execute(
        update(StaffTask)
        .where(StaffTask.source == source, StaffTask.state.in_(("open", "taken")))
        .values(
            state="done",
            outcome=outcome,
            note=note,
            closed_at=at,
            assignee_id=func.coalesce(StaffTask.assignee_id, staff_id),
        )
    )


async def audit(
    session: AsyncSession,
    actor: str,
    action: str,
    subject: str,
    at: datetime,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append to the audit log. `detail` holds ids and figures, never a phone number or a chat text."""
    text = json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True, default=str)
    last = await session.scalar(select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)) or ""
    chained = chain(last, at, actor, action, subject, text)
    session.add(AuditEntry(at=at, actor=actor, action=action, subject=subject, detail=text, hash=chained))
    await session.flush()


def chain(last: str, at: datetime, actor: str, action: str, subject: str, detail: str) -> str:
    return hashlib.sha256("\x1f".join((last, at.isoformat(), actor, action, subject, detail)).encode()).hexdigest()


async def broken_audit_entries(session: AsyncSession) -> list[int]:
    """Ids of audit entries whose hash doesn't follow from the one before: edited, removed or inserted by hand."""
    last, broken = "", []
    for entry in await session.scalars(select(AuditEntry).order_by(AuditEntry.id)):
        if entry.hash != chain(last, entry.at, entry.actor, entry.action, entry.subject, entry.detail):
            broken.append(entry.id)
        last = entry.hash
    return broken


async def people_waiting(session: AsyncSession) -> int:
    """How many chats wait for a person."""
    query = select(func.count()).where(StaffTask.kind == "person", StaffTask.state.in_(("open", "taken")))
    return int(await session.scalar(query) or 0)


LIVE = ("open", "taken")


async def live_tasks(
    session: AsyncSession, community_id: int | None, *, limit: int, skip: int = 0
) -> list[tuple[StaffTask, str]]:
    """Open tasks with their account's code, latest clock last; of one community, or of all when that is None."""
    query = (
        select(StaffTask, func.coalesce(Account.code, ""))
        .outerjoin(Account, Account.id == StaffTask.account_id)
        .where(StaffTask.state.in_(LIVE))
        .order_by(StaffTask.due_at, StaffTask.id)
        .limit(limit)
        .offset(skip)
    )
    if community_id is not None:
        query = query.where(StaffTask.community_id == community_id)
    return list(await session.execute(query))


async def count_live_tasks(session: AsyncSession, community_id: int | None, now: datetime) -> tuple[int, int]:
    """(open, late) tasks."""
    late = func.coalesce(func.sum(case((StaffTask.due_at < now, 1), else_=0)), 0)
    query = select(func.count(), late).select_from(StaffTask).where(StaffTask.state.in_(LIVE))
    if community_id is not None:
        query = query.where(StaffTask.community_id == community_id)
    number, overdue = (await session.execute(query)).one()
    return int(number), int(overdue)


async def members(session: AsyncSession) -> Sequence[tuple[Staff, str]]:
    """Everybody on the staff with the name of their community, the active first."""
    query = (
        select(Staff, func.coalesce(Community.name, ""))
        .outerjoin(Community, Community.id == Staff.community_id)
        .order_by(Staff.active.desc(), Staff.id)
    )
    return (await session.execute(query)).all()


async def other_admins(session: AsyncSession, staff_id: int) -> int:
    """How many active administrators there are beside this one; locks them, so that two can't leave at once."""
    query = select(Staff.id).where(Staff.role == "admin", Staff.active.is_(True)).with_for_update()
    return len(set(await session.scalars(query)) - {staff_id})


async def add_member(
    session: AsyncSession, *, channel: str, user: str, name: str, role: str, community_id: int | None
) -> Staff | None:
    """A new member, or one who left and comes back; None when they are on the staff already."""
    query = select(Staff).where(Staff.channel == channel, Staff.user == user)
    member = (await session.scalars(query)).one_or_none()
    if member is None:
        member = Staff(channel=channel, user=user, chat="")
        session.add(member)
    elif member.active:
        return None
    member.name, member.role, member.community_id, member.active = name, role, community_id, True
    await session.flush()
    return member

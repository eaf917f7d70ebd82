"""Tasks on a platform that a colleague must confirm, and the messages that wait in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import String, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.clock import local_date
from domain.confirmations import Stage
from domain.office import Office
from models import facts, fallback
from models.base import Base, Id, UtcDateTime
from models.outbox import LEASE, Outbox, State, lane_of
from models.reminders import count_contacts


class Confirmation(Base):
    """One task (on WeCom: 企业群发). Its messages are the rows of the outbox that bear its id."""

    __tablename__ = "confirmations"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16), index=True)
    message_id: Mapped[str] = mapped_column(String(64), default="")  # the platform's; empty until it answered
    confirmer: Mapped[str] = mapped_column(String(64), default="")  # whose tap it needs; empty: the platform chooses
    state: Mapped[str] = mapped_column(String(10))
    chats: Mapped[int] = mapped_column(default=0)
    reminders: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


async def without_task(session: AsyncSession, channel: str, limit: int) -> list[Outbox]:
    """Messages that wait for a colleague and are in no task yet, oldest first."""
    query = (
        select(Outbox)
        .where(
            Outbox.lane == lane_of(channel),
            Outbox.state == State.WAITING_FOR_STAFF,
            Outbox.confirmation_id.is_(None),
        )
        .order_by(Outbox.id)
        .limit(limit)
    )
    return list(await session.scalars(query))


async def begin(
    session: AsyncSession, channel: str, confirmer: str, ids: Sequence[int], at: datetime, expires_at: datetime
) -> Confirmation:
    """A task for these messages, noted before the platform is asked for it."""
    task = Confirmation(
        channel=channel,
        confirmer=confirmer,
        state=Stage.CREATING,
        chats=len(ids),
        created_at=at,
        expires_at=expires_at,
    )
    session.add(task)
    await session.flush()
    await session.execute(
        update(Outbox)
        .where(Outbox.id.in_(ids), Outbox.state == State.WAITING_FOR_STAFF, Outbox.confirmation_id.is_(None))
        .values(confirmation_id=task.id)
        .execution_options(synchronize_session=False)
    )
    return task


async def in_creation(session: AsyncSession, channel: str) -> list[Confirmation]:
    """Tasks that the platform was asked for by a process that did not live to hear the answer."""
    query = select(Confirmation).where(Confirmation.channel == channel, Confirmation.state == Stage.CREATING)
    return list(await session.scalars(query))


async def open_tasks(session: AsyncSession, channel: str) -> list[int]:
    """The ids of the tasks that are not over, oldest first."""
    query = (
        select(Confirmation.id)
        .where(Confirmation.channel == channel, Confirmation.closed_at.is_(None), Confirmation.message_id != "")
        .order_by(Confirmation.id)
    )
    return list(await session.scalars(query))


async def rows_of(session: AsyncSession, task_id: int) -> list[Outbox]:
    """All messages of a task."""
    query = select(Outbox).where(Outbox.confirmation_id == task_id).order_by(Outbox.id)
    return list(await session.scalars(query))


async def let_go(session: AsyncSession, task: Confirmation) -> None:
    """The platform certainly made no such task: its messages wait for another one."""
    await session.execute(
        update(Outbox)
        .where(Outbox.confirmation_id == task.id)
        .values(confirmation_id=None)
        .execution_options(synchronize_session=False)
    )
    await session.delete(task)


async def taken_up(session: AsyncSession, channel: str, chats: Collection[str], since: datetime) -> dict[str, int]:
    """How many messages in tasks each chat got, or waits for, since a moment."""
    query = (
        select(Outbox.chat, func.count())
        .where(Outbox.channel == channel, Outbox.chat.in_(chats), Outbox.confirmation_id.is_not(None))
        .where(Outbox.state.in_((State.SENT, State.WAITING_FOR_STAFF, State.UNKNOWN)))
        .where(func.coalesce(Outbox.sent_at, Outbox.created_at) >= since, Outbox.part_of.is_(None))
        .group_by(Outbox.chat)
    )
    return {chat: int(number) for chat, number in await session.execute(query)}


async def not_sent(
    session: AsyncSession, office: Office, row: Outbox, state: State, reason: str, now: datetime
) -> None:
    """It certainly reached nobody: it no longer counts in the caps, and goes on to another chat where there is one."""
    [case] = await facts.cases(session, office, [row], now)
    if row.lease_until is not None:
        counted_on = local_date(row.lease_until - LEASE, office.zone)
        await count_contacts(session, facts.counted(case), counted_on, by=-1)
    ways = [name for name in office.policy(case.policy_kind).channels if name in office.channels]
    other = await fallback.next_chat(session, row, ways) if state is State.DEAD else None
    if other is not None:
        values = fallback.onward(row, other, reason, now)
        await fallback.bring_along(session, row, other)
        for name, value in values.items():
            setattr(row, name, value)
    else:
        row.state, row.reason, row.message_id = state, reason, ""
    if other is not None or state is State.RETRY:
        row.confirmation_id, row.not_before = None, now

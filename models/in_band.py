"""Answers that go back in the same breath as their question came, instead of through a lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.messages import Kind
from models.inbox import Inbox, InboxState
from models.outbox import CLAIMABLE, Outbox, State

IN_BAND = "in_band"  # the reason that such a row keeps


async def handled(session: AsyncSession, channel: str, external_id: str) -> bool:
    """The update waits no more: it was answered, or nothing could be made of it."""
    query = select(Inbox.state).where(Inbox.channel == channel, Inbox.external_id == external_id)
    return await session.scalar(query) != InboxState.RECEIVED


async def take(
    session: AsyncSession, channel: str, external_id: str, at: datetime, fitting: Callable[[Sequence[Outbox]], int]
) -> list[Outbox]:
    """The messages that answer an update in its own chat, as many as fit; they count as sent.

    The same ones are given again when the platform asks again: it didn't hear the first time. What a lane has taken up
    is the lane's.
    """
    query = (
        select(Outbox)
        .join(Inbox, Inbox.id == Outbox.inbox_id)
        .where(Inbox.channel == channel, Inbox.external_id == external_id)
        .where(Outbox.channel == channel, Outbox.chat == Inbox.chat, Outbox.kind == Kind.REPLY)
        .order_by(Outbox.id)
    )
    rows = list(await session.scalars(query))
    if given := [row for row in rows if row.reason == IN_BAND]:
        return given
    waiting = rows if all(row.state in CLAIMABLE for row in rows) else []
    taken = waiting[: fitting(waiting)]
    claimed = await session.scalars(
        update(Outbox)
        .where(Outbox.id.in_([row.id for row in taken]), Outbox.state.in_(CLAIMABLE))
        .values(state=State.SENT, reason=IN_BAND, sent_at=at, message_id="")
        .returning(Outbox.id)
        .execution_options(synchronize_session=False)
    )
    ids = set(claimed)
    return [row for row in taken if row.id in ids]

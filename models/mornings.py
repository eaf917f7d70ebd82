"""What the morning's digest says: today's promises, yesterday's money, and whether it was said already."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.accounts import Account
from models.agreements import Promise
from models.bills import Payment
from models.outbox import Outbox


async def promises_due(session: AsyncSession, community_id: int | None, today: date) -> list[str]:
    """The codes of the households that promised this day."""
    query = (
        select(Account.code)
        .join(Promise, Promise.account_id == Account.id)
        .where(Promise.state == "open", Promise.due_on == today)
        .order_by(Account.code)
    )
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    return list(await session.scalars(query))


async def collected(session: AsyncSession, community_id: int | None, day: date) -> tuple[int, int]:
    """(fen, payments) that arrived on a day; reversed ones are left out."""
    query = select(func.coalesce(func.sum(Payment.amount_fen), 0), func.count()).where(
        Payment.paid_on == day, Payment.reversed_at.is_(None)
    )
    if community_id is not None:
        query = query.join(Account, Account.id == Payment.account_id).where(Account.community_id == community_id)
    fen, number = (await session.execute(query)).one()
    return int(fen), int(number)


async def was_said(session: AsyncSession, key: str) -> bool:
    return await session.scalar(select(Outbox.id).where(Outbox.key == key)) is not None

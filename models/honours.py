"""The honour list (光荣榜): who chose to be on it, and who of them paid on time."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account
from models.base import Base, UtcDateTime, upsert
from models.bills import bill_lines
from models.outbox import CLAIMABLE, Outbox, State
from models.rewards import reached_on, receipts

PERIOD_DAYS = 100  # the due days that count: a quarter and some days


class Honour(Base):
    """A household that wishes to be named. No row: it is not named."""

    __tablename__ = "honours"
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    chosen_by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


async def on_list(session: AsyncSession, account_id: int) -> bool:
    return await session.scalar(select(Honour.account_id).where(Honour.account_id == account_id)) is not None


async def join(session: AsyncSession, account_id: int, by: str, at: datetime) -> None:
    await session.execute(
        upsert(session, Honour)
        .values(account_id=account_id, chosen_by=by, at=at)
        .on_conflict_do_nothing(index_elements=["account_id"])
    )


async def leave(session: AsyncSession, account_id: int, community_id: int) -> None:
    """Off the list at once; what still waits to be posted with the name on it doesn't go out."""
    await session.execute(delete(Honour).where(Honour.account_id == account_id))
    await session.execute(
        update(Outbox)
        .where(Outbox.source == f"honour/{community_id}", Outbox.state.in_((*CLAIMABLE, State.PLANNED)))
        .values(state=State.CANCELLED, reason="honour_left")
        .execution_options(synchronize_session=False)
    )


async def honoured(session: AsyncSession, community_id: int, since: date, today: date) -> list[Account]:
    """Those who chose it, had bills due lately, and paid every one of them on time."""
    query = select(Account).join(Honour, Honour.account_id == Account.id).where(Account.community_id == community_id)
    accounts = list(await session.scalars(query.where(Account.erased_at.is_(None)).order_by(Account.code)))
    ids = [account.id for account in accounts]
    events, on_time = await receipts(session, ids), dict.fromkeys(ids, False)
    failed: set[int] = set()
    for line in await bill_lines(session, ids):
        bill = line.bill
        if not since <= bill.due_on < today:
            continue
        day = reached_on(events.get(bill.id, ()), line.billed_fen)
        if day is None or day > bill.due_on:
            failed.add(bill.account_id)
        on_time[bill.account_id] = True
    return [account for account in accounts if on_time[account.id] and account.id not in failed]

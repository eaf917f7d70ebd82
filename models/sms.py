"""SMS lists: who has no other way, what they are to be told, and what staff said of the list afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Date, ForeignKey, String, Text, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account
from models.base import Base, Id, UtcDateTime

SMS = "sms"
LISTED, SENT, UNDONE = "listed", "sent", "undone"
LISTED_FOR = timedelta(days=3)  # so long a list keeps its households from the next one


class SmsRun(Base):
    """One list. `state`: listed (a file was made), sent (staff said so), undone."""

    __tablename__ = "sms_runs"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    on_date: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(8), default=LISTED)
    number: Mapped[int] = mapped_column(default=0)
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_by: Mapped[str] = mapped_column(String(80), default="")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SmsItem(Base):
    """One text to one household's phone."""

    __tablename__ = "sms_items"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(SmsRun.id), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    key: Mapped[str] = mapped_column(String(80))  # of the reminder that it carries out
    anchor_bill_id: Mapped[int] = mapped_column(Id)
    stage: Mapped[str] = mapped_column(String(40))
    policy_hash: Mapped[str] = mapped_column(String(16))
    bills: Mapped[str] = mapped_column(Text)  # [[bill id, open fen, days behind], …]
    text: Mapped[str] = mapped_column(Text)


async def listed_accounts(session: AsyncSession, now: datetime) -> set[int]:
    """Households that stand on a list of the last days which nobody has spoken of yet."""
    query = (
        select(SmsItem.account_id)
        .join(SmsRun, SmsRun.id == SmsItem.run_id)
        .where(SmsRun.state == LISTED, SmsRun.made_at > now - LISTED_FOR)
    )
    return set(await session.scalars(query))


async def items_of(session: AsyncSession, run_id: int) -> Sequence[SmsItem]:
    return list(await session.scalars(select(SmsItem).where(SmsItem.run_id == run_id).order_by(SmsItem.id)))


async def phones(session: AsyncSession, account_ids: Sequence[int]) -> dict[int, str]:
    rows = await session.execute(
        select(Account.id, Account.phone).where(Account.id.in_(account_ids), Account.phone != "")
    )
    return {row[0]: row[1] for row in rows}


async def close_run(session: AsyncSession, run_id: int, state: str, by: str, at: datetime) -> SmsRun | None:
    """Say of a list that it went out, or that it didn't; None when that was said before, or there is no such list."""
    done = await session.scalar(
        update(SmsRun)
        .where(SmsRun.id == run_id, SmsRun.state == LISTED)
        .values(state=state, closed_by=by, closed_at=at)
        .returning(SmsRun.id)
    )
    return None if done is None else await session.get(SmsRun, run_id, populate_existing=True)


async def latest_runs(session: AsyncSession, limit: int) -> list[SmsRun]:
    return list(await session.scalars(select(SmsRun).order_by(SmsRun.id.desc()).limit(limit)))

"""Automatic debits (自动扣费): what a household agreed to, and how each charge ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account
from models.base import Base, UtcDateTime, upsert
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry

AUTO_PAY = "auto_pay"  # the trait by which the ladder leaves a household alone
ACTIVE, FAILED, ENDED = "active", "failed", "ended"


class Mandate(Base):
    """A household's agreement that its bills are debited. `state`: active, failed (the last charge), ended."""

    __tablename__ = "mandates"
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    state: Mapped[str] = mapped_column(String(8))
    method: Mapped[str] = mapped_column(String(30), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    since_on: Mapped[date] = mapped_column(Date)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(80))


async def set_mandate(
    session: AsyncSession, account: Account, state: str, method: str, reason: str, on: date, at: datetime, *, by: str
) -> None:
    """Record a mandate's state. While it is active no reminders go out; after a failed charge they do again."""
    row = {"state": state, "reason": reason, "since_on": on, "changed_at": at, "changed_by": by}
    if method:
        row["method"] = method
    await session.execute(
        upsert(session, Mandate)
        .values(account_id=account.id, **{"method": "", **row})
        .on_conflict_do_update(index_elements=["account_id"], set_=row)
    )
    traits = {trait for trait in account.traits.split(";") if trait} - {AUTO_PAY}
    account.traits = ";".join(sorted(traits | {AUTO_PAY} if state == ACTIVE else traits))
    account.updated_at = at
    await session.flush()


async def mandate_of(session: AsyncSession, account_id: int) -> Mandate | None:
    return await session.get(Mandate, account_id, populate_existing=True)


@dataclass(frozen=True)
class Charge:
    """What will be debited from one household on a day."""

    account_id: int
    fen: int
    bill_ids: tuple[int, ...]


async def charges_on(session: AsyncSession, due_on: date) -> Sequence[Charge]:
    """The households that pay by mandate, with what is due on this day."""
    rows = await session.execute(
        select(Bill.account_id, Bill.id, BILLED - RECEIVED)
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .join(Account, Account.id == Bill.account_id)
        .where(
            Bill.due_on == due_on,
            Bill.voided_at.is_(None),
            Account.traits.contains(AUTO_PAY),
            Account.erased_at.is_(None),
        )
        .group_by(Bill.account_id, Bill.id)
        .having(BILLED - RECEIVED > 0)
        .order_by(Bill.account_id, Bill.id)
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for account_id, bill_id, fen in rows:
        found.setdefault(account_id, []).append((bill_id, int(fen)))
    return [
        Charge(account_id, sum(fen for _, fen in mine), tuple(b for b, _ in mine)) for account_id, mine in found.items()
    ]

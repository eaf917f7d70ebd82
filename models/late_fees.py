"""Late fees: worked out from the ledger, charged once when a bill was paid late, waived with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.errors import Refusal
from domain.ledger import EntryKind
from domain.rewards import LATE_FEE_SUFFIX, Accrued, Rewards, accrued
from models.accounts import Account
from models.base import Base, Fen, Id, UtcDateTime
from models.bills import Bill, BillLine, LedgerEntry, bill_lines, lock_account, settle, transfer
from models.corrections import adjust_bill
from models.rewards import receipts

DAYS_TO_PAY = 30  # a late fee is never due at once


class LateFeeWaiver(Base):
    """So much of a bill's late fee is not asked for, and why."""

    __tablename__ = "late_fee_waivers"
    __table_args__ = (Index("ix_late_fee_waivers_bill_id", "bill_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    bill_id: Mapped[int] = mapped_column(ForeignKey(Bill.id))
    amount_fen: Mapped[int] = mapped_column(Fen)
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Owed:
    """The late fee of one bill. `fen`: what is still asked for. `charged`: its own bill, once there is one."""

    line: BillLine
    accrued: Accrued | None
    waived_fen: int
    fen: int
    charged: BillLine | None = None


async def late_fees(session: AsyncSession, rules: Rewards, account_id: int, today: date) -> list[Owed]:
    """The late fees of a household that are running or charged and not yet paid."""
    if not rules.late_fees:
        return []
    lines = await bill_lines(session, [account_id])
    events = await receipts(session, [account_id])
    waived: dict[int, int] = {
        bill_id: int(fen)
        for bill_id, fen in await session.execute(
            select(LateFeeWaiver.bill_id, func.sum(LateFeeWaiver.amount_fen))
            .where(LateFeeWaiver.account_id == account_id)
            .group_by(LateFeeWaiver.bill_id)
        )
    }
    charged = {(line.bill.item, line.bill.period): line for line in lines if line.bill.item.endswith(LATE_FEE_SUFFIX)}
    found = []
    for line in lines:
        bill = line.bill
        rule = None if bill.item.endswith(LATE_FEE_SUFFIX) else rules.late_fee(bill.item, bill.due_on)
        if rule is None:
            continue
        of_own = charged.get((late_item(bill.item), bill.period))
        if of_own is not None:
            if of_own.open_fen > 0:
                found.append(Owed(line, None, waived.get(bill.id, 0), of_own.open_fen, of_own))
            continue
        runs = accrued(rule, bill.due_on, line.billed_fen, events.get(bill.id, ()), today)
        if runs.fen - waived.get(bill.id, 0) > 0:
            found.append(Owed(line, runs, waived.get(bill.id, 0), runs.fen - waived.get(bill.id, 0)))
    return found


def late_item(item: str) -> str:
    """What the late fee of an item is billed as."""
    return f"{item[: 60 - len(LATE_FEE_SUFFIX)]}{LATE_FEE_SUFFIX}"


async def charge_late_fees(
    session: AsyncSession, rules: Rewards, account_id: int, today: date, at: datetime, due_on: date
) -> int:
    """Bill the late fee of each bill that is paid in full by now; returns how many. Each is charged once."""
    await lock_account(session, account_id)
    made = 0
    for owed in await late_fees(session, rules, account_id, today):
        line = owed.line
        if owed.charged is not None or line.open_fen > 0 or owed.accrued is None:
            continue
        days = sum(each.days for each in owed.accrued.stretches)
        bill = Bill(
            account_id=account_id,
            item=late_item(line.bill.item),
            period=line.bill.period,
            due_on=due_on,
            basis=f"{owed.accrued.rule.percent_a_day}% × {days}",
            issued_at=at,
        )
        session.add(bill)
        await session.flush()
        entry = transfer(EntryKind.CHARGE, account_id, owed.fen, today, at, bill_id=bill.id, reason="late fee")
        await session.execute(insert(LedgerEntry), [entry])
        made += 1
    if made:
        await settle(session, account_id, today, at)
    return made


async def waive(
    session: AsyncSession,
    rules: Rewards,
    account_id: int,
    key: str,
    most_fen: int,
    reason: str,
    today: date,
    at: datetime,
    *,
    actor: str,
) -> int:
    """Let a household off all its late fees up to today; returns the fen. Raises Refusal: none, done, more than allowed."""
    await lock_account(session, account_id)
    if await session.scalar(select(LateFeeWaiver.id).where(LateFeeWaiver.key == key).limit(1)) is not None:
        raise Refusal("waive.done_before")
    owed = await late_fees(session, rules, account_id, today)
    total = sum(each.fen for each in owed)
    if not total:
        raise Refusal("waive.nothing")
    if total > most_fen:
        raise Refusal("waive.above_limit")
    for each in owed:
        session.add(
            LateFeeWaiver(
                key=key,
                account_id=account_id,
                bill_id=each.line.bill.id,
                amount_fen=each.fen,
                reason=reason,
                actor=actor,
                at=at,
            )
        )
        if each.charged is not None:
            await adjust_bill(session, each.charged.bill.id, -each.fen, f"{reason} ({key})", today, at, actor=actor)
    await session.flush()
    return total

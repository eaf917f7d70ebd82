"""Corrections of money, always by new entries that point at what they reverse: void, adjust, reverse a payment."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Refusal
from domain.ledger import EntryKind
from domain.money import yuan
from models.agreements import Hold, live_plan, open_promise, release
from models.bills import (
    BILLED,
    RECEIVED,
    Bill,
    LedgerEntry,
    Payment,
    bill_lines,
    credit_fen,
    lock_account,
    settle,
    transfer,
)
from models.reminders import withdraw_needless
from models.rewards import take_discounts_back
from models.staff import audit, close_task


async def void_bill(session: AsyncSession, bill_id: int, why: str, on: date, at: datetime, *, actor: str) -> None:
    """Take a bill back. What it had received becomes the household's credit and is used for its other bills.

    A plan on it ends, asked or running, since its sums are true no more; a promise ends once nothing is left to pay.
    Raises Refusal: no such bill, or void already.
    """
    bill = await _standing_bill(session, bill_id)
    billed_fen, received_fen = await _sums(session, bill_id)
    charge = await session.scalar(
        select(LedgerEntry.id).where(LedgerEntry.bill_id == bill_id, LedgerEntry.kind == EntryKind.CHARGE)
    )
    await _post(session, EntryKind.RELEASE, bill, received_fen, why, on, at, actor)
    await _post(session, EntryKind.VOID, bill, billed_fen, why, on, at, actor, reverses_id=charge)
    bill.voided_at = at
    await session.execute(
        update(Hold).where(Hold.bill_id == bill_id, Hold.released_at.is_(None)).values(released_at=at)
    )
    await session.flush()
    await settle(session, bill.account_id, on, at, actor=actor)
    await _end_arrangements(session, bill, at)
    await withdraw_needless(session, [bill.account_id])
    await audit(session, actor, "bill.void", f"bill/{bill_id}", at, {"billed_fen": billed_fen, "why": why})


async def adjust_bill(
    session: AsyncSession, bill_id: int, by_fen: int, why: str, on: date, at: datetime, *, actor: str
) -> int:
    """Raise (+) or lower (−) what a bill asks for; returns the new sum in fen. What it received too much is released.

    Raises Refusal: no such bill, void, nothing to change, below nothing, or the very same correction for a second time.
    """
    bill = await _standing_bill(session, bill_id)
    if by_fen == 0:
        raise Refusal("correction.nothing", {"bill": str(bill_id)})
    billed_fen, received_fen = await _sums(session, bill_id)
    kind = EntryKind.RAISE if by_fen > 0 else EntryKind.LOWER
    same = select(LedgerEntry.id).where(
        LedgerEntry.bill_id == bill_id,
        LedgerEntry.kind == kind,
        LedgerEntry.amount_fen == abs(by_fen),
        LedgerEntry.reason == why,
    )
    if await session.scalar(same.limit(1)) is not None:
        raise Refusal("correction.adjusted_before", {"bill": str(bill_id)})
    if billed_fen + by_fen < 0:
        raise Refusal("correction.below_zero", {"bill": str(bill_id), "billed": yuan(billed_fen)})
    await _post(session, EntryKind.RELEASE, bill, received_fen - (billed_fen + by_fen), why, on, at, actor)
    await _post(session, kind, bill, abs(by_fen), why, on, at, actor)
    await settle(session, bill.account_id, on, at, actor=actor)
    await withdraw_needless(session, [bill.account_id])
    await audit(session, actor, "bill.adjust", f"bill/{bill_id}", at, {"by_fen": by_fen, "why": why})
    return billed_fen + by_fen


async def reverse_payment(
    session: AsyncSession, payment_id: int, why: str, on: date, at: datetime, *, actor: str
) -> None:
    """A payment that did not stand. Where the household's credit is too small, the latest allocations are released.

    Raises Refusal: no such payment, or reversed already.
    """
    payment = await session.get(Payment, payment_id)
    if payment is None:
        raise Refusal("correction.no_payment", {"payment": str(payment_id)})
    await lock_account(session, payment.account_id)
    await session.refresh(payment)
    if payment.reversed_at is not None:
        raise Refusal("correction.reversed_before", {"payment": str(payment_id)})
    short_fen = payment.amount_fen - await credit_fen(session, payment.account_id)
    allocations = await session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.account_id == payment.account_id, LedgerEntry.kind == EntryKind.ALLOCATION)
        .order_by(LedgerEntry.id.desc())
    )
    for allocation in list(allocations):
        if short_fen <= 0:
            break
        bill = await session.get_one(Bill, allocation.bill_id)
        _, received_fen = await _sums(session, bill.id)
        released_fen = min(short_fen, allocation.amount_fen, received_fen)
        await _post(session, EntryKind.RELEASE, bill, released_fen, why, on, at, actor)
        short_fen -= max(0, released_fen)
    arrival = await session.scalar(
        select(LedgerEntry.id).where(LedgerEntry.payment_id == payment_id, LedgerEntry.kind == EntryKind.PAYMENT)
    )
    entry = transfer(
        EntryKind.REVERSAL,
        payment.account_id,
        payment.amount_fen,
        on,
        at,
        payment_id=payment_id,
        reverses_id=arrival,
        reason=why,
        actor=actor,
    )
    await session.execute(insert(LedgerEntry), [entry])
    payment.reversed_at = at
    await session.flush()
    await settle(session, payment.account_id, on, at, actor=actor)
    await take_discounts_back(session, payment.account_id, why, on, at)
    detail = {"amount_fen": payment.amount_fen, "why": why}
    await audit(session, actor, "payment.reverse", f"payment/{payment_id}", at, detail)


async def _end_arrangements(session: AsyncSession, bill: Bill, at: datetime) -> None:
    """Close what was agreed on a bill that is void, with the staff's task about it."""
    ended: list[str] = []
    plan = await live_plan(session, bill.account_id)
    if plan is not None:
        source = f"plan/{plan.id}"
        on_it = select(Hold.id).where(Hold.source == source, Hold.bill_id == bill.id).limit(1)
        if await session.scalar(on_it) is not None:
            plan.state, plan.closed_at = "withdrawn", at
            ended.append(source)
    promise = await open_promise(session, bill.account_id)
    if promise is not None and not await bill_lines(session, [bill.account_id], only_open=True):
        promise.state, promise.closed_at = "withdrawn", at
        ended.append(f"promise/{promise.id}")
    for source in ended:
        await release(session, source, at)
        await close_task(session, source, at, staff_id=None, outcome="withdrawn")


async def _standing_bill(session: AsyncSession, bill_id: int) -> Bill:
    bill = await session.get(Bill, bill_id)
    if bill is None:
        raise Refusal("correction.no_bill", {"bill": str(bill_id)})
    await lock_account(session, bill.account_id)
    await session.refresh(bill)
    if bill.voided_at is not None:
        raise Refusal("correction.voided_before", {"bill": str(bill_id)})
    return bill


async def _sums(session: AsyncSession, bill_id: int) -> tuple[int, int]:
    """Billed and received, in fen."""
    row = (await session.execute(select(BILLED, RECEIVED).where(LedgerEntry.bill_id == bill_id))).one()
    return int(row[0]), int(row[1])


async def _post(
    session: AsyncSession,
    kind: EntryKind,
    bill: Bill,
    amount_fen: int,
    why: str,
    on: date,
    at: datetime,
    actor: str,
    *,
    reverses_id: int | None = None,
) -> None:
    if amount_fen > 0:
        entry = transfer(
            kind,
            bill.account_id,
            amount_fen,
            on,
            at,
            bill_id=bill.id,
            reverses_id=reverses_id,
            reason=why,
            actor=actor,
        )
        await session.execute(insert(LedgerEntry), [entry])

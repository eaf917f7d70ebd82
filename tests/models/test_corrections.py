"""Bills voided and adjusted, payments reversed: always by new entries, never twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.clock import ManualClock
from domain.errors import Refusal
from domain.ledger import EntryKind
from models import bills, bulk
from models.base import Database
from models.bills import Bill, LedgerEntry, Payment
from models.bulk import NewBill
from models.corrections import adjust_bill, reverse_payment, void_bill
from models.invariants import findings
from models.staff import AuditEntry

TODAY = date(2026, 11, 23)


async def household(session: AsyncSession, clock: ManualClock, *amounts: int) -> tuple[int, list[int]]:
    """An account with a bill for each amount, oldest due first."""
    await bulk.add_communities(session, {"阳光花园": "property"})
    community = (await bulk.communities_by_name(session))["阳光花园"]
    now = clock.now()
    row = {"code": "S-1", "community_id": community.id, "kind": "property", "payer_name": "王"}
    await bulk.save_accounts(session, [{**row, "created_at": now, "updated_at": now}], ["payer_name"])
    account_id = (await bulk.account_ids(session, ["S-1"]))["S-1"]
    new = [
        NewBill(account_id, "物业费", f"2026-{n:02d}", TODAY + timedelta(days=n), fen)
        for n, fen in enumerate(amounts, start=1)
    ]
    await bulk.issue_bills(session, new, TODAY, now, actor="test")
    return account_id, list(await session.scalars(select(Bill.id).order_by(Bill.due_on)))


async def pay(session: AsyncSession, clock: ManualClock, account_id: int, fen: int, reference: str) -> int:
    payment = await bills.record_payment(session, account_id, fen, TODAY, "bank", reference, clock.now(), on=TODAY)
    assert payment is not None
    return payment.id


async def received(session: AsyncSession, account_id: int) -> list[int]:
    return [line.received_fen for line in await bills.bill_lines(session, [account_id])]


async def test_a_voided_bill_gives_its_money_to_the_next(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        account_id, (first, second) = await household(session, clock, 1000, 700)
        await pay(session, clock, account_id, 1200, "R1")
        assert await received(session, account_id) == [1000, 200]
        await void_bill(session, first, "billed twice", TODAY, clock.now(), actor="cli:test")
        assert await received(session, account_id) == [700]
        assert await bills.credit_fen(session, account_id) == 500
        entry = (await session.scalars(select(LedgerEntry).where(LedgerEntry.kind == EntryKind.VOID))).one()
        charge = await session.get_one(LedgerEntry, entry.reverses_id)
        assert (charge.bill_id, charge.kind, entry.amount_fen, entry.reason) == (first, "charge", 1000, "billed twice")
        assert await session.scalar(select(AuditEntry.action)) == "bill.void"
        with pytest.raises(Refusal, match="voided_before"):
            await void_bill(session, first, "again", TODAY, clock.now(), actor="x")
        with pytest.raises(Refusal, match="no_bill"):
            await void_bill(session, second + 100, "x", TODAY, clock.now(), actor="x")
    assert await findings(database) == []


async def test_a_lowered_bill_releases_what_it_got_too_much(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        account_id, (bill, other) = await household(session, clock, 1000, 500)
        await pay(session, clock, account_id, 1000, "R1")

        async def adjust(fen: int, why: str) -> int:
            return await adjust_bill(session, bill, fen, why, TODAY, clock.now(), actor="cli:test")

        assert await adjust(-400, "meter") == 600
        assert await received(session, account_id) == [600, 400]
        assert await adjust(50, "meter") == 650
        with pytest.raises(Refusal, match="adjusted_before"):
            await adjust(-400, "meter")
        assert await adjust(-650, "all of it") == 0
        with pytest.raises(Refusal, match="below_zero"):
            await adjust(-1, "more")
        with pytest.raises(Refusal, match="nothing"):
            await adjust(0, "nothing")
        assert await received(session, account_id) == [0, 500]
        assert await bills.credit_fen(session, account_id) == 500
        await void_bill(session, other, "x", TODAY, clock.now(), actor="cli:test")
        assert await bills.credit_fen(session, account_id) == 1000
    assert await findings(database) == []


async def test_a_reversed_payment_takes_the_latest_allocations_back(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        account_id, _ = await household(session, clock, 1000, 500, 300)
        first = await pay(session, clock, account_id, 1400, "R1")
        second = await pay(session, clock, account_id, 500, "R2")
        assert await received(session, account_id) == [1000, 500, 300]
        await reverse_payment(session, second, "bounced", TODAY, clock.now(), actor="cli:test")
        assert await received(session, account_id) == [1000, 400, 0]
        assert await bills.credit_fen(session, account_id) == 0
        with pytest.raises(Refusal, match="reversed_before"):
            await reverse_payment(session, second, "bounced", TODAY, clock.now(), actor="cli:test")
        await reverse_payment(session, first, "bounced", TODAY, clock.now(), actor="cli:test")
        assert await received(session, account_id) == [0, 0, 0]
        with pytest.raises(Refusal, match="no_payment"):
            await reverse_payment(session, first + 100, "x", TODAY, clock.now(), actor="x")
        stood = await session.scalar(select(func.count()).where(Payment.reversed_at.is_(None)))
        assert stood == 0
    assert await findings(database) == []


async def test_a_payment_that_no_bill_used_is_reversed_from_credit(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        account_id, _ = await household(session, clock, 100)
        payment = await pay(session, clock, account_id, 1000, "R1")
        await pay(session, clock, account_id, 600, "R2")
        await reverse_payment(session, payment, "bounced", TODAY, clock.now(), actor="cli:test")
        assert await received(session, account_id) == [100]
        assert await bills.credit_fen(session, account_id) == 500
    assert await findings(database) == []

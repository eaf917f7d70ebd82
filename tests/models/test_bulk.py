"""Money in bulk does what money one by one does."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.clock import ManualClock
from models import bills, bulk
from models.accounts import Account
from models.base import Database
from models.bulk import NewBill, NewPayment
from models.invariants import findings

TODAY = date(2026, 11, 23)
numbers = itertools.count()


async def new_account(session: AsyncSession, clock: ManualClock) -> int:
    """A household of its own."""
    code = f"H-{next(numbers)}"
    await bulk.add_communities(session, {"阳光花园": "property"})
    community = (await bulk.communities_by_name(session))["阳光花园"]
    now = clock.now()
    row = {"code": code, "community_id": community.id, "kind": "property", "payer_name": "王建国"}
    await bulk.save_accounts(session, [{**row, "cycle": "", "created_at": now, "updated_at": now}], ["payer_name"])
    return (await bulk.account_ids(session, [code]))[code]


async def standing(session: AsyncSession, account_id: int) -> tuple[list[tuple[str, int, int]], int]:
    """(period, billed, received) of each bill, and the household's credit."""
    lines = await bills.bill_lines(session, [account_id])
    return [(line.bill.period, line.billed_fen, line.received_fen) for line in lines], await bills.credit_fen(
        session, account_id
    )


amounts = st.integers(1, 5000)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.lists(st.tuples(amounts, st.integers(0, 5)), max_size=5),
    paid=st.lists(amounts, max_size=6),
    after=st.lists(st.tuples(amounts, st.integers(0, 5)), max_size=3),
)
async def test_bulk_equals_one_by_one(
    database: Database,
    clock: ManualClock,
    before: list[tuple[int, int]],
    paid: list[int],
    after: list[tuple[int, int]],
) -> None:
    now = clock.now()

    def billing(account_id: int, rows: list[tuple[int, int]], first: int) -> list[NewBill]:
        return [
            NewBill(account_id, "物业费", f"{2000 + first + n}", TODAY + timedelta(days=days), fen)
            for n, (fen, days) in enumerate(rows)
        ]

    async with database.write() as session:
        one, many, other = [await new_account(session, clock) for _ in range(3)]
        for account_id in (one, many, other):
            await bulk.issue_bills(session, billing(account_id, before, 0), TODAY, now, actor="test")
        for n, fen in enumerate(paid):
            await bills.record_payment(session, one, fen, TODAY, "bank", f"R{n}", now, on=TODAY)
        payments = [
            NewPayment(account_id, fen, TODAY, "bank", f"R{n}", False)
            for n, fen in enumerate(paid)
            for account_id in (many, other)
        ]
        assert await bulk.record_payments(session, payments, TODAY, now, actor="test") == len(payments)
        assert await bulk.record_payments(session, payments, TODAY, now, actor="test") == 0
        await bulk.issue_bills(session, billing(one, after, 100), TODAY, now, actor="test")
        later = [*billing(many, after, 100), *billing(other, after, 100)]
        assert await bulk.issue_bills(session, later, TODAY, now, actor="test") == len(later)
        expected = await standing(session, one)
        assert await standing(session, many) == expected
        assert await standing(session, other) == expected


async def test_accounts_are_updated_in_the_given_columns_only(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        account_id = await new_account(session, clock)
        account = await session.get_one(Account, account_id)
        row = {"code": account.code, "community_id": account.community_id, "kind": "property", "payer_name": "李"}
        row |= {"phone": "138", "created_at": clock.now(), "updated_at": clock.now()}
        await bulk.save_accounts(session, [row], ["phone"])
        phone, name = (await session.execute(select(Account.phone, Account.payer_name))).one()
        assert (phone, name) == ("138", "王建国")


async def test_the_books_are_in_order_afterwards(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        account_id = await new_account(session, clock)
        bill = NewBill(account_id, "物业费", "2026", TODAY, 100)
        await bulk.issue_bills(session, [bill], TODAY, clock.now(), actor="test")
        payment = NewPayment(account_id, 250, TODAY, "", "R", False)
        await bulk.record_payments(session, [payment], TODAY, clock.now(), actor="test")
    assert await findings(database) == []

"""Grading at night: from the ledger as it is, promises included; history with reasons; an imported grade until there is evidence."""

from __future__ import annotations

import os
import time
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, update

from domain.clock import ManualClock
from domain.ladder import Reason
from domain.ledger import EntryKind
from jobs import grades
from models.accounts import Account
from models.agreements import Promise, release
from models.base import Database, chunks
from models.bills import Bill, LedgerEntry, Payment, transfer
from models.profiles import GradeChange, grade_now
from tests.cast import CHEN, LI, SUN, WANG, World, office

FULL = bool(os.environ.get("NUANLING_FULL"))


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, office(), clock.now())


async def history(world: World, account: int, *days_late: int | None) -> list[int]:
    """A bill a month, the newest due last month, each paid so many days late, or not at all."""
    ids = []
    for ago, late in zip(range(len(days_late), 0, -1), days_late, strict=True):
        due_on = date(2026, 11, 20) - timedelta(days=30 * ago)
        ids.append(await world.bill(account, due_on, period=f"{due_on:%Y-%m}"))
        if late is not None:
            await pay(world, account, due_on + timedelta(days=late))
    return ids


async def pay(world: World, account: int, paid_on: date, fen: int = 28640) -> None:
    then, world.now = world.now, world.at(paid_on, 12)
    await world.pay(account, fen)
    world.now = then


async def stands(world: World) -> dict[str, str]:
    async with world.database.read() as session:
        return {row.code: row.grade for row in await session.execute(select(Account.code, Account.grade))}


async def changes(world: World) -> list[tuple[str, str, str]]:
    async with world.database.read() as session:
        rows = await session.scalars(select(GradeChange).order_by(GradeChange.id))
        return [(row.was, row.becomes, row.why) for row in rows]


async def test_each_household_gets_the_grade_of_its_history_once(world: World) -> None:
    for name, late in ((CHEN, [-3] * 6), (LI, [12, 15, 11, 14, 0, 20]), (WANG, [0, 0, 0, None]), (SUN, [0])):
        await history(world, await world.household(name), *late)
    assert await grades.run(world.database, world.office, world.now) == {"graded": 3, "changed": 3}
    assert await stands(world) == {"3-1201": "A", "3-1202": "C", "3-1203": "B", "3-1204": ""}
    assert await changes(world) == [
        ("", "A", "streak:6;days_early:3"),
        ("", "C", "late:5;days_late:12"),
        ("", "B", "late:1;days_late:8;open_days:33"),
    ]
    again = await grades.run(world.database, world.office, world.now + timedelta(days=1))
    assert again["changed"] == 0
    assert len(await changes(world)) == 3


async def test_an_imported_grade_stands_until_there_is_evidence(world: World) -> None:
    account = await world.household(CHEN)
    async with world.database.write() as session:
        await session.execute(update(Account).values(grade="D", grade_given="差"))
    await history(world, account, 0, 0)
    await grades.run(world.database, world.office, world.now)
    assert await stands(world) == {"3-1201": "D"}
    await world.bill(account, world.today - timedelta(days=1), period="2026-11")
    await world.pay(account, 28640)
    await grades.run(world.database, world.office, world.now)
    assert await changes(world) == [("D", "A", "streak:3")]


async def test_a_promise_kept_is_on_time_and_a_broken_one_costs_a_step(world: World) -> None:
    """Both paid three weeks after the bill's day; one had said so."""
    for name, state in ((CHEN, "kept"), (LI, "broken")):
        account = await world.household(name)
        *_, last = await history(world, account, 0, 0, 0, None)
        later = date(2026, 10, 21) + timedelta(days=21)
        async with world.database.write() as session:
            promise = Promise(
                account_id=account, due_on=later, amount_fen=28640, state=state, created_at=world.now - timedelta(30)
            )
            session.add(promise)
            await session.flush()
            source = f"promise/{promise.id}"
        await world.hold(account, Reason.PROMISED, later, last, source=source)
        async with world.database.write() as session:
            await release(session, source, world.now)
        await pay(world, account, later)
    await grades.run(world.database, world.office, world.now)
    assert await stands(world) == {"3-1201": "A", "3-1202": "C"}
    assert [why for _, _, why in await changes(world)] == ["streak:4;kept:1", "late:1;days_late:5;broken:1"]


async def test_a_disputed_bill_lowers_nobody(world: World) -> None:
    account = await world.household(CHEN)
    *_, last = await history(world, account, 0, 0, 0, None)
    await world.hold(account, Reason.DISPUTED, world.today + timedelta(days=9), last)
    async with world.database.read() as session:
        found = await grade_now(session, account, world.today)
    assert found is not None
    assert found.grade == "A"


async def test_a_reversed_payment_counts_for_nothing(world: World) -> None:
    account = await world.household(CHEN)
    await history(world, account, 0, 0, 0, 0)
    async with world.database.write() as session:
        from models.corrections import reverse_payment

        newest = (await session.scalars(select(Payment.id).order_by(Payment.id.desc()))).first()
        assert newest is not None
        await reverse_payment(session, newest, "bounced", world.today, world.now, actor="test")
    await grades.run(world.database, world.office, world.now)
    assert await changes(world) == [("", "B", "late:1;days_late:8;open_days:33")]


async def test_a_large_office_is_graded_within_minutes(world: World) -> None:
    """A thousand households with a year of bills; a hundred thousand with NUANLING_FULL=1, on SQLite."""
    if FULL and not world.database.is_sqlite:
        return
    number = 100_000 if FULL else 1_000
    await many(world, number)
    begun = time.perf_counter()
    done = await grades.run(world.database, world.office, world.now)
    seconds = time.perf_counter() - begun
    assert done == {"graded": number, "changed": number}
    assert seconds < (600 if FULL else 20), f"{number} households took {seconds:.1f} s"


async def many(world: World, number: int) -> None:
    first = await world.account(CHEN, code="first")
    async with world.database.read() as session:
        community = (await session.get_one(Account, first)).community_id
    async with world.database.write() as session:
        await session.execute(update(Account).values(code="m-0"))
    for ids in chunks(range(first + 1, first + number), 1000):
        async with world.database.write() as session:
            rows = [
                {"id": n, "code": f"m-{n}", "community_id": community, "kind": "property", "payer_name": "测试"}
                | {"created_at": world.now, "updated_at": world.now}
                for n in ids
            ]
            await session.execute(insert(Account), rows)
    for ids in chunks(range(first, first + number), 500):
        bills, entries, payments = [], [], []
        for n in ids:
            for month in range(12):
                due_on, bill_id = date(2025, 11, 20) + timedelta(days=30 * month), n * 12 + month
                common = {"account_id": n, "amount_fen": 28640, "on": due_on, "at": world.now}
                bills.append(
                    {"id": bill_id, "account_id": n, "item": "物业费", "period": f"{month:04d}", "due_on": due_on}
                    | {"issued_at": world.now}
                )
                payments.append(
                    {"account_id": n, "amount_fen": 28640, "paid_on": due_on, "reference": str(bill_id)}
                    | {"recorded_at": world.now}
                )
                entries.append(transfer(EntryKind.CHARGE, bill_id=bill_id, **common))  # type: ignore[arg-type]
                entries.append(transfer(EntryKind.ALLOCATION, bill_id=bill_id, **common))  # type: ignore[arg-type]
        async with world.database.write() as session:
            await session.execute(insert(Bill), bills)
            await session.execute(insert(Payment), payments)
            await session.execute(insert(LedgerEntry), entries)

"""Readings and the bills worked out from them, when two people do the same at the same moment, on both databases."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.clock import ManualClock
from domain.errors import Refusal
from domain.metering import Reading
from models import bulk
from models.accounts import Account
from models.base import Database
from models.bills import Bill, bill_lines
from models.bulk import NewBill
from models.corrections import adjust_bill, void_bill
from models.invariants import findings
from models.readings import (
    BillStretch,
    MeterReading,
    NewReading,
    Working,
    add_readings,
    billed_uses,
    bills_leaning_on,
    lines_of,
    worked_out,
)
from models.recalculation import recalculate_bill, worked_out_anew
from tests.models.test_corrections import household

TODAY = date(2026, 11, 23)
OCTOBER, NOVEMBER = date(2026, 10, 31), date(2026, 11, 20)


async def home(database: Database, clock: ManualClock) -> int:
    async with database.write() as session:
        account_id, _ = await household(session, clock)
    return account_id


def new(account_id: int, on: date, figure: int, corrects_id: int | None = None) -> NewReading:
    return NewReading(account_id, "水费", Reading(on, figure * 1000), "", corrects_id)


async def read(database: Database, clock: ManualClock, *readings: NewReading) -> list[int]:
    async with database.write() as session:
        await add_readings(session, readings, "r.csv", clock.now(), actor="test")
    async with database.read() as session:
        return list(await session.scalars(select(MeterReading.id).order_by(MeterReading.id)))


async def billed(database: Database, clock: ManualClock, account_id: int, first: int, last: int) -> int:
    """A bill of 12 units at 4.10 between two readings."""
    async with database.write() as session:
        working = Working(((first, last),), Decimal("4.10"))
        bill = NewBill(account_id, "水费", "2026-11", date(2026, 12, 10), 4920, "100 → 112", None, working)
        await bulk.issue_bills(session, [bill], TODAY, clock.now(), actor="test")
        return (await session.scalars(select(Bill.id))).one()


async def fen_of(session: AsyncSession, account_id: int) -> list[int]:
    return [line.billed_fen for line in await bill_lines(session, [account_id])]


async def test_the_same_reading_from_two_desks_is_one_row(database: Database, clock: ManualClock) -> None:
    account_id = await home(database, clock)
    await asyncio.gather(*(read(database, clock, new(account_id, OCTOBER, figure)) for figure in (100, 101)))
    async with database.read() as session:
        [known] = (await lines_of(session, [account_id]))[account_id, "水费"]
    assert known.reading.thousandths in (100_000, 101_000)


async def test_a_reading_is_corrected_once_and_the_correction_is_what_stands(
    database: Database, clock: ManualClock
) -> None:
    account_id = await home(database, clock)
    [first] = await read(database, clock, new(account_id, OCTOBER, 100))
    await asyncio.gather(*(read(database, clock, new(account_id, OCTOBER, figure, first)) for figure in (98, 99)))
    async with database.read() as session:
        rows = list(await session.scalars(select(MeterReading).order_by(MeterReading.id)))
        [known] = (await lines_of(session, [account_id]))[account_id, "水费"]
    assert [row.corrects_id for row in rows] == [None, first]
    assert known.reading.id == rows[1].id


async def test_no_meter_shows_less_than_nothing(database: Database, clock: ManualClock) -> None:
    account_id = await home(database, clock)
    with pytest.raises(IntegrityError):
        await read(database, clock, new(account_id, OCTOBER, -1))


async def test_a_bill_issued_twice_is_one_with_one_working(database: Database, clock: ManualClock) -> None:
    account_id = await home(database, clock)
    first, last = await read(database, clock, new(account_id, OCTOBER, 100), new(account_id, NOVEMBER, 112))
    await asyncio.gather(*(billed(database, clock, account_id, first, last) for _ in range(2)))
    async with database.read() as session:
        assert await fen_of(session, account_id) == [4920]
        assert len(list(await session.scalars(select(BillStretch)))) == 1
        [use] = (await billed_uses(session, [account_id]))[account_id, "水费"]
    assert (use.period, use.opening, use.closing) == ("2026-11", (OCTOBER, False), (NOVEMBER, False))
    assert await findings(database) == []


async def test_two_managers_correct_a_bill_once(database: Database, clock: ManualClock) -> None:
    account_id = await home(database, clock)
    first, last = await read(database, clock, new(account_id, OCTOBER, 100), new(account_id, NOVEMBER, 112))
    bill_id = await billed(database, clock, account_id, first, last)
    async with database.read() as session:
        assert await bills_leaning_on(session) == []
    await read(database, clock, new(account_id, NOVEMBER, 110, last))
    async with database.read() as session:
        assert [(each.bill.id, each.reading_id) for each in await bills_leaning_on(session)] == [(bill_id, last)]

    async def decide(why: str) -> str:
        try:
            async with database.write() as session:
                await recalculate_bill(session, bill_id, why, TODAY, clock.now(), actor="test")
        except Refusal as no:
            return no.template
        return "done"

    assert sorted(await asyncio.gather(decide("a"), decide("b"))) == ["correction.nothing", "done"]
    async with database.read() as session:
        assert await fen_of(session, account_id) == [4100]
        known = await worked_out(session, bill_id)
        assert known is not None
        assert (known.edition, known.rate_yuan, known.stretches[0][1].thousandths) == (2, Decimal("4.10"), 110_000)
        assert await bills_leaning_on(session) == []
    assert await findings(database) == []


async def test_what_was_corrected_otherwise_stays_and_what_was_paid_too_much_is_credit(
    database: Database, clock: ManualClock
) -> None:
    """Five yuan were let go before; the new reading takes its own difference and nothing more."""
    account_id = await home(database, clock)
    first, last = await read(database, clock, new(account_id, OCTOBER, 100), new(account_id, NOVEMBER, 112))
    bill_id = await billed(database, clock, account_id, first, last)
    async with database.write() as session:
        await adjust_bill(session, bill_id, -500, "goodwill", TODAY, clock.now(), actor="test")
    await read(database, clock, new(account_id, NOVEMBER, 113, last))
    async with database.write() as session:
        anew = await recalculate_bill(session, bill_id, "reading", TODAY, clock.now(), actor="test")
        assert (anew.was_fen, anew.now_fen, anew.by_fen) == (4920, 5330, 410)
        assert await fen_of(session, account_id) == [4920 - 500 + 410]
    assert await findings(database) == []


async def test_what_can_not_be_worked_out_anew_is_refused(database: Database, clock: ManualClock) -> None:
    account_id = await home(database, clock)
    first, last = await read(database, clock, new(account_id, OCTOBER, 100), new(account_id, NOVEMBER, 112))
    bill_id = await billed(database, clock, account_id, first, last)
    async with database.write() as session:
        other = NewBill(account_id, "物业费", "2026-11", TODAY, 100)
        await bulk.issue_bills(session, [other], TODAY, clock.now(), actor="test")
        plain = (await session.scalars(select(Bill.id).where(Bill.item == "物业费"))).one()

    async def refused(number: int) -> str:
        async with database.read() as session:
            with pytest.raises(Refusal) as no:
                await worked_out_anew(session, number)
        return no.value.template

    assert await refused(bill_id + 99) == "correction.no_bill"
    assert await refused(plain) == "reading.no_meter"
    async with database.write() as session:
        await session.execute(update(MeterReading).where(MeterReading.id == last).values(read_on=TODAY))
    # The bill was worked out from that row: it follows it, wherever it went.
    async with database.read() as session:
        assert (await worked_out_anew(session, bill_id)).by_fen == 0
    async with database.write() as session:
        await void_bill(session, bill_id, "wrong", TODAY, clock.now(), actor="test")
    assert await refused(bill_id) == "correction.voided_before"


async def test_an_erased_account_bills_nothing_more(database: Database, clock: ManualClock) -> None:
    account_id = await home(database, clock)
    await read(database, clock, new(account_id, OCTOBER, 100), new(account_id, OCTOBER + timedelta(days=1), 101))
    async with database.write() as session:
        await session.execute(update(Account).where(Account.id == account_id).values(erased_at=clock.now()))
        community = (await bulk.communities_by_name(session))["阳光花园"]
        assert await bulk.accounts_of(session, [community.id]) == []

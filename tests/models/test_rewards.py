"""Points, discounts and late fees in the books: earned once, used once, taken back when a payment did not stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from domain.clock import ManualClock
from domain.errors import Refusal
from domain.office import Office
from domain.rewards import Discount, LateFee, Points, Rewards
from jobs import rewards as job
from models import rewards
from models.base import Database
from models.bills import LedgerEntry, Payment, bill_lines, credit_fen
from models.corrections import adjust_bill, reverse_payment, void_bill
from models.invariants import findings
from models.late_fees import late_fees, waive
from tests.cast import CHEN, World, office

DUE = date(2026, 12, 20)
RULES = Rewards(
    discounts=(Discount("early", ("物业费",), date(2026, 11, 1), None, 10, Decimal(2), 5000),),
    points=Points(starts_on=date(2026, 1, 1)),
    late_fees=(LateFee(("停车费",), date(2026, 1, 1), Decimal("0.03"), Decimal(10)),),
)


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, replace(office(), rewards=RULES), clock.now())


async def run(world: World) -> dict[str, int]:
    return await job.run(world.database, world.office, world.now)


async def books(world: World, account_id: int) -> tuple[int, int, int]:
    """Points, open fen, credit fen; and everything must add up."""
    assert await findings(world.database) == []
    async with world.database.read() as session:
        open_fen = sum(line.open_fen for line in await bill_lines(session, [account_id]))
        return await rewards.balance(session, account_id), open_fen, await credit_fen(session, account_id)


async def payment_of(world: World, account_id: int) -> int:
    async with world.database.read() as session:
        query = select(Payment.id).where(Payment.account_id == account_id).order_by(Payment.id.desc())
        return int(await session.scalar(query.limit(1)) or 0)


async def test_paid_early_in_full_gives_the_discount_back_as_credit(world: World) -> None:
    account_id = await world.household(CHEN)
    await world.bill(account_id, DUE, 28640)
    assert await run(world) == {}
    await world.pay(account_id, 28640)
    assert await run(world) == {"discounts": 1, "points": 1}
    assert await books(world, account_id) == (10, 0, 572)
    assert await run(world) == {}


async def test_paying_the_lower_sum_early_is_enough_and_late_it_is_not(world: World) -> None:
    early, late = await world.household(CHEN), await world.account("1202")
    for account_id in (early, late):
        await world.bill(account_id, DUE, 28640)
    await world.pay(early, 28640 - 572)
    assert (await run(world))["discounts"] == 1
    world.now += timedelta(days=20)
    await world.pay(late, 28640 - 572)
    assert await run(world) == {}
    assert (await books(world, early))[1:] == (0, 0)
    assert (await books(world, late))[1:] == (572, 0)


async def test_a_payment_that_did_not_stand_takes_all_of_it_back(world: World) -> None:
    account_id = await world.household(CHEN)
    await world.bill(account_id, DUE, 28640)
    await world.pay(account_id, 28640)
    await run(world)
    async with world.database.write() as session:
        payment = (await session.scalars(select(Payment))).one()
        await reverse_payment(session, payment.id, "支票退回", world.today, world.now, actor="zhao")
    assert (await books(world, account_id))[1:] == (28640, 0)
    assert await run(world) == {"points back": 1}
    assert await books(world, account_id) == (0, 28640, 0)
    await world.pay(account_id, 28640, "again")
    assert await run(world) == {"discounts": 1, "points": 1}
    assert await books(world, account_id) == (10, 0, 572)


async def test_a_raise_after_the_discount_leaves_it_standing(world: World) -> None:
    account_id = await world.household(CHEN)
    bill_id = await world.bill(account_id, DUE, 28640)
    await world.pay(account_id, 28640 - 572)
    await run(world)
    async with world.database.write() as session:
        await adjust_bill(session, bill_id, 1000, "漏算", world.today, world.now, actor="zhao")
    assert await run(world) == {}
    assert await books(world, account_id) == (10, 1000, 0)


async def test_points_are_earned_by_the_day_of_payment_and_for_runs(world: World) -> None:
    account_id = await world.household(CHEN)
    for month in (8, 9, 10):
        await world.bill(account_id, date(2026, month, 28), 10000, item="水费")
    async with world.database.write() as session:
        for month in (8, 9, 10):
            await rewards_payment(session, account_id, date(2026, month, 20), world, f"r{month}")
    assert await run(world) == {"points": 4}
    assert (await books(world, account_id))[0] == 50


async def rewards_payment(session: object, account_id: int, paid_on: date, world: World, reference: str) -> None:
    from models.bills import record_payment

    at = world.now + timedelta(seconds=paid_on.month)
    await record_payment(session, account_id, 10000, paid_on, "bank", reference, at, on=world.today)  # type: ignore[arg-type]


async def test_points_pay_a_bill_once_and_come_back_when_it_is_void(world: World) -> None:
    account_id = await world.household(CHEN)
    bill_id = await world.bill(account_id, DUE, 5000, item="水费")
    async with world.database.write() as session:
        await rewards.grant(session, account_id, 300, "g", "谢谢", world.today, world.now, actor="staff/1")
    with pytest.raises(Refusal):
        async with world.database.write() as session:
            await rewards.grant(session, account_id, 300, "g", "谢谢", world.today, world.now, actor="staff/1")

    async def redeem(points: int, key: str) -> int:
        async with world.database.write() as session:
            return await rewards.redeem_for_bill(
                session, RULES.points, account_id, bill_id, points, key, world.today, world.now, actor="person/1"
            )

    assert await redeem(200, "r") == 200
    for points, key in ((100, "r"), (101, "s"), (99, "t")):  # done, more than there are, fewer than allowed
        with pytest.raises(Refusal):
            await redeem(points, key)
    assert await books(world, account_id) == (100, 4800, 0)
    async with world.database.write() as session:
        await void_bill(session, bill_id, "重复", world.today, world.now, actor="zhao")
    assert await run(world) == {"points back": 1}
    assert await books(world, account_id) == (300, 0, 0)


async def test_a_late_fee_is_charged_once_after_the_bill_is_paid_and_can_be_waived(world: World) -> None:
    account_id = await world.household(CHEN)
    await world.bill(account_id, date(2026, 11, 1), 100_000, item="停车费")
    async with world.database.read() as session:
        [running] = await late_fees(session, RULES, account_id, world.today)
    assert (running.fen, running.charged) == (21 * 30, None)  # 1000.00 × 0.03 % × 21 days
    await world.pay(account_id, 100_000)
    assert await run(world) == {"late fees": 1}
    assert await run(world) == {}
    assert (await books(world, account_id))[1:] == (630, 0)
    with pytest.raises(Refusal):
        async with world.database.write() as session:
            await waive(session, RULES, account_id, "w", 629, "情况特殊", world.today, world.now, actor="staff/1")
    async with world.database.write() as session:
        fen = await waive(session, RULES, account_id, "w", 630, "情况特殊", world.today, world.now, actor="staff/1")
    assert (fen, (await books(world, account_id))[1:]) == (630, (0, 0))
    for key in ("w", "v"):
        with pytest.raises(Refusal):
            async with world.database.write() as session:
                await waive(session, RULES, account_id, key, 10**6, "再来", world.today, world.now, actor="staff/1")


async def test_waived_while_it_runs_it_is_not_charged_again(world: World) -> None:
    account_id = await world.household(CHEN)
    await world.bill(account_id, date(2026, 11, 1), 100_000, item="停车费")
    async with world.database.write() as session:
        await waive(session, RULES, account_id, "w", 10**6, "住院", world.today, world.now, actor="staff/1")
    await world.pay(account_id, 100_000)
    assert await run(world) == {}
    assert (await books(world, account_id))[1:] == (0, 0)


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        ("UPDATE points_entries SET points = -30 WHERE kind = 'bill'", "fewer points than none"),
        ("UPDATE points_entries SET ledger_id = NULL", "without their rebate"),
        ("UPDATE ledger_entries SET reason = 'discount/x' WHERE kind = 'rebate'", "two discounts"),
    ],
)
async def test_damage_to_the_new_books_is_found(world: World, damage: str, finding: str) -> None:
    account_id = await world.household(CHEN)
    bill_id = await world.bill(account_id, DUE, 28640)
    await world.pay(account_id, 28640 - 572 - 5)
    rules = replace(RULES.points, least=1)
    async with world.database.write() as session:
        await rewards.grant(session, account_id, 10, "g", "x", world.today, world.now, actor="staff/1")
        await rewards.redeem_for_bill(session, rules, account_id, bill_id, 5, "r", world.today, world.now, actor="p")
    await run(world)
    assert await findings(world.database) == []
    async with world.database.write() as session:
        await session.execute(text(damage))
    assert any(finding in each for each in await findings(world.database))


def test_the_shipped_rules_charge_nothing_and_bound_what_is_given() -> None:
    shipped: Office = office()
    rules = shipped.rewards
    assert (rules.late_fees, rules.discounts) == ((), ())
    a_year = 12 * rules.points.on_time + 4 * rules.points.streak
    assert a_year * rules.points.fen_each <= 200  # fen: two yuan for a household that is always on time


async def test_entries_are_only_added(world: World) -> None:
    account_id = await world.household(CHEN)
    await world.bill(account_id, DUE, 28640)
    await world.pay(account_id, 28640)
    await run(world)
    async with world.database.read() as session:
        before = [(row.id, row.amount_fen) for row in await session.scalars(select(LedgerEntry))]
    async with world.database.write() as session:
        payment = await payment_of(world, account_id)
        await reverse_payment(session, payment, "退", world.today, world.now, actor="zhao")
    async with world.database.read() as session:
        after = [(row.id, row.amount_fen) for row in await session.scalars(select(LedgerEntry))]
    assert after[: len(before)] == before

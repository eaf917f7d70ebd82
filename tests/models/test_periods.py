"""The figures of a period and what followed each stage, on both databases, counted by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.clock import ManualClock
from domain.ladder import Reason
from domain.learning import Share
from models.agreements import hold
from models.base import Database
from models.bills import record_payment
from models.learning import followed
from models.outbox import Context, Outbox, State
from models.periods import FREE, Figures, Span, figures
from models.reminders import Reminder, ReminderBill
from tests.cast import CHEN, LI, SUN, WANG, World, office

NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 23))
OCTOBER = Span(date(2026, 10, 1), date(2026, 10, 31), date(2026, 10, 31))


@pytest.fixture
async def world(database: Database, clock: ManualClock) -> World:
    return World(database, office(), clock.now())


async def pay(world: World, account_id: int, fen: int, on: date, reference: str = "r") -> None:
    async with world.database.write() as session:
        await record_payment(session, account_id, fen, on, "转账", reference, world.now, on=on)


async def read(world: World, span: Span = NOVEMBER) -> Figures:
    async with world.database.read() as session:
        return await figures(session, span, OCTOBER, world.today, world.office.zone)


async def test_a_period_in_figures(world: World) -> None:
    chen, li, wang = [await world.account(name) for name in (CHEN, LI, WANG)]
    for account_id in (chen, li, wang):
        await world.bill(account_id, date(2026, 11, 10), 10_000)
    await world.bill(li, date(2026, 7, 10), 5_000)
    disputed = await world.bill(wang, date(2026, 10, 10), 7_000, item="停车费")
    await pay(world, chen, 10_000, date(2026, 11, 12))
    async with world.database.write() as session:
        await hold(
            session, wang, Reason.DISPUTED, "dispute/1", date(2026, 12, 8), world.now - timedelta(days=1), [disputed]
        )
    found = await read(world)
    assert (found.whole.households, found.whole.due_fen, found.whole.received_fen) == (3, 30_000, 10_000)
    assert found.whole.rate == pytest.approx(1 / 3)
    assert (found.before.due_fen, found.before.received_fen) == (7_000, 0)
    assert [(part.name, part.due_fen) for part in found.parts] == [("翠湖花园 3栋", 30_000)]
    assert [part.name for part in found.items] == ["物业费"]
    assert found.ageing == {0: 20_000, 30: 7_000, 60: 0, 90: 5_000, 180: 0}
    assert found.open_fen == 32_000
    assert found.reasons == {FREE: (2, 25_000), "disputed": (1, 7_000)}
    assert found.methods == {"转账": (1, 10_000)}
    assert (found.income[date(2026, 11, 12)], sum(found.income.values()), len(found.income)) == (10_000, 10_000, 23)


async def test_a_past_month_is_told_as_it_stands_today(world: World) -> None:
    """Payments are often recorded late, also whole months of them by an import."""
    chen = await world.account(CHEN)
    await world.bill(chen, date(2026, 10, 10), 10_000)
    before = await read(world, OCTOBER)
    assert (before.whole.received_fen, before.open_fen) == (0, 10_000)
    await pay(world, chen, 10_000, date(2026, 11, 2))
    after = await read(world, OCTOBER)
    assert (after.whole.rate, after.open_fen, sum(after.income.values())) == (1.0, 0, 0)
    assert sum((await read(world)).income.values()) == 10_000


async def reminded(
    world: World, name: str, on: date, hour: int, *, paid_on: date | None = None, fen: int = 10_000
) -> None:
    """A household that was sent its `gentle` stage on a day, and paid on another."""
    account_id = await world.account(name)
    bill_id = await world.bill(account_id, on - timedelta(days=3), 10_000)
    at = world.at(on, hour)
    outbox_id = await world.say(f"k-{name}", f"chat-{name}", context=Context(account_id=account_id))
    async with world.database.write() as session:
        row = await session.get_one(Outbox, outbox_id)
        row.state, row.sent_at, row.template = State.SENT, at, "reminder.gentle"
        reminder = Reminder(
            key=f"remind/{name}", account_id=account_id, anchor_bill_id=bill_id, stage="gentle", decision="remind",
            decided_on=on, policy_hash="p", outbox_id=outbox_id, created_at=at,
        )  # fmt: skip
        session.add(reminder)
        await session.flush()
        session.add(ReminderBill(reminder_id=reminder.id, bill_id=bill_id, open_fen=10_000))
    if paid_on is not None:
        await pay(world, account_id, fen, paid_on)


async def test_what_followed_a_stage(world: World) -> None:
    on = date(2026, 11, 2)
    await reminded(world, CHEN, on, 9, paid_on=on + timedelta(days=3))
    await reminded(world, LI, on, 9, paid_on=on + timedelta(days=4))
    await reminded(world, WANG, on, 19, paid_on=on + timedelta(days=2), fen=9_999)  # not all of it
    await reminded(world, SUN, date(2026, 11, 15), 19, paid_on=date(2026, 11, 16))  # its fourteen days are not over
    async with world.database.read() as session:
        found = await followed(session, NOVEMBER.first, NOVEMBER.until, world.today, world.office.zone)
    assert found.all == {3: Share(2, 4), 7: Share(3, 4), 14: Share(2, 3)}
    assert found.by["stage"]["gentle"][3] == Share(2, 4)
    assert found.by["channel"]["sandbox"][14] == Share(2, 3)
    assert {name: windows[7] for name, windows in found.by["hour"].items()} == {"09": Share(2, 2), "19": Share(1, 2)}
    assert found.by["template"]["reminder.gentle"][7] == Share(3, 4)
    assert found.by["grade"] == {}

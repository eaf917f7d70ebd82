"""Kill -9 while sending: no reminder twice, nothing lost in silence, whatever the moment. The platform's log is the judge."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from models.outbox import State
from tests.fire.nursery import Nursery, nursery
from tests.fire.scene import SEED, Town, dice, judge, ledger_of_payments, size
from tests.fire.worker import POINTS, Order

REMINDERS, RECEIPTS, KILLS = size((40, 20, 6), (5000, 2500, 200))
LONGEST_LIFE_SECONDS = size(0.8, 1.6)
PER_SECOND = 60.0
HELD = int(PER_SECOND / 2) + 8  # most that one sender has claimed or in flight at once
ROUNDS = size(1, 25)  # deaths at each point
REMINDERS_A_DEATH, RECEIPTS_A_DEATH = 12, 16
Measured = Callable[[str, object], None]


@pytest.fixture
async def senders() -> AsyncIterator[Nursery]:
    async with nursery() as running:
        yield running


def order(town: Town, number: int, point: str = "", nth: int = 1) -> Order:
    """The next sender, at a later minute of the day. One that is to die at a point leaves payments for the next."""
    now = town.now + timedelta(minutes=number % 400)
    return Order(
        town.database.url, town.server.base_url, town.server.token, now.isoformat(), PER_SECOND, point, nth,
        payer_from=town.reminded + 1, payments_max=RECEIPTS_A_DEATH if point else None,
    )  # fmt: skip


async def books_are_exact(town: Town, receipts: int) -> None:
    """Each payment stands in the ledger once, with one allocation to its bill."""
    entries = await ledger_of_payments(town.database)
    assert len(entries) == 2 * receipts, f"seed {SEED}"
    assert set(entries.values()) == {1}, f"seed {SEED}"


async def sending(town: Town) -> int:
    return sum(1 for row in await town.rows() if row.state == State.SENDING)


async def test_dying_at_each_point(town: Town, senders: Nursery, record_property: Measured) -> None:
    """3: kill -9 at each of nine named points, in any order, each really reached; then one sender to the end."""
    points = list(POINTS) * ROUNDS
    chance = dice("points")
    chance.shuffle(points)
    await town.settle_in(REMINDERS_A_DEATH * len(points), RECEIPTS_A_DEATH * len(points))
    for number, point in enumerate(points):
        if point == "after_write":
            town.server.faults.add("slow", method="sendMessage", delay_ms=400)
        nth = chance.randint(1, 5) if point in ("before_write", "after_reply", "mid_ledger") else 1
        await senders.start(order(town, number, point, nth))
        assert await senders.ended() == (-signal.SIGKILL, f"killed {point}"), f"seed {SEED}"
        town.server.faults.clear()
        if point == "before_claim_commit":
            assert await sending(town) == 0, f"seed {SEED}: a claim that was not committed"
        if point in ("after_claim_commit", "before_write", "after_write", "after_reply", "before_settle_commit"):
            assert await sending(town) > 0, f"seed {SEED}: nothing was claimed at {point}"
    await senders.start(order(town, len(points)))
    assert (await senders.ended())[0] == 0
    found = await judge(town, most_unknown=HELD * len(points), most_extra=HELD * len(points))
    await books_are_exact(town, RECEIPTS_A_DEATH * len(points))
    record_property("measured", f"{len(points)} deaths: {found}")


async def test_killed_again_and_again(town: Town, senders: Nursery, record_property: Measured) -> None:
    """1, 2: kill -9 at random moments over reminders (at most once), receipts (at most two copies) and payments."""
    await town.settle_in(REMINDERS, RECEIPTS)
    chance, killed = dice("kill"), 0
    for number in range(KILLS):
        await senders.start(order(town, number))
        killed += await senders.killed_after(chance.uniform(0.0, LONGEST_LIFE_SECONDS))
    await senders.start(order(town, KILLS))
    assert (await senders.ended())[0] == 0
    found = await judge(town, most_unknown=HELD * killed, most_extra=HELD * killed)
    assert found.states.total() == REMINDERS + RECEIPTS
    assert found.states["sent"] + found.states["unknown"] == REMINDERS + RECEIPTS  # nothing is lost
    await books_are_exact(town, RECEIPTS)
    record_property("measured", f"{killed} kills over {REMINDERS} reminders and {RECEIPTS} receipts: {found}")

"""A corrected reading in chat: a manager decides about the bill, and the household hears the new sum with its readings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bot.billing import bill_period
from bot.commands.context import Desk
from bot.importing.columns import Row
from bot.importing.reading import Line
from bot.importing.storing import store
from domain.billing import read_period
from models.accounts import FeeItem
from models.bills import Bill, bill_lines
from models.staff import StaffTask
from tests.handlers.staff.world import World


def desk(world: World) -> Desk:
    return Desk(world.app.settings, world.database, world.clock, "cli")


async def bring(world: World, *readings: tuple[int, int, int], correction: str = "no") -> None:
    """Readings (month, day, figure) of 1-101's water."""
    rows = [
        Row(
            Line(number, ()),
            {
                "account_code": "1-101", "item": "水费", "read_on": date(2026, month, day), "reading": figure * 1000,
                "correction": correction,
            },
        )
        for number, (month, day, figure) in enumerate(readings)
    ]  # fmt: skip
    outcome = await store(
        desk(world), "readings", rows, ["correction"], file="r.csv", dry_run=False, advance=lambda done: None
    )
    assert outcome.refused == []


async def billed(world: World) -> None:
    """October's water of 1-101: 12 units at 4.10."""
    async with world.database.write() as session:
        session.add(
            FeeItem(
                community_id=1, item="水费", formula="metered", rate_yuan=Decimal("4.1"), cycle="month", due_day=10,
                starts_on=date(2026, 1, 1),
            )
        )  # fmt: skip
    await bring(world, (9, 30, 88), (10, 31, 100))
    assert (await bill_period(desk(world), read_period("2026-10"), "翠湖苑", dry_run=False)).issued == 1


async def water_fen(world: World) -> int:
    async with world.database.read() as session:
        return next(line.billed_fen for line in await bill_lines(session, [1]) if line.bill.item == "水费")


async def opened(world: World, name: str) -> None:
    await world.say(name, "/tasks")
    await world.press(name, "1 读数更正 1-101")


async def test_how_it_is_worked_out_names_the_readings(world: World) -> None:
    await billed(world)
    told = await world.say("r1-101", "/calculation")
    assert "2026年10月水费:88 (09-30) → 100 (10-31) = 12 × 4.10 = 49.20 元" in told
    assert "括号里是抄表日" in told
    assert "抄表日" not in await world.say("r1-102", "/calculation")
    await world.say("r1-101", "水费怎么算的")
    assert "88 (09-30) → 100 (10-31)" in world.last("r1-101")
    assert "水费这期没有" not in await world.say("r1-101", "/bill")


async def test_a_manager_decides_and_the_household_hears_it(world: World) -> None:
    await billed(world)
    await bring(world, (10, 31, 98), correction="yes")
    [task] = await world.rows(StaffTask)
    assert (task.kind, task.state) == ("reading", "open")
    assert "按新读数" in task.summary
    await opened(world, "collector")
    assert "按新读数更正" not in world.labels("collector")
    await opened(world, "second")
    await opened(world, "manager")
    assert await water_fen(world) == 4920
    told = await world.press("manager", "按新读数更正")
    assert "49.20 → 41.00 元" in told
    assert await water_fen(world) == 4100
    heard = world.last("r1-101")
    assert "88 (09-30) → 98 (10-31) = 10 × 4.10" in heard
    assert "这笔从 49.20 元改为 41.00 元" in heard
    [task] = await world.rows(StaffTask)
    assert (task.state, task.outcome) == ("done", "solved")
    assert {"reading.corrected", "bill.recalculate", "bill.adjust"} <= set(await world.audited())
    assert "处理过" in await world.press("second", "按新读数更正")
    assert await water_fen(world) == 4100
    assert "读数更正" not in await world.say("second", "/tasks")


async def test_a_bill_may_stay_as_it_is(world: World) -> None:
    await billed(world)
    await bring(world, (10, 31, 98), correction="yes")
    await opened(world, "manager")
    heard = len(world.lines("r1-101"))
    assert "维持 49.20 元不变" in await world.press("manager", "账单不变")
    assert await water_fen(world) == 4920
    assert len(world.lines("r1-101")) == heard
    assert [bill.basis for bill in await world.rows(Bill) if bill.item == "水费"] == [
        "88 (09-30) → 100 (10-31) = 12 × 4.10"
    ]

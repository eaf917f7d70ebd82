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
from domain.tariffs import read_steps
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


TWELVE = ((9, 30, 88), (10, 31, 100))


async def billed(
    world: World, readings: tuple[tuple[int, int, int], ...] = TWELVE, *, rate: str = "4.1", **terms: object
) -> None:
    """October's water of 1-101: 12 units at 4.10, unless it ran otherwise or there are other terms."""
    async with world.database.write() as session:
        session.add(
            FeeItem(
                community_id=1, item="水费", formula="metered", rate_yuan=Decimal(rate), cycle="month", due_day=10,
                starts_on=date(2026, 1, 1), **terms,
            )
        )  # fmt: skip
    await bring(world, *readings)
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


async def test_tiers_are_told_one_by_one_in_the_readers_language(world: World) -> None:
    tiers = read_steps("0-80:3;80-260:4;260-:5")
    await billed(world, ((1, 3, 10), *TWELVE), rate="3", tier_prices=tiers, tiers_per="year")
    told = await world.say("r1-101", "水费怎么算的")
    assert "2026年10月水费:88 (09-30) → 100 (10-31) = 12 (2026: 78 + 12): 2 × 3.00 + 10 × 4.00 = 46.00 元" in told
    assert "2026 年此前已用 78,这次用了 12,按全年累计分档:" in told
    assert "第 1 档(0 到 80):2 × 3.00" in told
    assert "第 2 档(80 到 260):10 × 4.00" in told
    await world.say("r1-101", "/settings")
    await world.press("r1-101", "English")
    told = await world.say("r1-101", "/calculation")
    assert "2026 so far: 78 before, 12 now; the tiers count the whole year:" in told
    assert "tier 2 (80 to 260): 10 × 4.00" in told


async def test_a_minimum_charge_is_told_with_what_the_use_comes_to(world: World) -> None:
    await billed(world, rate="3", tier_prices=read_steps("0-5:3;5-:4"), tiers_per="period", least_fen=5000)
    told = await world.say("r1-101", "水费怎么算的")
    assert "第 1 档(0 到 5):5 × 3.00" in told
    assert "第 2 档(5 以上):7 × 4.00" in told
    assert "按用量是 43.00 元,不到最低消费,按 50.00 元收。" in told
    assert "个周期" not in told


async def test_a_minimum_use_of_two_months_is_told(world: World) -> None:
    await billed(world, ((8, 31, 88), (10, 31, 100)), rate="3", least_thousandths=8000)
    told = await world.say("r1-101", "水费怎么算的")
    assert "88 (08-31) → 100 (10-31) = 12, ≥ 16: 16 × 3.00 = 48.00 元" in told
    assert "用了 12,不到最低用量 16,按 16 算。" in told
    assert "这次的用量是 2 个周期的,各档和最低标准都按 2 倍算。" in told
    assert "档(" not in told


async def test_who_has_no_meter_hears_of_no_tiers(world: World) -> None:
    await billed(world, rate="3", tier_prices=read_steps("0-80:3;80-:4"), tiers_per="year", least_fen=1000)
    assert "第 1 档(0 到 80):12 × 3.00" in await world.say("r1-101", "水费怎么算的")
    await world.say("r1-102", "/bill")
    assert "档" not in await world.say("r1-102", "/calculation")

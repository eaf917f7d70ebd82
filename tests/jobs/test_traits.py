"""What traits change from the plan to the outbox: words, type, buttons, the way; on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from domain.messages import Kind
from domain.rewards import read_rewards
from jobs import autopay, plan
from jobs.recompose import recompose
from models import facts
from models.accounts import Account
from models.base import Database
from models.outbox import Outbox
from models.staff import Staff, StaffTask
from tests.cast import CHEN, World, office

NOW = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
SOON, LATE = date(2026, 11, 30), date(2026, 11, 20)  # a week ahead; three days ago


@pytest.fixture
async def world(database: Database) -> World:
    world = World(database, office(), NOW)
    await world.household(CHEN)
    return world


async def written(world: World, traits: str, due_on: date) -> Outbox:
    """The reminder of a household with these traits."""
    await world.bill(1, due_on)
    async with world.database.write() as session:
        await session.execute(update(Account).values(traits=traits))
    await plan.run(world.database, world.office, NOW)
    (row,) = await world.rows()
    return row


def labels(row: Outbox) -> list[list[str]]:
    return [[button["label"] for button in each] for each in json.loads(row.choices)]


@pytest.mark.parametrize(
    ("traits", "due_on", "template"),
    [
        ("", SOON, "reminder.friendly"),
        ("", LATE, "reminder.gentle"),
        ("elderly", SOON, "reminder.elderly"),
        ("elderly", LATE, "reminder.elderly_late"),
        ("away", SOON, "reminder.away"),
        ("away", LATE, "reminder.away_late"),
        ("vip", LATE, "reminder.vip_late"),
        ("vacant", SOON, "reminder.vacant"),
        ("elderly;vacant", LATE, "reminder.vacant"),
    ],
)
async def test_each_trait_is_written_to_in_its_own_words(
    world: World, traits: str, due_on: date, template: str
) -> None:
    row = await written(world, traits, due_on)
    assert (row.kind, row.template) == (Kind.REMINDER, template)
    assert "286.40" in row.text


async def test_the_elderly_read_large_type_and_may_be_rung_up(world: World) -> None:
    row = await written(world, "elderly", LATE)
    assert "【286.40 元】" in row.text
    assert "\n\n" in row.text
    assert labels(row) == [["请打电话给我"], ["请上门帮我"], ["去缴费"], ["找人工"]]


async def test_an_empty_home_reads_the_rule_of_its_fee(world: World) -> None:
    rules = '[[vacant]]\nitems = ["物业费"]\nstarts_on = 2026-01-01\npercent = "70"\nafter_months = 6\n'
    world.office = replace(world.office, rewards=read_rewards(rules, "r"))
    row = await written(world, "vacant", LATE)
    assert "物业费：空置满 6 个月后按 70% 缴" in row.text
    assert labels(row)[0] == ["空置怎么算", "看明细"]


async def test_an_empty_home_without_a_rule_is_told_so(world: World) -> None:
    assert "收费约定里没有空置减免" in (await written(world, "vacant", LATE)).text


async def test_a_regular_reads_the_name_of_the_colleague_they_know(world: World) -> None:
    assert "有别的想法，找翠湖物业的同事" in (await written(world, "vip", LATE)).text


async def test_the_colleague_who_worked_for_them_last_comes_before_the_estates(world: World) -> None:
    estates, known = await world.staff("a"), await world.staff("b")
    await world.staff("m", role="manager")
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.id == estates).values(name="周敏"))
        await session.execute(update(Staff).where(Staff.id == known).values(name="李敏"))
    row = await written(world, "vip", SOON)
    assert "有事找周敏" in row.text
    async with world.database.write() as session:
        task = StaffTask(
            key="k", kind="call", account_id=1, assignee_id=known, created_at=NOW, due_at=NOW, state="done"
        )
        session.add(task)
    row = await recomposed(world, row.id)
    assert "有事找李敏" in row.text


async def recomposed(world: World, row_id: int) -> Outbox:
    async with world.database.write() as session:
        row = await session.get_one(Outbox, row_id)
        [case] = await facts.cases(session, world.office, [row], NOW)
        assert await recompose(session, world.office, case, NOW)
        return row


async def test_figures_that_changed_are_said_in_the_same_words_and_type(world: World) -> None:
    row = await written(world, "elderly", LATE)
    await world.pay(1, 10000)
    row = await recomposed(world, row.id)
    assert row.template == "reminder.elderly_late"
    assert "【186.40 元】" in row.text


async def test_the_elderly_are_called_and_nobody_rings_at_an_empty_home(world: World) -> None:
    for name, traits, days in (("e", "elderly", 7), ("a", "away", 30), ("n", "", 30)):
        account = await world.household(name, code=f"t-{name}", traits=traits)
        await world.bill(account, world.today - timedelta(days=days))
        async with world.database.write() as session:
            await session.execute(update(Account).values(first_contacted_on=world.today - timedelta(days=40)))
    rows = {row.account: (row.decision, row.stage) for row in await plan.run(world.database, world.office, NOW)}
    assert rows["t-e"] == ("staff", "call_elderly")
    assert rows["t-a"] == ("staff", "call_away")
    assert rows["t-n"] == ("staff", "visit")
    async with world.database.read() as session:
        kinds = {task.account_id: task.kind for task in await session.scalars(select(StaffTask))}
    assert sorted(kinds.values()) == ["call", "call", "visit"]


async def test_auto_payers_get_the_notice_of_the_day_before_and_no_reminder(world: World) -> None:
    await world.bill(1, world.today + timedelta(days=1))
    async with world.database.write() as session:
        await session.execute(update(Account).values(traits="auto_pay;vip"))
    for _ in range(3):
        (verdict,) = await plan.run(world.database, world.office, NOW)
        await autopay.run(world.database, world.office, NOW)
    assert verdict.reason == "auto_pay"
    (row,) = await world.rows()
    assert (row.kind, row.template) == (Kind.SERVICE, "autopay_notice.tomorrow")


async def test_a_household_in_need_gets_no_reminder_in_any_words(world: World) -> None:
    await world.bill(1, LATE)
    async with world.database.write() as session:
        await session.execute(update(Account).values(traits="elderly;hardship"))
    (verdict,) = await plan.run(world.database, world.office, NOW)
    assert (verdict.decision, verdict.reason) == ("wait", "hardship")
    assert await world.rows() == []

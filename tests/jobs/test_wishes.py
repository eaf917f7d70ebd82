"""What a person wishes of our messages is kept by those who send them: hours, spacing, channel, large type."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update

from jobs import plan
from models.base import Database
from models.outbox import Outbox, State
from models.people import Contact, Person
from tests.cast import CHEN, World, office

NOW = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
DUE = date(2026, 11, 30)  # a week ahead: the first stage is today's


@pytest.fixture
async def world(database: Database) -> World:
    """Ms Chen owes, and can be reached on both channels."""
    world = World(database, office(), NOW)
    account = await world.household(CHEN)
    await world.bill(account, DUE)
    async with database.write() as session:
        session.add(Contact(person_id=await world.person(CHEN), channel="telegram", user="77", chat="77"))
    return world


async def wish(world: World, **values: object) -> None:
    async with world.database.write() as session:
        await session.execute(update(Person).values(**values))


async def written(world: World) -> Outbox:
    (row,) = await world.rows()
    return row


async def test_own_hours_move_the_reminder_and_the_preview_says_so(world: World) -> None:
    await wish(world, hour_from=18, hour_until=20)
    foreseen = await plan.preview(world.database, world.office, world.today, NOW)
    assert await plan.run(world.database, world.office, NOW) == foreseen
    row = await written(world)
    assert world.at(world.today, 18) <= row.not_before <= world.at(world.today, 18, 30)
    assert foreseen[0].at == row.not_before.astimezone(world.office.zone).isoformat(timespec="seconds")


async def test_after_ones_own_hours_nothing_is_planned(world: World) -> None:
    await wish(world, hour_from=9, hour_until=12)
    rows = await plan.run(world.database, world.office, world.at(world.today, 13))
    assert [(row.decision, row.reason) for row in rows] == [("wait", "quiet_hours")]
    assert await world.rows() == []


@pytest.mark.parametrize(("spacing_days", "reason"), [(0, "due"), (7, "spacing")])
async def test_less_often_leaves_a_stage_out(world: World, spacing_days: int, reason: str) -> None:
    await wish(world, spacing_days=spacing_days)
    await plan.run(world.database, world.office, NOW)
    async with world.database.write() as session:
        await session.execute(update(Outbox).values(state=State.SENT, sent_at=NOW))
    later = NOW + timedelta(days=4)
    rows = await plan.preview(world.database, world.office, later.date(), later)
    assert rows[0].reason == reason


@pytest.mark.parametrize("channel", ["sandbox", "telegram"])
async def test_the_channel_a_person_likes_comes_first(world: World, channel: str) -> None:
    await wish(world, channel=channel)
    await plan.run(world.database, world.office, NOW)
    assert (await written(world)).channel == channel


async def test_a_channel_where_nobody_is_bound_is_passed_over(world: World) -> None:
    await wish(world, channel="wecom")
    await plan.run(world.database, world.office, NOW)
    assert (await written(world)).channel == "telegram"


async def test_large_type_reaches_reminders(world: World) -> None:
    await wish(world, large_type=True)
    await plan.run(world.database, world.office, NOW)
    row = await written(world)
    assert "【286.40 元】" in row.text
    assert "\n\n" in row.text

"""Visits on both databases: an hour is given once, a household has one visit under way, whoever is faster."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import select

from domain.clock import ManualClock
from models.base import Database
from models.staff import Staff
from models.visits import Visit, book, live_visit, offer_visit, route, taken_hours
from tests.models.test_people import account


async def office(database: Database, now: datetime, homes: int = 2) -> tuple[list[int], int]:
    """Households that were offered a visit by one colleague: the visits' ids, and the colleague's."""
    async with database.write() as session:
        member = Staff(channel="telegram", user="li", chat="li", name="李", role="collector")
        session.add(member)
        await session.flush()
        ids = []
        for number in range(homes):
            home = await account(session, f"3-120{number}", now)
            home.building = f"{9 - number}栋"
            visit = await offer_visit(session, home.id, None, member.id, now)
            assert visit is not None
            ids.append(visit.id)
        return ids, member.id


async def test_of_two_who_want_the_same_hour_one_gets_it_and_the_other_loses_nothing(
    database: Database, clock: ManualClock
) -> None:
    now, hour = clock.now(), clock.now() + timedelta(days=1)
    (first, second), staff_id = await office(database, now)
    async with database.write() as session:
        assert await book(session, await session.get_one(Visit, second), hour + timedelta(hours=2), "resident")

    async def wish(visit_id: int) -> bool:
        async with database.write() as session:
            return await book(session, await session.get_one(Visit, visit_id), hour, "resident")

    assert sorted(await asyncio.gather(wish(first), wish(second))) == [False, True]
    async with database.read() as session:
        rows = list(await session.scalars(select(Visit).order_by(Visit.id)))
        assert {each.state for each in rows if each.starts_at == hour} == {"booked"}
        assert len([each for each in rows if each.starts_at == hour]) == 1
        loser = next(each for each in rows if each.starts_at != hour)
        assert loser.starts_at in (None, hour + timedelta(hours=2))
        assert hour in await taken_hours(session, staff_id, now)


async def test_an_hour_that_was_cancelled_is_free_again_and_a_move_is_counted(
    database: Database, clock: ManualClock
) -> None:
    now, hour = clock.now(), clock.now() + timedelta(days=1)
    (first, second), _ = await office(database, now)
    async with database.write() as session:
        visit = await session.get_one(Visit, first)
        assert await book(session, visit, hour, "resident")
        assert await book(session, visit, hour + timedelta(hours=1), "resident")
        assert visit.moves == 1
        assert await book(session, await session.get_one(Visit, second), hour, "resident")
        visit.state = "cancelled"
    async with database.write() as session:
        assert not await book(session, await session.get_one(Visit, first), hour + timedelta(hours=2), "resident")


async def test_two_colleagues_at_once_begin_one_visit_with_a_household(database: Database, clock: ManualClock) -> None:
    now = clock.now()
    async with database.write() as session:
        home = await account(session, "5-1", now)
        members = [Staff(channel="telegram", user=name, chat=name, name=name, role="collector") for name in "ab"]
        session.add_all(members)
        await session.flush()
        ids, account_id = [each.id for each in members], home.id

    async def begin(staff_id: int) -> bool:
        async with database.write() as session:
            return await offer_visit(session, account_id, None, staff_id, now) is not None

    assert sorted(await asyncio.gather(*(begin(each) for each in ids))) == [False, True]
    async with database.read() as session:
        assert await live_visit(session, account_id) is not None


async def test_a_round_goes_by_building_then_by_hour(database: Database, clock: ManualClock) -> None:
    now, day = clock.now(), clock.now() + timedelta(days=1)
    ids, staff_id = await office(database, now, homes=3)
    async with database.write() as session:
        for number, visit_id in enumerate(ids):
            await book(session, await session.get_one(Visit, visit_id), day + timedelta(hours=number), "resident")
    async with database.read() as session:
        stops = await route(session, day - timedelta(hours=1), day + timedelta(hours=9), staff_id=staff_id)
        assert [stop.account.building for stop in stops] == ["7栋", "8栋", "9栋"]
        assert [stop.visitor for stop in stops] == ["李"] * 3

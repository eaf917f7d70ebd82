"""Tasks that a payment made needless are closed, on both databases; what else is under way stays."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from jobs import settled
from models.accounts import Account
from models.base import Database
from models.staff import AuditEntry, StaffTask, open_task
from models.visits import Visit, offer_visit
from tests.cast import CHEN, LI, World, office

NOW = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
DUE = date(2026, 11, 16)


@pytest.fixture
async def world(database: Database) -> World:
    """Ms Chen and Mr Li owe one bill each."""
    world = World(database, office(), NOW)
    for name in (CHEN, LI):
        await world.bill(await world.account(name), DUE)
    return world


async def task(world: World, account_id: int, kind: str = "call", source: str = "reminder/1") -> int:
    async with world.database.write() as session:
        account = await session.get_one(Account, account_id)
        key = f"task/{kind}/{account_id}/{source}"
        due_at = NOW + timedelta(days=3)
        found = await open_task(
            session, key=key, kind=kind, account=account, summary="", at=NOW, due_at=due_at, source=source
        )
        assert found is not None
        return found.id


async def live(world: World) -> list[int]:
    async with world.database.read() as session:
        query = select(StaffTask.id).where(StaffTask.state.in_(("open", "taken"))).order_by(StaffTask.id)
        return list(await session.scalars(query))


async def run(world: World, now: datetime = NOW) -> int:
    return await settled.run(world.database, world.office, now)


async def test_only_the_tasks_of_whoever_owes_nothing_are_closed_once_and_written_down(world: World) -> None:
    chen, li = await task(world, 1), await task(world, 2)
    assert await run(world) == 0
    await world.pay(1, 28640)
    await world.pay(2, 28639)  # one fen is open
    assert (await run(world), await run(world)) == (1, 0)
    assert await live(world) == [li]
    async with world.database.read() as session:
        closed = await session.get_one(StaffTask, chen)
        assert (closed.state, closed.outcome, closed.closed_at) == ("done", "settled", NOW)
        actions = [(each.action, each.subject) for each in await session.scalars(select(AuditEntry))]
        assert actions == [("task.settled", f"task/{chen}")]


async def test_work_that_is_not_about_money_stays(world: World) -> None:
    kinds = ("complaint", "hardship", "renewal", "follow_up", "claim")
    kept = [await task(world, 1, kind) for kind in kinds]
    kept.append(await task(world, 1, "review", "call/7"))  # a manager looks at a refusal
    for kind in ("visit", "letter", "promise", "plan_broken", "review"):
        await task(world, 1, kind)
    await world.pay(1, 28640)
    assert await run(world) == 5
    assert await live(world) == kept


async def test_a_colleague_at_it_finishes_and_an_appointment_is_kept(world: World) -> None:
    chen, li = await task(world, 1), await task(world, 2, "visit")
    staff_id = await world.staff()
    await world.pay(1, 28640)
    await world.pay(2, 28640)
    async with world.database.write() as session:
        await session.execute(
            update(StaffTask).where(StaffTask.id == chen).values(state="taken", assignee_id=staff_id, touched_at=NOW)
        )
        assert await offer_visit(session, 2, li, staff_id, NOW) is not None
    assert await run(world, NOW + timedelta(minutes=59)) == 0
    assert await run(world, NOW + timedelta(hours=1)) == 1
    assert await live(world) == [li]
    async with world.database.write() as session:
        await session.execute(update(Visit).values(state="cancelled"))
    assert await run(world, NOW + timedelta(hours=1)) == 1

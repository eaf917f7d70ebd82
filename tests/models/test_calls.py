"""Calls on both databases: the same one is written down once, whoever is faster, and a task is in one pair of hands."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.calls import Outcome
from domain.clock import ManualClock
from models.accounts import Account, by_code
from models.base import Database
from models.bills import record_payment
from models.calls import Call, CallFigures, call_results, calls_made, calls_of, log_call, take_task, wrong_number
from models.staff import Staff, StaffTask, open_task
from tests.models.test_people import account

ZONE = ZoneInfo("Asia/Shanghai")


async def office(database: Database, now: datetime) -> tuple[list[int], int]:
    """A household with a task to ring, and two colleagues: their ids, and the task's."""
    async with database.write() as session:
        home = await account(session, "3-1201", now)
        home.phone = "13800001234"
        staff = [Staff(channel="telegram", user=name, chat=name, name=name, role="collector") for name in "ab"]
        session.add_all(staff)
        task = await open_task(
            session, key="t", kind="call", account=home, summary="", at=now, due_at=now + timedelta(days=1)
        )
        await session.flush()
        assert task is not None
        return [each.id for each in staff], task.id


async def home(database: Database) -> Account:
    async with database.read() as session:
        found = await by_code(session, "3-1201")
        assert found is not None
        return found


async def test_two_at_once_write_the_same_call_down_once(database: Database, clock: ManualClock) -> None:
    now = clock.now()
    staff, task_id = await office(database, now)
    where = await home(database)

    async def write(staff_id: int, outcome: Outcome) -> Call | None:
        async with database.write() as session:
            return await log_call(
                session, where, 1, task_id=task_id, staff_id=staff_id, outcome=outcome, at=now, next_at=None
            )

    written = await asyncio.gather(write(staff[0], Outcome.REACHED), write(staff[1], Outcome.NO_ANSWER))
    assert sum(each is not None for each in written) == 1
    async with database.read() as session:
        assert await calls_made(session, where.id) == 1
        found = await call_results(session, now - timedelta(hours=1), now + timedelta(hours=1), ZONE)
        assert found.all.made == 1


async def test_of_two_who_begin_at_once_one_has_the_task(database: Database, clock: ManualClock) -> None:
    staff, task_id = await office(database, clock.now())

    async def take(staff_id: int) -> bool:
        async with database.write() as session:
            return await take_task(session, task_id, staff_id, clock.now())

    assert sorted(await asyncio.gather(*(take(each) for each in staff))) == [False, True]
    async with database.read() as session:
        task = await session.get_one(StaffTask, task_id)
        assert (task.state, task.assignee_id in staff) == ("taken", True)


async def test_a_number_is_wrong_until_another_stands_on_file(database: Database, clock: ManualClock) -> None:
    now = clock.now()
    staff, task_id = await office(database, now)
    where = await home(database)
    async with database.write() as session:
        await log_call(
            session,
            where,
            1,
            task_id=task_id,
            staff_id=staff[0],
            outcome=Outcome.WRONG_NUMBER,
            at=now,
            next_at=None,
        )
    async with database.read() as session:
        calls = [call for call, _ in await calls_of(session, where.id, 5)]
    assert wrong_number(where, calls)
    where.phone = "139 0000 5678"
    assert not wrong_number(where, calls)
    where.phone = ""
    assert wrong_number(where, [])


async def test_the_results_are_counted_by_colleague_and_community_and_money_for_the_last_call(
    database: Database, clock: ManualClock
) -> None:
    now = clock.now()
    staff, _ = await office(database, now - timedelta(days=9))
    where = await home(database)
    outcomes = ((0, 8, Outcome.NO_ANSWER), (0, 3, Outcome.REACHED), (1, 1, Outcome.PROMISED))
    async with database.write() as session:
        for number, (who, days_ago, outcome) in enumerate(outcomes, start=1):
            at = now - timedelta(days=days_ago)
            await log_call(
                session, where, number, task_id=None, staff_id=staff[who], outcome=outcome, at=at, next_at=None
            )
        today = now.astimezone(ZONE).date()
        await record_payment(session, where.id, 28640, today, "bank", "T-1", now, on=today)
    async with database.read() as session:
        month = await call_results(session, now - timedelta(days=30), now, ZONE)
        week = await call_results(session, now - timedelta(days=2), now, ZONE, where.community_id)
        elsewhere = await call_results(session, now - timedelta(days=30), now, ZONE, where.community_id + 1)
    assert month.all == CallFigures("", 3, 2, 1, 1)
    assert list(month.members) == [CallFigures("a", 2, 1, 0, 0), CallFigures("b", 1, 1, 1, 1)]
    assert [(each.made, each.paid) for each in month.communities] == [(3, 1)]
    assert week.all == CallFigures("", 1, 1, 1, 1)
    assert elsewhere.all.made == 0

"""Switches with an end, job runs taken once, the right to be alone, and a database that keeps its promises."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from domain.clock import ManualClock
from models.base import Database, UtcDateTime, async_url
from models.reminders import ContactCount, count_contacts
from models.runtime import KILL_SWITCH, JobRun, finish_job, kill_switch, set_switch, start_job

TODAY = date(2026, 11, 23)
PATIENCE = 30  # seconds; only a busy machine needs more than a moment


async def test_the_kill_switch_ends_by_itself(database: Database, clock: ManualClock) -> None:
    now = clock.now()
    async with database.write() as session:
        await set_switch(session, KILL_SWITCH, True, until=now + timedelta(hours=2), reason="x", by="zhao")
        assert await kill_switch(session, now + timedelta(hours=2)) is None
        found = await kill_switch(session, now + timedelta(minutes=119))
        assert found is not None
        assert found.reason == "x"
    async with database.write() as session:
        await set_switch(session, KILL_SWITCH, True, until=None, reason="y", by="zhao")
    async with database.read() as session:
        assert await kill_switch(session, now + timedelta(days=900)) is not None


async def test_a_moment_of_a_job_is_taken_once(database: Database, clock: ManualClock) -> None:
    slot = clock.now()
    taken = await asyncio.gather(*(start_job(database, "plan", slot, slot) for _ in range(10)))
    assert taken.count(True) == 1
    await finish_job(database, "plan", slot, slot, summary="ok")
    async with database.read() as session:
        assert [(run.summary, run.error) for run in await session.scalars(select(JobRun))] == [("ok", "")]


async def test_one_alone_and_the_next_when_it_goes(database: Database) -> None:
    other = Database(database.url)
    async with database.alone("lane/x") as mine:
        assert mine is not None
        await mine()
        async with other.alone("lane/y") as free:
            assert free is not None
        async with other.alone("lane/x") as taken:
            assert (taken is None) is not database.is_sqlite
    async with asyncio.timeout(PATIENCE):
        while not await _may_be_alone(other):
            pass  # PostgreSQL ends a session, and with it the right, a moment after it is told to
    await other.close()


async def _may_be_alone(database: Database) -> bool:
    async with database.alone("lane/x") as taken:
        return taken is not None


async def test_no_update_is_lost(database: Database) -> None:
    """Read, think, write: by twelve at once. With the driver's own BEGIN most of these were lost."""
    async with database.write() as session:
        await count_contacts(session, [("account", 1)], TODAY, 0)

    async def add() -> None:
        for _ in range(10):
            async with database.write() as session:
                row = (await session.scalars(select(ContactCount).with_for_update())).one()
                await asyncio.sleep(0)
                row.number += 1

    await asyncio.gather(*(add() for _ in range(12)))
    async with database.read() as session:
        assert await session.scalar(select(func.sum(ContactCount.number))) == 120


async def test_a_view_is_consistent(database: Database) -> None:
    async with database.read() as session:
        before = await session.scalar(select(func.count()).select_from(ContactCount))
        async with database.write() as writing:
            await count_contacts(writing, [("account", 1)], TODAY)
        assert await session.scalar(select(func.count()).select_from(ContactCount)) == before == 0


async def test_an_error_undoes_the_whole_block(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as session:
            await count_contacts(session, [("account", 1)], TODAY)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(ContactCount)) == 0


async def test_cancelled_transactions_leave_no_lock(database: Database) -> None:
    async def work() -> None:
        async with database.write() as session:
            await count_contacts(session, [("account", 1)], TODAY)
            await asyncio.sleep(0.01)

    for n in range(30):
        task = asyncio.create_task(work())
        await asyncio.sleep(n * 0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.wait_for(work(), 10)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 11, 23), None)  # type: ignore[arg-type]  # noqa: DTZ001


def test_only_two_kinds_of_database() -> None:
    assert async_url("sqlite:///x").startswith("sqlite+aiosqlite")
    assert async_url("postgresql://u:p@h/d") == "postgresql+psycopg://u:p@h/d"
    with pytest.raises(ValueError, match="use sqlite or postgresql"):
        async_url("mysql://h/d")


async def test_sqlite_is_opened_as_it_must_be(database: Database) -> None:
    if not database.is_sqlite:
        async with database.read() as session:
            assert await session.scalar(text("show transaction_isolation")) == "repeatable read"
        return
    async with database.read() as session:
        found = [
            await session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]

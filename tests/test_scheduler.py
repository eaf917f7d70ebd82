"""The timetable: what is due when, once for each moment, whoever ticks; a failing job stops nobody."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

import scheduler
from domain.clock import ManualClock
from domain.office import Office
from models.base import Database
from models.runtime import JobRun
from scheduler import JOBS, Entry, latest, next_run, tick
from tests.cast import office

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-23T10:05", "2026-11-23T10:00"),
        ("2026-11-23T10:00", "2026-11-23T10:00"),  # the moment itself
        ("2026-11-23T20:59", "2026-11-23T20:50"),
        ("2026-11-24T03:00", "2026-11-23T20:50"),  # at night: yesterday's last one, once
    ],
)
def test_the_latest_moment_of_a_timetable(now: str, expected: str) -> None:
    assert latest("*/10 8-20 * * *", SHANGHAI, local(now)) == local(expected)


def test_a_moment_that_a_clock_change_skips_is_not_lost() -> None:
    new_york = ZoneInfo("America/New_York")
    after = datetime(2026, 3, 8, 12, tzinfo=new_york)  # 02:00–03:00 does not exist on this day
    found = latest("30 2 * * *", new_york, after)
    assert found is not None
    assert timedelta() <= after - found <= timedelta(hours=25)


def test_after_a_long_absence_nothing_older_than_a_day_is_made_up_for() -> None:
    assert latest("0 3 1 1 *", SHANGHAI, local("2026-11-23T10:00")) is None


def test_every_job_is_named_once_and_has_a_readable_timetable() -> None:
    names = [entry.name for entry in JOBS]
    assert len(set(names)) == len(names)
    assert all(latest(entry.cron, SHANGHAI, local("2026-11-23T10:00")) for entry in JOBS)
    order = [names.index(name) for name in ("holds", "promises", "plans", "plan")]
    assert order == sorted(order)  # the ladder looks at what the others leave behind


def test_the_next_run_is_in_the_offices_time() -> None:
    found = next_run(office(), local("2026-11-23T21:00"))
    assert found == local("2026-11-24T08:00")


def counting(times: list[datetime]) -> Entry:
    async def job(database: Database, office: Office, now: datetime) -> int:
        times.append(now)
        return len(times)

    return Entry("count", "*/10 * * * *", job)


async def test_a_moment_is_taken_once_however_many_tick(database: Database, clock: ManualClock) -> None:
    times: list[datetime] = []
    words = office()
    await asyncio.gather(*(tick(database, words, clock.now(), jobs=[counting(times)]) for _ in range(5)))
    assert len(times) == 1
    clock.advance(timedelta(minutes=9))
    await tick(database, words, clock.now(), jobs=[counting(times)])
    assert len(times) == 1
    clock.advance(timedelta(minutes=1))
    await tick(database, words, clock.now(), jobs=[counting(times)])
    assert len(times) == 2


async def test_missed_moments_are_made_up_for_once(database: Database, clock: ManualClock) -> None:
    times: list[datetime] = []
    await tick(database, office(), clock.now(), jobs=[counting(times)])
    clock.advance(timedelta(days=3))
    for _ in range(3):
        await tick(database, office(), clock.now(), jobs=[counting(times)])
    assert len(times) == 2


async def test_an_explicit_tick_runs_it_in_any_case(database: Database, clock: ManualClock) -> None:
    times: list[datetime] = []
    for _ in range(3):
        ran = await tick(database, office(), clock.now(), jobs=[counting(times)], on_demand=True)
        assert [each.name for each in ran] == ["count"]
    assert len(times) == 3


async def test_a_failing_job_is_recorded_and_stops_nobody(database: Database, clock: ManualClock) -> None:
    async def fail(database: Database, office: Office, now: datetime) -> None:
        raise ValueError("no such thing")

    times: list[datetime] = []
    ran = await tick(database, office(), clock.now(), jobs=[Entry("fail", "* * * * *", fail), counting(times)])
    assert [(each.name, each.error) for each in ran] == [("fail", "ValueError"), ("count", "")]
    async with database.read() as session:
        runs = {run.job: run for run in await session.scalars(select(JobRun))}
    assert runs["fail"].error == "ValueError: no such thing"
    assert (runs["count"].summary, runs["count"].error) == ("1", "")
    assert runs["count"].finished_at is not None


async def test_only_one_job_when_one_is_named(database: Database, clock: ManualClock) -> None:
    ran = await tick(database, office(), clock.now(), only="plan", on_demand=True)
    assert [each.name for each in ran] == ["plan"]


async def test_nightly_jobs_run_on_demand_only_by_name(database: Database, clock: ManualClock) -> None:
    clock.jump(datetime(2026, 11, 23, 2, tzinfo=UTC))
    await tick(database, office(), clock.now())
    names = {each.name for each in await tick(database, office(), clock.now(), on_demand=True)}
    assert "housekeeping" not in names
    only = await tick(database, office(), clock.now(), only="housekeeping", on_demand=True)
    assert [each.name for each in only] == ["housekeeping"]


async def test_the_timer_only_ticks(clock: ManualClock) -> None:
    ticked = asyncio.Event()

    async def on_tick(now: datetime) -> None:
        assert now == clock.now()
        ticked.set()

    timer = scheduler.timer(clock, on_tick)
    timer.start()
    (job,) = timer.get_jobs()
    assert (job.coalesce, job.max_instances, job.misfire_grace_time) == (True, 1, None)
    job.modify(next_run_time=datetime(2026, 1, 1, tzinfo=UTC))
    await asyncio.wait_for(ticked.wait(), 10)
    timer.shutdown(wait=False)

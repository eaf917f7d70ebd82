"""Clocks that jump, zones with summer time, ends of months, a leap day: nothing twice, nothing at night, no wrong due day."""

from __future__ import annotations

from calendar import isleap
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.channels.channel import Sendable
from domain.billing import due_on
from domain.clock import ManualClock, at_local
from domain.errors import TryLater
from domain.messages import Kind, Receipt
from domain.plans import add_months
from models.invariants import findings
from models.outbox import Outbox
from models.verdicts import opening_of
from tests.bench.world import fill
from tests.cast import office
from tests.fire.days import Days, Platform, by_text
from tests.fire.scene import SEED, dice, fresh, size

Measured = Callable[[str, object], None]
JUMPS = tuple(timedelta(seconds=seconds) for seconds in (3600, -3600, 2 * 86400, -2 * 86400, 0.5, -0.5, -90))
ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
)


class Stepping(Platform):
    """Somebody sets the clock while requests are under way."""

    dice: Random
    jumps = 0

    async def send(self, message: Sendable) -> Receipt:
        receipt = await super().send(message)
        if self.dice.random() < 0.2:
            self.clock.advance(self.dice.choice(JUMPS))
            self.jumps += 1
        return receipt


async def test_somebody_sets_the_clock(
    sqlite_template: Path,
    tmp_path: Path,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Measured,
) -> None:
    """15: +1 h, −1 h, ±2 days and small steps at any moment, also within a lease: no copy, no night, one a day."""
    chance = dice("clock")
    database = fresh(sqlite_template, tmp_path)
    platform = Stepping(clock=clock)
    platform.dice = chance
    days = Days(database, office(), platform, clock).hold_time(monkeypatch)
    await fill(database, size(40, 400), days.office.today(clock.now()) - timedelta(days=1))
    for _ in range(size(60, 1500)):
        await days.work()
        if chance.random() < 0.1:
            days.restart()
        if chance.random() < 0.3:
            clock.advance(chance.choice(JUMPS))
            platform.jumps += 1
        days.pass_by(timedelta(minutes=chance.choice((1, 20, 240))))
    async with database.read() as session:
        rows = by_text(list(await session.scalars(select(Outbox))))
    assert set(platform.copies().values()) == {1}, f"seed {SEED}"
    daily: Counter[tuple[str, date]] = Counter()
    for request in platform.log:
        local = request.at.astimezone(days.office.zone)
        row = rows[request.chat, request.text]
        assert row.kind == Kind.REMINDER
        assert time(9) <= local.time() < time(20), f"seed {SEED}: {row.key} at {local}"
        daily[request.chat, local.date()] += 1
    assert max(daily.values()) == 1, f"seed {SEED}"
    assert await findings(database) == []
    await database.close()
    record_property("measured", f"{platform.jumps} jumps, {len(platform.log)} reminders, no copy")


class Slow(Platform):
    """The queue takes its time, and the platform tells us to come later, more often than not."""

    dice: Random

    async def send(self, message: Sendable) -> Receipt:
        self.down = None
        if self.dice.random() < 0.5:
            wait = timedelta(seconds=self.dice.randrange(1, 7200))
            self.down = TryLater("429", at=self.clock.now() + wait, free=True)
        return await super().send(message)


@pytest.mark.parametrize("name", ZONES)
async def test_nothing_starts_at_night(
    sqlite_template: Path,
    tmp_path: Path,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Measured,
    name: str,
) -> None:
    """16: the days of a year in six zones, with delays in the queue and RetryAfter: no request inside quiet hours."""
    chance = dice(f"night/{name}")
    database = fresh(sqlite_template, tmp_path)
    platform = Slow(clock=clock)
    platform.dice = chance
    days = Days(database, office(timezone=name), platform, clock).hold_time(monkeypatch)
    zone, year = ZoneInfo(name), 2026
    for number in sorted(chance.sample(range(365), size(6, 365))):
        day = date(year, 1, 1) + timedelta(days=number)
        clock.jump(at_local(day, chance.choice((time(7, 50), time(8, 55), time(19, 50), time(21, 50))), zone))
        days.restart()
        await days.lane.start()
        for kind in (Kind.RECEIPT, Kind.SERVICE, Kind.BROADCAST, Kind.ANNOUNCEMENT):
            for n in range(2):
                await days.say(f"{day}/{kind}/{n}", f"{kind}{n}", kind)
        for _ in range(size(10, 24)):
            await days.lane._claim()
            days.pass_by(
                timedelta(seconds=chance.choice((0, 0, 0.3, 0.8, 60, 600)))
            )  # between the claim and the request
            days.lane._start_sending()
            await days.settled()
            await days.lane._settle()
            days.pass_by(timedelta(seconds=chance.randrange(1, 1800)))
    for request in platform.log:
        local = request.at.astimezone(zone)
        about = request.text.split("/")[1]
        opens, closes = (8, 22) if about in ("receipt", "service") else (9, 20)
        assert time(opens) <= local.time() < time(closes), f"seed {SEED}: {request.text} at {local}"
    arrived = sum(1 for request in platform.log if request.accepted)
    assert arrived > 0
    assert max(platform.copies().values()) == 1, f"seed {SEED}"
    await database.close()
    record_property("measured", f"{len(platform.log)} requests, {arrived} arrived, none at night")


def last_day(year: int, month: int) -> int:
    return (31, 29 if isleap(year) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def test_due_days_at_the_ends_of_months() -> None:
    """15: due days 1–31 of every month and parts a month apart from every day, 2023–2032, against a plain table."""
    for year in range(2023, 2033):
        for month in range(1, 13):
            for day in range(1, 32):
                here = date(year, month, min(day, last_day(year, month)))
                assert due_on(date(year, month, 1), day) == here
                for later in range(13):
                    ahead, at = divmod(month - 1 + later, 12)
                    wanted = date(year + ahead, at + 1, min(here.day, last_day(year + ahead, at + 1)))
                    assert add_months(here, later) == wanted


@pytest.mark.parametrize("name", ZONES)
def test_the_opening_is_nine_o_clock_by_the_wall(name: str) -> None:
    """15: on every day of two years, summer time or not, a household's own minute lies within the hour after nine."""
    words = office(timezone=name)
    policy = words.policy(words.kind)
    day = date(2027, 1, 1)
    while day < date(2029, 1, 1):
        local = opening_of(policy, words, day, f"H{day.toordinal()}").astimezone(ZoneInfo(name))
        assert (local.date(), local.hour) == (day, 9)
        assert 1 <= local.minute <= 25
        midnight = at_local(day, time(0), ZoneInfo(name))
        assert midnight <= opening_of(policy, words, day, "H").astimezone(UTC) < midnight + timedelta(hours=26)
        day += timedelta(days=1)


def test_the_leap_day_is_a_day() -> None:
    """15: 29 February ends the month of a leap year, and the month after it begins on time."""
    assert due_on(date(2028, 2, 1), 31) == date(2028, 2, 29) == add_months(date(2028, 1, 31), 1)
    assert add_months(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert datetime(2028, 3, 1, tzinfo=UTC) - datetime(2028, 2, 29, tzinfo=UTC) == timedelta(days=1)

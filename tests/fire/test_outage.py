"""The platform or the bot itself is away for hours or days: afterwards nothing stale, nothing at night, nothing at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select, update

import scheduler
from bot.channels.telegram import TelegramChannel
from bot.lanes import Lane
from bot.settings import Telegram
from domain.breaker import FAILURES_IN_A_ROW, LOOK_BACK
from domain.clock import ManualClock, StartedClock, monotonic
from domain.errors import DeliveryError, TryLater, Unknown
from domain.messages import Kind
from models.base import Database
from models.bills import Bill
from models.invariants import findings
from models.outbox import CLAIMABLE, Outbox, State
from tests.bench.world import fill
from tests.cast import office
from tests.fire.days import Days, Platform, by_text
from tests.fire.scene import SEED, Town, dice, fresh, size
from tests.telegram_server.server import TelegramServer

Measured = Callable[[str, object], None]
HOUSEHOLDS = size(72, 900)
OUTAGE = timedelta(hours=6)
DUE_IN_DAYS = (4, -3, -6)  # of every third household: its stage ends tomorrow, goes on, ends tomorrow
REPLIES = 8


async def due_by_turns(database: Database, days: tuple[int, ...], today: date) -> None:
    """Household n's bill is due in days[n mod len(days)] days."""
    async with database.write() as session:
        for turn, each in enumerate(days):
            mine = Bill.account_id % len(days) == turn
            await session.execute(update(Bill).where(mine).values(due_on=today + timedelta(days=each)))


async def all_rows(database: Database) -> list[Outbox]:
    async with database.read() as session:
        return list(await session.scalars(select(Outbox).order_by(Outbox.id)))


@pytest.mark.parametrize("fault", [TryLater("no connection"), Unknown("502")], ids=["refused", "in doubt"])
async def test_the_platform_is_down_for_hours(
    sqlite_template: Path,
    tmp_path: Path,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Measured,
    fault: DeliveryError,
) -> None:
    """9: down 16:30–22:30, and the next day 08:30–14:30 over the end of a stage: hours, caps and stages are kept."""
    database = fresh(sqlite_template, tmp_path)
    days = Days(database, office(), Platform(clock=clock), clock).hold_time(monkeypatch)
    clock.jump(days.at(16, 30) + timedelta(seconds=dice("down").randrange(600)))
    today = days.office.today(clock.now())
    await fill(database, HOUSEHOLDS, today)
    await due_by_turns(database, DUE_IN_DAYS, today)
    for n in range(REPLIES):
        await days.say(f"reply/{n}", f"9{n}")
    outages = []
    for _ in range(2):
        began = clock.now()
        days.platform.down = fault
        await days.until(began + OUTAGE, timedelta(seconds=15))
        days.platform.down = None
        outages.append((began, clock.now()))
        await days.until(days.at(8, 30, day=1) if len(outages) == 1 else days.at(20), timedelta(minutes=5))

    rows = by_text(await all_rows(database))
    reminded: Counter[tuple[str, date]] = Counter()
    for request in days.platform.log:
        row = rows[request.chat, request.text]
        local = request.at.astimezone(days.office.zone)
        story = f"seed {SEED}: {row.key} at {local}"
        if row.kind == Kind.REMINDER:
            assert time(9) <= local.time() < time(20), story
            assert row.expires_at is not None and request.at < row.expires_at, story  # noqa: PT018
            reminded[request.chat, local.date()] += request.accepted
    assert max(reminded.values()) == 1, f"seed {SEED}"
    assert set(days.platform.copies().values()) == {1}, f"seed {SEED}"
    probes = 0
    for began, ended in outages:
        failed = [request.at for request in days.platform.log if began <= request.at < ended]
        knocks = failed[LOOK_BACK + days.platform.limits.concurrency :]
        probes += len(knocks)
        assert all(late - early >= timedelta(seconds=30) for early, late in pairwise(knocks)), f"seed {SEED}"
        assert len(failed) > FAILURES_IN_A_ROW
    states = Counter((row.state, row.reason if row.state != State.SENT else "") for row in rows.values())
    assert states["cancelled", "window_over"] > 0  # the stages that ended while nobody could be reached
    assert states["dead", "attempts"] == 0, f"seed {SEED}: given up, though only the platform was away: {states}"
    stages = Counter(row.stage for row in rows.values() if row.state == State.SENT)
    assert stages["soon"] > 0
    assert stages["offer_plan"] > 0  # the next stages came in their place
    assert await findings(database) == []
    await database.close()
    shown = ", ".join(f"{number} {' '.join(filter(None, state))}" for state, number in sorted(states.items()))
    record_property("measured", f"{HOUSEHOLDS} households, {probes} probes in 12 h: {shown}")


AWAY = timedelta(days=3)
# Days after the due day, and the stage then; nothing where it was carried out before, or is the group's.
ON_THE_DAY_OF_RETURN = {-4: "", -2: "soon", 1: "", 4: "gentle", 6: "", 8: "offer_plan", 16: ""}


async def test_the_bot_is_away_for_three_days(
    sqlite_template: Path, tmp_path: Path, clock: ManualClock, server: TelegramServer, record_property: Measured
) -> None:
    """14: three days without the bot: everyone gets the stage of that day or nothing, at the platform's pace, in one go."""
    households = size(84, 2100)
    town = Town(fresh(sqlite_template, tmp_path), server, clock.now())
    people = [server.user(f"住户{n}") for n in range(households)]
    for person in people:
        person.start()
    today = town.office.today(town.now)
    back_on = today + AWAY
    offsets = tuple(ON_THE_DAY_OF_RETURN)
    await fill(town.database, households, today, first_chat=people[0].id - 1)
    await due_by_turns(town.database, tuple(-days for days in offsets), back_on)
    for moment in (town.now, town.now + AWAY):
        clock.jump(moment)
        running = StartedClock(moment)
        channel = TelegramChannel(Telegram(enabled=True, token=server.token, base_url=server.base_url), running)
        ran = await scheduler.tick(town.database, town.office, moment)
        assert [each.error for each in ran if each.error] == []
        before, began = len(server.accepted("sendMessage")), monotonic()
        await Lane(town.database, channel, town.office, running).drain()
        await channel.stop()
        sent = len(server.accepted("sendMessage")) - before
        assert sent <= channel.limits.global_per_second * (monotonic() - began + 1), "faster than the platform allows"
    again = await scheduler.tick(town.database, town.office, moment + timedelta(minutes=10))
    assert [each.error for each in again if each.error] == []

    rows = by_text(await town.rows())
    assert [row.key for row in rows.values() if row.state in CLAIMABLE] == []  # one tick, one pass
    got: dict[int, list[str]] = {}
    for call in server.accepted("sendMessage")[before:]:
        got.setdefault(call.chat or 0, []).append(rows[str(call.chat), call.text or ""].stage)
    for number, person in enumerate(people, start=1):
        expected = ON_THE_DAY_OF_RETURN[offsets[number % len(offsets)]]
        assert got.get(person.id, [""]) == [expected], f"household {number}"
    assert await findings(town.database) == []
    await town.database.close()
    stages = Counter(stage for each in got.values() for stage in each)
    record_property("measured", f"{households} households: {dict(stages)} on the day of return")

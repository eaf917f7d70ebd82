"""Many at once: lanes at one cap, processes at one minute, a payment against its reminder, cancelled work."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event, func, insert, select, update

from bot.lanes import Lane
from domain.clock import ManualClock, StartedClock, monotonic
from domain.ladder import Reason
from domain.messages import Address, Kind, OutgoingMessage
from domain.office import Office
from domain.pacing import Limits
from jobs import plan
from models import agreements, bulk
from models.base import Database
from models.bills import LedgerEntry, Payment, record_payment
from models.invariants import findings
from models.outbox import CLAIMABLE, Context, Outbox, State
from models.people import Person
from models.posting import Draft, post_all
from models.reminders import ContactCount, Reminder
from tests.bench.world import fill
from tests.cast import office
from tests.channel_double import Scripted
from tests.fire.hands import DAY, TASKS
from tests.fire.scene import SEED, dice, fresh, size

Measured = Callable[[str, object], None]
HANDS = Path(__file__).with_name("hands.py")
PROCESSES = 3
BILL_FEN = 28640


async def all_hands(work: str, url: str, argument: str) -> None:
    """The same work by several processes that begin at the same moment."""
    pipe = asyncio.subprocess.PIPE
    words = (sys.executable, str(HANDS), work, url, argument)
    hands = [await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe) for _ in range(PROCESSES)]
    for hand in hands:
        assert hand.stdout is not None
        assert await hand.stdout.readline() == b"ready\n"
    ends = await asyncio.gather(*(hand.communicate(b"go\n") for hand in hands))
    assert [hand.returncode for hand in hands] == [0] * PROCESSES, ends


async def test_twenty_messages_race_for_a_cap_of_three(
    database: Database, clock: ManualClock, record_property: Measured
) -> None:
    """12: twenty messages to each of fifty households on four channels at once, three a day allowed: exactly 150 go."""
    households, tries = size((15, 20), (50, 20))
    words = office()
    three = {kind: replace(policy, per_day=3, per_week=3) for kind, policy in words.policies.items()}
    words = replace(words, policies=three)
    names = ("sandbox", "telegram", "wechat", "wecom")
    await fill(database, households, words.today(clock.now()))
    drafts = [
        Draft(
            Address(names[n % len(names)], f"{home}-{n}"),
            OutgoingMessage("test", f"{home}", kind=Kind.BROADCAST),
            f"{home}/{n}",
            Context(person_id=home, account_id=home),
        )
        for n in range(tries)
        for home in range(1, households + 1)
    ]
    async with database.write() as session:
        await post_all(session, drafts, clock.now())
    channels = [Scripted(name=name) for name in names]
    databases = [database if database.is_sqlite else Database(database.url) for _ in names]
    lanes = [
        Lane(each, channel, words, StartedClock(clock.now())) for each, channel in zip(databases, channels, strict=True)
    ]
    await asyncio.gather(*(lane.drain() for lane in lanes))
    granted = Counter(message.text for channel in channels for _, message in channel.sent)
    assert granted == {str(home): 3 for home in range(1, households + 1)}, f"seed {SEED}"
    async with database.read() as session:
        states = await session.execute(
            select(Outbox.state, Outbox.reason, func.count()).group_by(Outbox.state, Outbox.reason)
        )
        found = {(state, reason): number for state, reason, number in states}
    assert found["cancelled", "cap"] == households * (tries - 3)
    for each in {*databases} - {database}:
        await each.close()
    record_property("measured", f"{granted.total()} of {len(drafts)} granted to {households} households")


async def test_three_processes_tick_the_same_minute(
    database: Database, clock: ManualClock, record_property: Measured
) -> None:
    """13: three processes plan the same minute: one message a household, no duplicate."""
    bills = size(60, 10_000)
    await fill(database, bills, office().today(clock.now()) - timedelta(days=3))
    await all_hands("tick", database.url, clock.now().isoformat())
    async with database.read() as session:
        keys = list(await session.scalars(select(Outbox.key)))
        accounts = set(await session.scalars(select(Reminder.account_id).where(Reminder.outbox_id.is_not(None))))
        reminders = await session.scalar(select(func.count()).select_from(Reminder))
    assert len(keys) == len(set(keys)) == len(accounts) == reminders == bills
    assert await findings(database) == []
    record_property("measured", f"{len(keys)} rows for {bills} bills, {database.engine.dialect.name}")


async def test_no_update_is_lost_between_processes(
    sqlite_template: Path, tmp_path: Path, record_property: Measured
) -> None:
    """18: twelve tasks in three processes read, think and write one counter: exact, and nobody is told of a lock."""
    times = size(12, 1000)
    database = fresh(sqlite_template, tmp_path)
    async with database.write() as session:
        await session.execute(insert(ContactCount).values(scope="account", subject_id=1, day=DAY, number=0))
    await all_hands("add", database.url, str(times))
    async with database.read() as session:
        counted = await session.scalar(select(ContactCount.number))
    await database.close()
    assert counted == PROCESSES * TASKS * times
    record_property("measured", f"{counted} of {PROCESSES * TASKS * times}")


async def test_what_commits_before_the_request_counts(
    sqlite_template: Path, tmp_path: Path, clock: ManualClock, record_property: Measured
) -> None:
    """17: a payment, a stop or a dispute commits while the reminder waits or is claimed: none starts 1 s later."""
    households = size(200, 10_000)
    database, words, chance = fresh(sqlite_template, tmp_path), office(), dice("commit")
    late, committed, sent = await commits_against_sending(database, words, clock, households, chance.random)
    await database.close()
    assert late == [], f"seed {SEED}"
    assert 0 < sent < households
    record_property(
        "measured", f"{committed} commits: {sent} reminders went before, {households - sent} were taken back"
    )


async def commits_against_sending(
    database: Database, words: Office, clock: ManualClock, households: int, chance: Callable[[], float]
) -> tuple[list[str], int, int]:
    """Plan a reminder for every household, send them while each pays, stops or disputes at some moment.

    Returns the requests that started more than a second after the commit, the number of commits and of requests.
    """
    today = words.today(clock.now())
    await fill(database, households, today - timedelta(days=3))
    await plan.run(database, words, clock.now())
    platform = Scripted(name="telegram", limits=Limits(size(120, 100), 1000, 1000))
    lane = Lane(database, platform, words, StartedClock(clock.now()))
    running = asyncio.create_task(lane.run())
    moments = sorted((chance() * households * 0.7, int(chance() * 3), home) for home in range(1, households + 1))
    committed_at: dict[str, float] = {}
    for threshold, act, home in moments:
        while len(platform.sent) < threshold and not running.done() and await waiting(database):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        async with database.write() as session:
            now = lane.clock.now()
            if act == 0:
                await record_payment(session, home, BILL_FEN, today, "bank", f"r{home}", now, on=today, thanked=True)
            elif act == 1:
                await session.execute(update(Person).where(Person.id == home).values(stopped_at=now))
            else:
                until = today + timedelta(days=15)
                await agreements.hold(session, home, Reason.DISPUTED, f"dispute/{home}", until, now, (home,))
        committed_at[str(1000 + home)] = monotonic()
    while await waiting(database):  # noqa: ASYNC110 (the outbox is in another process's hands, too)
        await asyncio.sleep(0.05)
    await lane.stop()
    await running
    late = [
        f"household {message.chat}: {at - committed_at[message.chat]:.2f} s after the commit"
        for at, message in platform.sent
        if at > committed_at[message.chat] + 1.0
    ]
    assert max(Counter(message.chat for _, message in platform.sent).values()) == 1
    return late, len(committed_at), len(platform.sent)


async def waiting(database: Database) -> bool:
    """Whether anything is still to come."""
    async with database.read() as session:
        query = select(Outbox.id).where(Outbox.state.in_((*CLAIMABLE, State.SENDING))).limit(1)
        return await session.scalar(query) is not None


async def test_a_storm_of_cancellations(database: Database, clock: ManualClock, record_property: Measured) -> None:
    """19: tasks are cancelled at any moment of their transactions: no half payment, no lost connection, no lock."""
    number, chance = size(200, 10_000 if database.is_sqlite else 2000), dice(f"storm/{database.engine.dialect.name}")
    words = office()
    today, now = words.today(clock.now()), clock.now()
    households = 20
    await fill(database, households, today)
    open_now: set[int] = set()
    event.listen(database.engine.sync_engine, "checkout", lambda _, record, proxy: open_now.add(id(record)))
    event.listen(database.engine.sync_engine, "checkin", lambda _, record: open_now.discard(id(record)))

    async def pay(n: int) -> None:
        home = n % households + 1
        async with database.write() as session:
            # So little that no bill is ever paid off: each payment has its allocation.
            await record_payment(session, home, 10, today, "bank", f"r{n}", now, on=today, thanked=True)

    async def look(n: int) -> None:
        async with database.read() as session:
            await session.scalar(select(func.count()).select_from(LedgerEntry))
            await asyncio.sleep(0)
            await session.scalar(select(func.count()).select_from(Payment))

    async def cancelled(n: int) -> bool:
        task = asyncio.create_task(pay(n) if n % 4 else look(n))
        await asyncio.wait({task}, timeout=chance.random() * chance.choice((0.002, 0.02, 0.2)))
        task.cancel()
        ended = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ended[0], asyncio.CancelledError | None), ended
        return ended[0] is not None

    torn = 0
    for batch in batches(range(number), 20):
        torn += sum(await asyncio.gather(*(cancelled(n) for n in batch)))
    assert open_now == set()
    async with asyncio.timeout(30):  # no lock is left
        await pay(number)
    async with database.read() as session:
        payments = await session.scalar(select(func.count()).select_from(Payment)) or 0
        entries = await session.scalar(select(func.count()).select_from(LedgerEntry)) or 0
    assert entries == households + 2 * payments  # a charge each; of each payment itself and its allocation
    assert await findings(database) == []
    assert 0 < torn < number
    record_property("measured", f"{torn} of {number} torn, {payments} whole payments, {database.engine.dialect.name}")


def batches(numbers: Iterable[int], width: int) -> list[list[int]]:
    everything = list(numbers)
    return [everything[start : start + width] for start in range(0, len(everything), width)]


async def test_one_payment_told_fifty_times(database: Database, clock: ManualClock, record_property: Measured) -> None:
    """23: the same payments told fifty times at once, shuffled, some with another sum, by one or by lists: one entry each."""
    payments, tellers = size((8, 50), (100, 50))
    words, chance = office(), dice(f"told/{database.engine.dialect.name}")
    today, now = words.today(clock.now()), clock.now()
    await fill(database, payments, today)
    doors = [Database(database.url) for _ in range(4)]
    recorded: list[tuple[int, int]] = []
    refused = 0

    async def tell(home: int, teller: int) -> None:
        nonlocal refused
        fen = 10_000 if chance.random() < 0.7 else chance.randrange(1, 50_000)
        await asyncio.sleep(chance.random() * 0.05)
        async with doors[teller % len(doors)].write() as session:
            if teller % 5:
                made = await record_payment(session, home, fen, today, "bank", f"r{home}", now, on=today, thanked=True)
                new = made is not None
            else:
                told = bulk.NewPayment(home, fen, today, "bank", f"r{home}", True)
                new = await bulk.record_payments(session, [told], today, now, actor="x") == 1
        if new:
            recorded.append((home, fen))
        else:
            refused += 1

    told = [(home, teller) for home in range(1, payments + 1) for teller in range(tellers)]
    chance.shuffle(told)
    await asyncio.gather(*(tell(*each) for each in told))
    for door in doors:
        await door.close()
    assert sorted(home for home, _ in recorded) == list(range(1, payments + 1)), f"seed {SEED}"
    async with database.read() as session:
        rows = await session.execute(
            select(Payment.account_id, Payment.amount_fen, func.count(LedgerEntry.id))
            .join(LedgerEntry, LedgerEntry.payment_id == Payment.id)
            .group_by(Payment.id)
        )
        assert sorted((home, fen, n) for home, fen, n in rows) == sorted((home, fen, 1) for home, fen in recorded)
    assert await findings(database) == []
    record_property(
        "measured", f"{payments} payments told {len(told)} times: {len(recorded)} entries, {refused} refused"
    )

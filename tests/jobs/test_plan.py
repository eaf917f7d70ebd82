"""Planning: what preview says is what the tick does, each reminder once however often and by however many it is planned."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

import scheduler
from bot.lanes import Lane
from domain.clock import ManualClock
from domain.ladder import Reason
from jobs import plan
from models.accounts import Account, Community
from models.agreements import Claim, Complaint, Dispute, Plan, PlanPart, Promise, release
from models.base import Database
from models.outbox import Outbox
from models.people import Contact, Person, bind
from models.reminders import Reminder, ReminderBill, Run, WaitRow
from models.staff import StaffTask
from models.verdicts import Row
from tests.cast import CHEN, LI, World, office
from tests.channel_double import Scripted


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, office(), clock.now())


async def planned(world: World) -> list[Row]:
    """One tick at the world's moment; the rows of its plan job."""
    ran = await scheduler.tick(world.database, world.office, world.now, on_demand=True)
    assert [each.error for each in ran if each.error] == []
    (rows,) = (each.result for each in ran if each.name == "plan")
    assert isinstance(rows, list)
    return rows


async def counts(world: World) -> dict[str, int]:
    async with world.database.read() as session:
        return {
            table.__tablename__: await session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Reminder, ReminderBill, Outbox, StaffTask)
        }


async def random_world(world: World, seed: int, size: int = 60) -> None:
    """Households in every state a fee office knows, from one seed."""
    dice = random.Random(seed)
    today = world.today
    for n in range(size):
        kind = "training" if dice.random() < 0.2 else "property"
        owner = f"person-{n if dice.random() < 0.8 else max(0, n - 1)}"
        traits = dice.choice(["", "", "", "", "hardship", "auto_pay", "elderly"])
        account = await world.account(owner, code=f"{seed}-{n}", kind=kind, traits=traits)
        if dice.random() < 0.85:
            person = await world.person(owner)
            async with world.database.write() as session:
                await bind(session, account, person, "owner", world.now)
                if dice.random() < 0.08:
                    await session.execute(update(Person).where(Person.id == person).values(stopped_at=world.now))
                if dice.random() < 0.08:
                    await session.execute(update(Contact).where(Contact.person_id == person).values(state="blocked"))
        bills = []
        for m in range(dice.randint(0, 3)):
            due = today + timedelta(days=dice.choice([-400, -61, -31, -16, -15, -8, -7, -5, -3, -1, 0, 2, 3, 6, 7, 20]))
            bills.append(
                await world.bill(account, due, dice.choice([50, 9900, 28640]), item=f"费用{m}", period="2026-11")
            )
        if bills and dice.random() < 0.3:
            await world.pay(account, dice.choice([50, 9900, 28640, 100000]))
        if dice.random() < 0.25:
            async with world.database.write() as session:
                await session.execute(
                    update(Account).where(Account.id == account).values(first_contacted_on=today - timedelta(days=20))
                )
        if bills and dice.random() < 0.6:
            await agree(world, account, bills, dice)
    async with world.database.write() as session:
        for community in await session.scalars(select(Community)):
            if dice.random() < 0.15:
                community.paused_until = world.at(world.today + timedelta(days=2), 0)


async def agree(world: World, account: int, bills: list[int], dice: random.Random) -> None:
    """A promise, a plan, a claim, a dispute, a complaint or a hardship, running or run out."""
    today, ends = world.today, world.today + timedelta(days=dice.choice([-3, -1, 0, 1, 5]))
    what = dice.choice(["promise", "plan", "waiting_plan", "claim", "dispute", "complaint", "hardship"])
    row: Promise | Plan | Claim | Dispute | Complaint | None = None
    async with world.database.write() as session:
        if what == "promise":
            row = Promise(account_id=account, due_on=ends, amount_fen=28640, created_at=world.now)
        elif what in ("plan", "waiting_plan"):
            state = "active" if what == "plan" else "waiting"
            row = Plan(account_id=account, total_fen=9900, state=state, created_at=world.now)
        elif what == "claim":
            row = Claim(account_id=account, created_at=world.now)
        elif what == "dispute":
            row = Dispute(account_id=account, bill_id=bills[0], text="?", created_at=world.now)
        elif what == "complaint":
            row = Complaint(account_id=account, text="?", created_at=world.now)
        if row is not None:
            session.add(row)
            await session.flush()
        if what == "plan":
            assert isinstance(row, Plan)
            first = today + timedelta(days=dice.choice([-10, -4, -3, -1, 0, 2, 6]))
            session.add_all(
                PlanPart(plan_id=row.id, number=n, due_on=first + timedelta(days=30 * n), amount_fen=4950)
                for n in (1, 2)
            )
            session.add(PlanPart(plan_id=row.id, number=0, due_on=first, amount_fen=1))
        number = row.id if row is not None else account
    source = f"{'plan' if what == 'waiting_plan' else what}/{number}"
    reason, held = {
        "promise": (Reason.PROMISED, bills),
        "plan": (Reason.ON_PLAN, bills),
        "waiting_plan": (Reason.ON_PLAN, bills),
        "claim": (Reason.CLAIMED, bills),
        "dispute": (Reason.DISPUTED, bills[:1]),
        "complaint": (Reason.COMPLAINT, []),
        "hardship": (Reason.HARDSHIP, []),
    }[what]
    until = ends if what != "plan" else today + timedelta(days=dice.choice([-1, 20]))
    await world.hold(account, reason, until, *held, source=source)
    if dice.random() < 0.1:
        async with world.database.write() as session:
            await release(session, source, world.now)


@pytest.mark.parametrize("seed", range(4))
async def test_preview_is_what_the_tick_then_does(database: Database, clock: ManualClock, seed: int) -> None:
    """Five days in a row, deliveries and payments in between; a second tick of a day writes nothing new."""
    world = World(database, office(approve_first_run=seed == 3), clock.now())
    await random_world(world, seed)
    dice, channel = random.Random(seed), Scripted()
    seen: Counter[str] = Counter()
    for day in range(5):
        clock.jump(world.at(date(2026, 11, 23) + timedelta(days=day), 10))
        world.now = clock.now()
        foretold = await plan.preview(database, world.office, world.today, world.at(world.today, 9))
        done = await planned(world)
        assert done == foretold, f"seed {seed}, day {day}"
        seen.update(row.reason for row in done)
        before = await counts(world)
        await planned(world)
        assert await counts(world) == before, f"seed {seed}, day {day}"
        if seed == 3 and day == 1:
            async with database.write() as session:
                await session.execute(update(Run).values(state="approved"))
        clock.advance(timedelta(minutes=30))
        await Lane(database, channel, world.office, clock).drain()
        for account in dice.sample(range(1, 61), 3):
            await world.pay(account, 9900, reference=f"{day}/{account}")
    assert len(seen) >= 8, seen
    chats = Counter((message.chat) for _, message in channel.sent if message.chat.startswith("chat-"))
    assert chats


async def test_planning_three_times_at_once_writes_each_reminder_once(world: World) -> None:
    for n in range(40):
        account = await world.household(f"person-{n}", code=f"c{n}")
        await world.bill(account, world.today - timedelta(days=3 if n % 2 else 15))
    async with world.database.write() as session:  # a household never contacted would start with a message
        await session.execute(update(Account).values(first_contacted_on=world.today - timedelta(days=90)))
    several = [world.database] if world.database.is_sqlite else [Database(world.database.url) for _ in range(3)]
    databases = several * (3 if world.database.is_sqlite else 1)
    ran = await asyncio.gather(
        *(plan.run(database, world.office, world.now) for database in databases), return_exceptions=True
    )
    refused = [each for each in ran if isinstance(each, BaseException)]
    assert all(isinstance(each, plan.AnotherRun) for each in refused)
    assert len(refused) < len(ran)  # one had the day for itself
    found = await counts(world)
    assert (found["reminders"], found["outbox"], found["staff_tasks"]) == (40, 20, 20)
    async with world.database.read() as session:
        assert (
            await session.scalar(select(func.count()).where(Reminder.outbox_id.is_(None), Reminder.task_id.is_(None)))
            == 0
        )
    for database in several:
        if database is not world.database:
            await database.close()


async def test_after_three_days_off_each_household_hears_at_most_its_current_stage(
    world: World, clock: ManualClock
) -> None:
    """Planned, then three days of nothing: what is too late is taken back, and nobody gets two."""
    channel = Scripted()
    for n in range(12):
        account = await world.household(f"person-{n}", code=f"c{n}")
        await world.bill(account, world.today - timedelta(days=3 + n % 4))
    await planned(world)
    clock.jump(world.at(world.today + timedelta(days=3), 10))
    world.now = clock.now()
    await planned(world)
    clock.advance(timedelta(minutes=30))
    for _ in range(2):
        await Lane(world.database, channel, world.office, clock).drain()
        await planned(world)
    assert max(Counter(message.chat for _, message in channel.sent).values()) == 1
    async with world.database.read() as session:
        rows = list(await session.execute(select(Outbox.stage, Outbox.state, Outbox.reason)))
    assert {(stage, state) for stage, state, _ in rows} <= {
        ("gentle", "sent"),
        ("gentle", "cancelled"),
        ("offer_plan", "sent"),
    }


async def test_spacing_counts_from_the_day_a_reminder_went_out(world: World, clock: ManualClock) -> None:
    account = await world.household(CHEN)
    await world.bill(account, world.today - timedelta(days=3))
    await planned(world)
    clock.jump(world.at(world.today + timedelta(days=3), 10))  # the bot was off; the gentle window is still open
    await Lane(world.database, Scripted(), world.office, clock).drain()
    world.now = clock.now() + timedelta(days=1)
    assert [(row.decision, row.reason) for row in await planned(world)] == [("wait", "spacing")]
    world.now = clock.now() + timedelta(days=3)
    assert [(row.decision, row.stage) for row in await planned(world)] == [("remind", "offer_plan")]


async def test_several_flats_share_one_message(world: World) -> None:
    for code in ("a", "b", "c"):
        account = await world.household(CHEN, code=code)
        await world.bill(account, world.today - timedelta(days=3))
    rows = await planned(world)
    assert {(row.decision, row.at) for row in rows} == {("remind", rows[0].at)}
    found = await counts(world)
    assert (found["reminders"], found["outbox"]) == (3, 1)
    assert (await world.rows())[0].text.count("286.40") == 3


async def test_tuition_waits_when_the_flat_is_spoken_of(world: World) -> None:
    for kind in ("property", "training"):
        account = await world.household(CHEN, code=kind, kind=kind)
        await world.bill(account, world.today - timedelta(days=3))
    assert [(row.decision, row.reason) for row in await planned(world)] == [("remind", "due"), ("wait", "cap")]


async def test_the_first_run_waits_for_a_manager(world: World) -> None:
    world.office = office(approve_first_run=True)
    for name, days in ((CHEN, 3), (LI, 15)):
        await world.bill(await world.household(name), world.today - timedelta(days=days))
    assert {row.reason for row in await planned(world)} == {"awaiting_approval"}
    await planned(world)
    async with world.database.read() as session:
        run = (await session.scalars(select(Run))).one()
        tasks = list(await session.scalars(select(StaffTask.kind)))
    assert (run.state, run.remind, run.staff, tasks) == ("awaiting", 2, 0, ["run"])


async def test_why_nobody_was_reminded_is_kept_as_stretches(world: World) -> None:
    await world.bill(await world.account(CHEN), world.today - timedelta(days=3))
    first = world.today
    for _ in range(3):
        await planned(world)
        world.now += timedelta(days=1)
    async with world.database.read() as session:
        rows = [(row.reason, row.since_on, row.last_on) for row in await session.scalars(select(WaitRow))]
    assert rows == [("no_channel", first, first + timedelta(days=2))]


async def test_after_the_window_nothing_is_planned(world: World) -> None:
    world.now = world.at(world.today, 20, 1)
    await world.bill(await world.household(CHEN), world.today - timedelta(days=3))
    assert [(row.decision, row.reason) for row in await planned(world)] == [("wait", "quiet_hours")]
    assert (await counts(world))["outbox"] == 0


async def test_a_plan_nobody_approved_becomes_a_task_and_rests_until_it_is_answered(world: World) -> None:
    account = await world.household(CHEN)
    bill = await world.bill(account, world.today - timedelta(days=3))
    async with world.database.write() as session:
        asked = Plan(account_id=account, total_fen=28640, state="waiting", created_at=world.now)
        session.add(asked)
        await session.flush()
        session.add(PlanPart(plan_id=asked.id, number=1, due_on=world.today, amount_fen=28640))
    await world.hold(account, Reason.ON_PLAN, world.today, bill, source=f"plan/{asked.id}")
    assert [row.reason for row in await planned(world)] == ["on_plan"]
    world.now += timedelta(days=1)
    assert [row.reason for row in await planned(world)] == ["on_plan"]
    async with world.database.read() as session:
        assert list(await session.scalars(select(StaffTask.kind))) == ["hold"]
    world.now += timedelta(days=4)
    assert [row.reason for row in await planned(world)] == ["on_plan"]
    async with world.database.write() as session:
        await session.execute(update(Plan).values(state="declined"))
    assert [row.decision for row in await planned(world)] == ["remind"]

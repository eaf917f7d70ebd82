"""Every pause ends in a task with a clock: one test per kind, with the real jobs on a real database."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from domain.clock import local_date
from domain.gate import Cancel, gate
from domain.ladder import Reason
from domain.messages import Kind
from jobs import holds, plans, promises
from jobs import plan as planning
from models import facts
from models.accounts import Account
from models.agreements import Complaint, Dispute, Hold, Plan, PlanPart, Promise, release
from models.base import Database
from models.calls import to_call_one
from models.outbox import Context, Outbox
from models.reminders import Reminder, ReminderBill
from models.staff import StaffTask
from tests.cast import CHEN, World, office

NOW = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
ENDS = date(2026, 11, 30)
HOUSEHOLD = (Reason.COMPLAINT, Reason.HARDSHIP)
BY_ITSELF = (*HOUSEHOLD, Reason.CLAIMED, Reason.DISPUTED)


@pytest.fixture
def world(database: Database) -> World:
    return World(database, office(), NOW)


async def tasks(world: World) -> list[StaffTask]:
    async with world.database.read() as session:
        return list(await session.scalars(select(StaffTask).order_by(StaffTask.id)))


async def live(world: World) -> list[Hold]:
    async with world.database.read() as session:
        return list(await session.scalars(select(Hold).where(Hold.released_at.is_(None))))


async def decision(world: World, on: datetime) -> str:
    rows = await planning.preview(world.database, world.office, world.office.today(on), on)
    return f"{rows[0].decision} {rows[0].reason}"


@pytest.mark.parametrize("reason", BY_ITSELF)
async def test_a_pause_that_runs_out_is_handed_to_staff(world: World, reason: Reason) -> None:
    account = await world.household(CHEN)
    bill = await world.bill(account, date(2026, 11, 26))
    await world.hold(account, reason, ENDS, *([] if reason in HOUSEHOLD else [bill]))
    last_day, after = world.at(ENDS, 10), world.at(ENDS + timedelta(days=1), 10)
    assert await holds.run(world.database, world.office, last_day) == 0
    assert await decision(world, last_day) == f"wait {reason}"
    assert await holds.run(world.database, world.office, after) == 1
    (task,) = await tasks(world)
    assert (task.kind, task.state, task.blocks, task.account_id) == ("hold", "open", True, account)
    clock = timedelta(days=world.office.policy("property").holds.task_days)
    assert local_date(task.due_at, world.office.zone) == ENDS + timedelta(days=1) + clock
    assert await live(world) == []
    assert await decision(world, after) == "wait staff_task"
    assert await holds.run(world.database, world.office, after) == 0
    assert reason.value not in task.summary, "staff read words, no codes"


async def asked(world: World, account: int, bill: int, kind: str) -> None:
    """Something that waits for our answer, with its pause."""
    rows: dict[str, Plan | Dispute | Complaint] = {
        "plan": Plan(account_id=account, total_fen=28640, state="waiting", created_at=NOW),
        "dispute": Dispute(account_id=account, bill_id=bill, text="面积不对", created_at=NOW),
        "complaint": Complaint(account_id=account, text="保安态度不好", created_at=NOW),
    }
    async with world.database.write() as session:
        session.add(rows[kind])
        await session.flush()
        source = f"{kind}/{rows[kind].id}"
    await world.hold(account, WHY[kind], ENDS, *([] if kind == "complaint" else [bill]), source=source)


WHY = {"plan": Reason.ON_PLAN, "dispute": Reason.DISPUTED, "complaint": Reason.COMPLAINT}


@pytest.mark.parametrize("kind", WHY)
async def test_who_waits_for_our_answer_hears_nothing_of_money_however_long_it_takes(world: World, kind: str) -> None:
    account = await world.household(CHEN)
    bill = await world.bill(account, date(2026, 11, 26))
    reminder = await queued_reminder(world, account, bill)
    await asked(world, account, bill, kind)
    long_after = world.at(ENDS + timedelta(days=12), 10)  # the task's own clock has run out as well
    assert await holds.run(world.database, world.office, long_after) == 1
    world.now = long_after + timedelta(days=20)
    assert await decision(world, world.now) == f"wait {WHY[kind]}"
    async with world.database.write() as session:
        await session.execute(update(Account).values(phone="13800001234"))
    async with world.database.read() as session:
        row = await session.get_one(Outbox, reminder)
        [case] = await facts.cases(session, world.office, [row], world.now)
        (task,) = await tasks(world)
        found = await to_call_one(session, world.office, task, await session.get_one(Account, account), world.now)
    verdict = gate(case.kind, case.facts, world.office.policy("property"), world.office.zone, world.now)
    assert verdict == Cancel(WHY[kind])
    assert (task.kind, found.blocked) == ("hold", Reason.AWAITING_US)


@pytest.mark.parametrize("kind", WHY)
async def test_once_we_have_answered_the_ladder_goes_on(world: World, kind: str) -> None:
    account = await world.household(CHEN)
    bill = await world.bill(account, date(2026, 11, 26))
    await asked(world, account, bill, kind)
    async with world.database.write() as session:
        for table, state in ((Plan, "declined"), (Dispute, "rejected"), (Complaint, "answered")):
            await session.execute(update(table).values(state=state))
        await release(session, f"{kind}/1", NOW)
    assert await decision(world, world.at(date(2026, 11, 30), 10)) == "remind due"


async def queued_reminder(world: World, account: int, bill: int) -> int:
    """A reminder of this bill that has not gone out yet."""
    person = await world.payer_of(account)
    context = Context(person_id=person, account_id=account, source="reminder/1")
    row = await world.say("remind/1", "chat-chen", Kind.REMINDER, context=context)
    async with world.database.write() as session:
        session.add(
            Reminder(
                key="remind/1",
                account_id=account,
                anchor_bill_id=bill,
                stage="friendly",
                decision="remind",
                created_at=NOW,
                decided_on=world.today,
                policy_hash="x",
                outbox_id=row,
            )
        )
        await session.flush()
        session.add(ReminderBill(reminder_id=1, bill_id=bill, open_fen=28640))
    return row


async def test_a_pause_whose_bill_is_paid_ends_without_a_task(world: World) -> None:
    account = await world.household(CHEN)
    bill = await world.bill(account, date(2026, 11, 26))
    await world.hold(account, Reason.CLAIMED, ENDS, bill)
    await world.pay(account, 28640)
    assert await holds.run(world.database, world.office, world.at(ENDS + timedelta(days=1), 10)) == 0
    assert (await live(world), await tasks(world)) == ([], [])


async def test_a_promise_that_is_not_kept_is_handed_to_staff(world: World) -> None:
    account = await world.household(CHEN)
    bill, person = await world.bill(account, date(2026, 11, 26)), await world.person(CHEN)
    async with world.database.write() as session:
        promise = Promise(account_id=account, person_id=person, due_on=ENDS, amount_fen=28640, created_at=NOW)
        session.add(promise)
        await session.flush()
        source = f"promise/{promise.id}"
    await world.hold(account, Reason.PROMISED, ENDS, bill, source=source)
    on_the_day, after = world.at(ENDS, 10), world.at(ENDS + timedelta(days=1), 10)
    assert (await promises.run(world.database, world.office, on_the_day))["reminded"] == 1
    assert (await promises.run(world.database, world.office, on_the_day))["reminded"] == 0
    assert (await promises.run(world.database, world.office, after))["broken"] == 1
    (task,) = await tasks(world)
    assert (task.kind, task.blocks) == ("promise", True)
    assert await live(world) == []
    assert await decision(world, after) == "wait staff_task"


async def plan_of_two(world: World, account: int, bill: int) -> None:
    person = await world.person(CHEN)
    async with world.database.write() as session:
        plan = Plan(account_id=account, person_id=person, total_fen=28640, state="active", created_at=NOW)
        session.add(plan)
        await session.flush()
        for number, due_on in enumerate((ENDS, date(2026, 12, 30)), start=1):
            session.add(PlanPart(plan_id=plan.id, number=number, due_on=due_on, amount_fen=14320))
        source = f"plan/{plan.id}"
    await world.hold(account, Reason.ON_PLAN, date(2026, 12, 30), bill, source=source)


async def test_a_part_that_stays_open_breaks_the_plan_and_is_handed_to_staff(world: World) -> None:
    account = await world.household(CHEN)
    await plan_of_two(world, account, await world.bill(account, date(2026, 11, 26)))
    after_grace = world.at(ENDS + timedelta(days=4), 10)
    assert (await plans.run(world.database, world.office, world.at(date(2026, 11, 27), 10)))["reminded"] == 1
    assert (await plans.run(world.database, world.office, world.at(ENDS + timedelta(days=3), 10)))["reminded"] == 1
    assert (await plans.run(world.database, world.office, after_grace))["broken"] == 1
    (task,) = await tasks(world)
    assert (task.kind, task.blocks) == ("plan_broken", True)
    assert await decision(world, after_grace) == "wait staff_task"


async def test_a_plan_that_is_paid_is_done_without_a_task(world: World) -> None:
    account = await world.household(CHEN)
    await plan_of_two(world, account, await world.bill(account, date(2026, 11, 26)))
    await world.pay(account, 28640)
    assert (await plans.run(world.database, world.office, world.at(ENDS, 10)))["done"] == 1
    assert (await live(world), await tasks(world)) == ([], [])

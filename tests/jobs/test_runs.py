"""Runs that wait for a manager: drafted once a day, compared with what holds now, let go, and nothing beyond them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

import scheduler
from domain.clock import ManualClock
from domain.policy import Action
from domain.runs import Approval, RunState, compare
from jobs import plan
from models.accounts import Account
from models.base import Database
from models.reminders import Reminder, Run
from models.runs import decide_run, latest_run, rows_of
from models.staff import StaffTask
from models.verdicts import Row, decide_all, planned
from tests.cast import CHEN, LI, WANG, World, office


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    plain = office()
    policies = {kind: replace(policy, approval=Approval.ANY) for kind, policy in plain.policies.items()}
    return World(database, replace(plain, policies=policies), clock.now())


async def ticked(world: World) -> list[Row]:
    ran = await scheduler.tick(world.database, world.office, world.now, only="plan", on_demand=True)
    (rows,) = (each.result for each in ran)
    assert isinstance(rows, list)
    return rows


async def drafted(world: World) -> Run:
    async with world.database.read() as session:
        run = await latest_run(session)
    assert run is not None
    return run


async def approved(world: World, run: Run) -> bool:
    async with world.database.write() as session:
        return await decide_run(session, run.id, RunState.APPROVED, "staff/1", world.now)


async def test_a_day_waits_for_its_approval_and_then_sends_what_was_drafted(world: World) -> None:
    await world.staff("boss", "manager")
    for name in (CHEN, LI):
        await world.bill(await world.household(name), world.today - timedelta(days=3))
    assert {row.reason for row in await ticked(world)} == {"awaiting_approval"}
    run = await drafted(world)
    assert (run.state, run.remind, run.staff, run.drafted_by) == ("draft", 2, 0, "schedule")
    await ticked(world)
    assert (await drafted(world)).id == run.id  # once a day
    assert [row.template for row in await world.rows()] == ["task.run_draft"]

    await world.bill(await world.household(WANG), world.today - timedelta(days=3))  # came after the draft
    assert await approved(world, run)
    assert not await approved(world, run)  # one answer
    foretold = await plan.preview(world.database, world.office, world.today, world.now)
    rows = await ticked(world)
    assert rows == foretold
    assert [(row.decision, row.reason) for row in rows] == [
        *(("remind", "due"), ("remind", "due"), ("wait", "awaiting_approval"))
    ]
    world.now += timedelta(days=1)
    assert {row.reason for row in await ticked(world)} == {"no_stage", "awaiting_approval"}
    assert (await drafted(world)).id != run.id  # an approval is of one day


async def test_what_changed_since_the_draft_is_told_with_the_reason(world: World) -> None:
    first, second = await world.household(CHEN), await world.household(LI)
    for account in (first, second):
        await world.bill(account, world.today - timedelta(days=3))
    await ticked(world)
    run = await drafted(world)
    await world.pay(first, 28640)
    await world.bill(second, world.today - timedelta(days=7), item="车位费")
    async with world.database.write() as session:  # one never contacted would start at the gentlest
        known = world.today - timedelta(days=90)
        await session.execute(update(Account).where(Account.id == second).values(first_contacted_on=known))
    third = await world.household(WANG)
    await world.bill(third, world.today - timedelta(days=3))
    async with world.database.read() as session:
        now = planned(await decide_all(session, world.office, world.today, world.now))
        found = compare(await rows_of(session, run.id), now)
    assert {account: plan.stage for account, plan in found.new.items()} == {third: "gentle"}
    assert {account: plan.reason for account, plan in found.gone.items()} == {first: "paid"}
    assert {account: (was.stage, plan.stage) for account, (was, plan) in found.changed.items()} == {
        second: ("gentle", "offer_plan")
    }
    assert found
    assert not compare({}, {})


async def test_two_runs_at_the_same_time_are_refused(world: World) -> None:
    if world.database.is_sqlite:
        return  # a file has one owner
    async with world.database.alone("plan") as mine:
        assert mine is not None
        with pytest.raises(plan.AnotherRun, match="another run is at work"):
            await plan.run(world.database, world.office, world.now)
    assert await plan.run(world.database, world.office, world.now) == []


async def asking(world: World) -> tuple[int, int]:
    """A household that was asked for a tap two days ago; the account and the bill."""
    world.office = office()
    policies = dict(world.office.policies)
    own = policies["property"]
    stages = tuple(
        replace(each, action=Action.ACKNOWLEDGE, answer_hours=24) if each.name == "gentle" else each
        for each in own.stages
    )
    policies["property"] = replace(own, stages=stages)
    world.office = replace(world.office, policies=policies)
    account = await world.household(CHEN)
    bill = await world.bill(account, world.today - timedelta(days=3))
    await ticked(world)
    (row,) = await world.rows()
    assert "收到" in row.choices
    async with world.database.write() as session:
        kept = await session.get_one(type(row), row.id)
        kept.state, kept.sent_at = "sent", world.now
    return account, bill


async def unanswered_tasks(world: World) -> int:
    ran = await scheduler.tick(world.database, world.office, world.now, only="acknowledgements", on_demand=True)
    assert [each.error for each in ran] == [""]
    async with world.database.read() as session:
        return len(list(await session.scalars(select(StaffTask.id).where(StaffTask.kind == "call"))))


async def test_silence_after_a_reminder_that_asks_for_a_tap_becomes_a_call(world: World) -> None:
    await asking(world)
    world.now += timedelta(hours=23)
    assert await unanswered_tasks(world) == 0
    world.now += timedelta(hours=1)
    assert await unanswered_tasks(world) == 1
    assert await unanswered_tasks(world) == 1  # once


async def test_who_paid_is_not_called(world: World) -> None:
    account, _ = await asking(world)
    await world.pay(account, 28640)
    world.now += timedelta(hours=30)
    assert await unanswered_tasks(world) == 0
    async with world.database.read() as session:
        assert (await session.scalars(select(Reminder.answered_at))).one() is not None

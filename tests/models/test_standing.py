"""Standings read from tables: each obstacle alone gives its reason; channels in the policy's order; spans kept apart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from domain.clock import ManualClock
from domain.ladder import Reason, Standing, Wait, decide
from models import standing
from models.accounts import Account, Community
from models.agreements import Plan, PlanPart
from models.base import Database, among
from models.people import Contact, Person
from models.runtime import KILL_SWITCH, set_switch
from models.staff import open_task
from models.standing import Household, households
from tests.cast import CHEN, LI, WANG, World, office


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, office(), clock.now())


async def look(world: World) -> list[Household]:
    async with world.database.read() as session:
        return [each async for each in households(session, world.office, world.today, world.now)]


async def reason(world: World) -> str:
    (found,) = await look(world)
    decision = decide(world.office.policy(found.kind), found.standing, world.today)
    return decision.reason.value if isinstance(decision, Wait) else type(decision).__name__


Obstacle = Callable[[World, int, int], Awaitable[None]]


async def nothing(world: World, account: int, bill: int) -> None:
    """Free to be reminded."""


async def pays(world: World, account: int, bill: int) -> None:
    await world.pay(account, 28640)


async def stops(world: World, account: int, bill: int) -> None:
    async with world.database.write() as session:
        await session.execute(update(Person).values(stopped_at=world.now))


async def blocks(world: World, account: int, bill: int) -> None:
    async with world.database.write() as session:
        await session.execute(update(Contact).values(state="blocked"))


async def community_pauses(world: World, account: int, bill: int) -> None:
    async with world.database.write() as session:
        await session.execute(update(Community).values(paused_until=world.now + timedelta(hours=1)))


async def switched_off(world: World, account: int, bill: int) -> None:
    async with world.database.write() as session:
        await set_switch(session, KILL_SWITCH, True, until=None, reason="", by="")


def trait(name: str) -> Obstacle:
    async def set_it(world: World, account: int, bill: int) -> None:
        async with world.database.write() as session:
            await session.execute(update(Account).values(traits=f"elderly;{name}"))

    return set_it


def held(why: Reason, days: int = 3, *, household: bool = False) -> Obstacle:
    async def hold(world: World, account: int, bill: int) -> None:
        bills = () if household else (bill,)
        await world.hold(account, why, world.today + timedelta(days=days), *bills)

    return hold


def task(days: int) -> Obstacle:
    async def open_it(world: World, account: int, bill: int) -> None:
        async with world.database.write() as session:
            await open_task(
                session,
                key="t",
                kind="call",
                account=await session.get_one(Account, account),
                summary="",
                at=world.now,
                due_at=world.now + timedelta(days=days),
                blocks=True,
            )

    return open_it


def on_a_plan(first_days: int, *, paid: bool = False) -> Obstacle:
    """An active plan of two parts, the first due so many days from now, whose hold ended yesterday."""

    async def plan(world: World, account: int, bill: int) -> None:
        async with world.database.write() as session:
            made = Plan(account_id=account, total_fen=20000, state="active", created_at=world.now)
            session.add(made)
            await session.flush()
            for number in (1, 2):
                due_on = world.today + timedelta(days=first_days + 30 * (number - 1))
                session.add(PlanPart(plan_id=made.id, number=number, due_on=due_on, amount_fen=10000))
        await world.hold(account, Reason.ON_PLAN, world.today - timedelta(days=1), bill, source=f"plan/{made.id}")
        if paid:
            await world.pay(account, 20000)

    return plan


@pytest.mark.parametrize(
    ("obstacle", "expected"),
    [
        (nothing, "Remind"),
        (pays, "paid"),
        (stops, "stopped"),
        (blocks, "no_channel"),
        (community_pauses, "paused"),
        (switched_off, "paused"),
        (trait("hardship"), "hardship"),
        (trait("auto_pay"), "auto_pay"),
        (held(Reason.CLAIMED), "claimed"),
        (held(Reason.DISPUTED), "disputed"),
        (held(Reason.PROMISED), "promised"),
        (held(Reason.ON_PLAN), "on_plan"),
        (held(Reason.COMPLAINT, household=True), "complaint"),
        (held(Reason.HARDSHIP, household=True), "hardship"),
        (held(Reason.CLAIMED, days=0), "claimed"),  # its last day
        (held(Reason.CLAIMED, days=-1), "staff_task"),  # run out: today's tick hands it to staff
        (task(2), "staff_task"),
        (task(0), "staff_task"),
        (task(-1), "Remind"),  # its clock has run out: no silence for good
        (on_a_plan(5), "on_plan"),  # a running plan holds, whatever the day on its hold says
        (on_a_plan(-3), "on_plan"),  # within the days of grace
        (on_a_plan(-4), "staff_task"),  # broken: today's tick hands it to staff
        (on_a_plan(5, paid=True), "Remind"),  # done; what was raised since is asked for
    ],
)
async def test_each_obstacle_has_its_reason(world: World, obstacle: Obstacle, expected: str) -> None:
    account = await world.household(CHEN)
    bill = await world.bill(account, world.today - timedelta(days=3))
    await obstacle(world, account, bill)
    assert await reason(world) == expected


async def test_the_best_channel_is_the_policys_first(world: World) -> None:
    account = await world.household(CHEN)
    await world.bill(account, world.today)
    person = await world.person(CHEN)
    async with world.database.write() as session:
        session.add(Contact(person_id=person, channel="telegram", user="1", chat="1"))
        session.add(Contact(person_id=person, channel="wechat", user="2", chat="2"))  # not enabled here
    (found,) = await look(world)
    assert found.chat is not None
    assert (found.chat.channel, found.chat.chat) == ("telegram", "1")


async def test_households_are_kept_apart_across_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "ACCOUNTS_AT_ONCE", 2)
    open_fen = {}
    for number, name in enumerate((CHEN, LI, WANG, "a", "b"), start=1):
        account = await world.household(name, code=name)
        await world.bill(account, world.today, 1000 * number)
        open_fen[name] = 1000 * number
    await world.pay(2, 500)
    open_fen[LI] -= 500
    found: dict[str, Standing] = {each.standing.code: each.standing for each in await look(world)}
    assert {code: sum(bill.open_fen for bill in each.bills) for code, each in found.items()} == open_fen


@pytest.mark.parametrize(
    ("ids", "read"),
    [
        ([4, 5, 6], {4, 5, 6}),
        ([2, 4, 7], {2, 3, 4, 5, 6, 7}),  # near each other: by their ends, a few others with them
        ([1, 90], {1, 90}),  # far apart: nobody between them
        ([7], {7}),
        ([], set()),
    ],
)
async def test_a_run_of_households_is_read_by_its_ends_and_a_scattered_few_by_name(
    world: World, ids: list[int], read: set[int]
) -> None:
    async with world.database.write() as session:
        session.add(Community(id=1, name="翠湖", kind="property"))
        await session.flush()
        more = {"payer_name": "王小明", "created_at": world.now, "updated_at": world.now}
        session.add_all(Account(id=n, code=f"H{n}", community_id=1, kind="property", **more) for n in range(1, 100))
    async with world.database.read() as session:
        assert set(await session.scalars(select(Account.id).where(among(Account.id, ids)))) == read

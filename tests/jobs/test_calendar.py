"""The office's own days from the tables to the chat: planner, gate and preview obey them, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from bot.lanes import Lane
from domain.calendar import Calendar, Span
from domain.clock import ManualClock
from domain.messages import Address, Audience, Kind, OutgoingMessage
from jobs import offers, plan
from models.accounts import Account, Community
from models.agreements import Offer
from models.base import Database
from models.dialogue import Group
from models.outbox import Context
from models.posting import post
from tests.cast import CHANNEL, CHEN, ESTATE, LI, WANG, World, before_holidays, office
from tests.channel_double import Scripted

TODAY = date(2026, 11, 23)


def span(first: date, **more: object) -> Span:
    return Span("x", first, first, **more)  # type: ignore[arg-type]


FAIR = span(TODAY, communities=frozenset({ESTATE}))
EXAM = span(TODAY + timedelta(days=1), classes=frozenset({"a"}), days_before=1)


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, office(), clock.now())


async def pupil(world: World, name: str, class_name: str) -> int:
    account = await world.household(name, code=f"S-{class_name}", kind="training")
    async with world.database.write() as session:
        await session.execute(update(Account).where(Account.id == account).values(class_name=class_name))
    await world.bill(account, world.today - timedelta(days=3), item="学费")
    return account


async def told(world: World) -> dict[str, str]:
    rows = await plan.preview(world.database, world.office, world.today, world.now)
    assert await plan.run(world.database, world.office, world.now) == rows
    return {row.account: row.stage if row.decision == "remind" and row.stage else row.reason for row in rows}


async def test_a_festival_of_the_estate_and_an_exam_of_the_class_wait_and_nobody_else(world: World) -> None:
    world.office = world.office.keeping(Calendar(festivals=(FAIR,), exams=(EXAM,)))
    flat = await world.household(CHEN)
    await world.bill(flat, world.today - timedelta(days=3))
    await pupil(world, LI, "a")
    await pupil(world, WANG, "b")
    assert await told(world) == {"3-1201": "festival", "S-a": "exam", "S-b": "gentle"}
    world.now += timedelta(days=1)
    assert await told(world) == {"3-1201": "gentle", "S-a": "exam", "S-b": "no_stage"}
    world.now += timedelta(days=1)
    assert (await told(world))["S-a"] == "gentle"


async def test_what_waits_in_the_outbox_when_the_day_is_written_down_waits_on(world: World, clock: ManualClock) -> None:
    """The admin adds the day after the reminders were planned: the gate asks again before each request."""
    flat = await world.household(CHEN)
    await world.bill(flat, world.today - timedelta(days=3))
    await pupil(world, LI, "a")
    await pupil(world, WANG, "b")
    async with world.database.write() as session:
        estate = (await session.scalars(select(Community).where(Community.name == ESTATE))).one()
        session.add(Group(channel=CHANNEL, chat="g1", community_id=estate.id, title="x", audience="residents"))
    await told(world)
    async with world.database.write() as session:
        message = OutgoingMessage("test", "x", audience=Audience.GROUP, kind=Kind.ANNOUNCEMENT)
        await post(session, Address(CHANNEL, "g1"), message, key="post", now=world.now, context=Context())
    await world.say("answer", "chat-chen", Kind.REPLY)
    world.office = world.office.keeping(Calendar(festivals=(FAIR,), exams=(EXAM,)))
    clock.jump(world.at(world.today, 11))
    channel = Scripted()
    await Lane(world.database, channel, world.office, clock).drain()
    found = {
        row.chat + ("/answer" if row.kind == Kind.REPLY else ""): (row.state, row.reason) for row in await world.rows()
    }
    assert found == {
        "chat-chen": ("held", "festival"),
        "chat-li": ("held", "exam"),
        "chat-wang": ("sent", "due"),
        "g1": ("held", "festival"),
        "chat-chen/answer": ("sent", ""),
    }
    clock.jump(world.at(world.today + timedelta(days=2), 11))
    await Lane(world.database, channel, world.office, clock).drain()
    assert {row.state for row in await world.rows()} == {"sent"}


async def test_families_in_exams_hear_of_no_offer(world: World) -> None:
    world.office = world.office.keeping(Calendar(exams=(EXAM,)))
    for name, class_name in ((LI, "a"), (WANG, "b")):
        account = await world.household(name, code=f"S-{class_name}", kind="training")
        async with world.database.write() as session:
            await session.execute(update(Account).where(Account.id == account).values(class_name=class_name, tier="A"))
            session.add(
                Offer(
                    account_id=account, class_name="next", opens_on=TODAY, closes_on=TODAY + timedelta(days=20),
                    amount_fen=198_000, lessons=20, covers_from=TODAY + timedelta(days=30),
                    covers_until=TODAY + timedelta(days=90),
                )
            )  # fmt: skip
    rows = await offers.run(world.database, world.office, world.now)
    assert {row.account: (row.decision, row.reason) for row in rows} == {
        "S-a": ("wait", "exam"),
        "S-b": ("remind", "due"),
    }


async def test_the_preview_says_from_which_day_a_reminder_was_moved(world: World, clock: ManualClock) -> None:
    clock.jump(world.at(date(2026, 12, 31), 10))
    world.now = clock.now()
    moving = {kind: before_holidays(policy) for kind, policy in world.office.policies.items()}
    world.office = replace(world.office, policies=moving)
    account = await world.household(CHEN)
    await world.bill(account, date(2027, 1, 4))
    (row,) = await plan.preview(world.database, world.office, world.today, world.now)
    assert (row.decision, row.stage, row.moved) == ("remind", "soon", "before_holiday 2027-01-01")
    assert row.to_json()["moved"] == "before_holiday 2027-01-01"
    (row,) = await plan.preview(world.database, world.office, date(2026, 12, 28), world.now)
    assert (row.decision, row.stage, row.moved) == ("remind", "friendly", "")
    assert "moved" not in row.to_json()
    await plan.run(world.database, world.office, world.now)
    (row,) = await plan.preview(world.database, world.office, date(2027, 1, 1), world.now)
    assert (row.decision, row.reason) == ("wait", "no_stage")


async def test_the_preview_says_so_of_an_offer_too(world: World, clock: ManualClock) -> None:
    clock.jump(world.at(date(2026, 12, 31), 10))
    world.now = clock.now()
    moving = {kind: before_holidays(policy) for kind, policy in world.office.policies.items()}
    world.office = replace(world.office, policies=moving)
    account = await world.household(LI, code="S-1", kind="training")
    async with world.database.write() as session:
        await session.execute(update(Account).where(Account.id == account).values(tier="B"))
        session.add(
            Offer(
                account_id=account, class_name="next", opens_on=date(2026, 12, 1), closes_on=date(2027, 1, 5),
                amount_fen=198_000, lessons=20, covers_from=date(2027, 1, 20), covers_until=date(2027, 3, 20),
                acknowledged_at=world.now,
            )
        )  # fmt: skip
    rows = await offers.preview(world.database, world.office, world.today, world.now)
    assert [(row.stage, row.moved) for row in rows if row.stage] == [("closing", "before_holiday 2027-01-02")]
    assert [row.moved for row in await offers.run(world.database, world.office, world.now)] == [
        "before_holiday 2027-01-02"
    ]

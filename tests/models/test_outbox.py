"""The outbox's own promises: a key is said once, a claim is one worker's, a moved group is followed, a stop takes back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from domain.clock import ManualClock
from domain.messages import Kind
from models import outbox
from models.base import Database
from models.outbox import Context, Outbox, State
from tests.cast import CHANNEL, CHEN, World, office


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, office(), clock.now())


async def test_a_key_is_said_once_however_many_say_it(world: World) -> None:
    async def say() -> bool:
        try:
            return bool(await world.say("once", "chen"))
        except AssertionError:
            return False

    said = await asyncio.gather(*(say() for _ in range(10)))
    assert said.count(True) == 1
    assert len(await world.rows()) == 1


async def test_only_the_worker_of_this_very_claim_may_settle(world: World) -> None:
    row_id = await world.say("one", "chen")
    async with world.database.write() as session:
        await outbox.claim(session, [row_id], "w/1", world.now)
    async with world.database.write() as session:
        assert not await outbox.settle(session, row_id, "w/2", state=State.SENT)
        await outbox.settle_sent(session, [(row_id, "w/2", "m")], world.now)
    assert (await world.rows())[0].state == State.SENDING
    async with world.database.write() as session:
        await outbox.settle_sent(session, [(row_id, "w/1", "m")], world.now)
        assert not await outbox.settle(session, row_id, "w/1", state=State.DEAD)
    row = (await world.rows())[0]
    assert (row.state, row.message_id, row.claims) == ("sent", "m", 0)


@pytest.mark.parametrize(
    ("kind", "doubts", "state", "left"),
    [
        (Kind.REMINDER, 0, State.UNKNOWN, 0),
        (Kind.REPLY, 0, State.RETRY, 1),
        (Kind.REPLY, 1, State.UNKNOWN, 1),
        (Kind.RECEIPT, 0, State.RETRY, 1),
        (Kind.STAFF_CARD, 1, State.UNKNOWN, 1),
    ],
)
async def test_what_becomes_of_orphans(world: World, kind: Kind, doubts: int, state: State, left: int) -> None:
    await world.say("theirs", "chen", kind)
    await world.say("mine", "li", kind)
    async with world.database.write() as session:
        await session.execute(update(Outbox).values(state=State.SENDING, worker="me/1", claims=1, doubts=doubts))
        await session.execute(update(Outbox).where(Outbox.key == "theirs").values(worker="dead/1"))
    async with world.database.write() as session:
        await outbox.settle_orphans(session, CHANNEL, world.now, live={"me/1"})
    theirs, mine = await world.rows()
    assert (theirs.state, theirs.doubts) == (state, left)
    assert mine.state == State.SENDING


async def test_due_rows_are_the_first_of_what_may_go_now(world: World) -> None:
    await world.say("late", "a", not_before=world.now + timedelta(seconds=1))
    await world.say("reminder", "a", Kind.RECEIPT)
    await world.say("reply", "b")
    await world.say("long", "c", text="长" * 9000)
    async with world.database.read() as session:
        due = await outbox.due_rows(session, CHANNEL, world.now, 10)
        assert [row.chat for row in due] == ["b", "c", "a"]
        without = await outbox.due_rows(session, CHANNEL, world.now, 10, ["b", "c"])
        assert [row.chat for row in without] == ["a"]
        assert await outbox.due_rows(session, "telegram", world.now, 10) == []
        assert await outbox.next_due_at(session, CHANNEL) == world.now


async def test_a_stop_takes_back_what_waits_and_leaves_answers(world: World) -> None:
    await world.household(CHEN)
    person = await world.person(CHEN)
    for kind in (Kind.REMINDER, Kind.REPLY):
        await world.say(kind.value, "chen", kind, context=Context(person_id=person))
    async with world.database.write() as session:
        await outbox.cancel_for(session, person, [Kind.REMINDER], "stopped")
    assert [(row.kind, row.state) for row in await world.rows()] == [("reminder", "cancelled"), ("reply", "queued")]

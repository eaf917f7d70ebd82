"""Who a broadcast reaches, counted and listed alike on both databases; its rows written once, taken back row by row."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from domain.broadcasts import Stage
from domain.clock import ManualClock
from domain.ladder import Reason
from domain.messages import Kind
from models.base import Database
from models.broadcasts import (
    DELETED,
    IN_DOUBT,
    expand,
    failures,
    give_up_taking_back,
    note_taken_back,
    progress,
    samples,
    send_again,
    still_to_take_back,
    to_take_back,
)
from models.dialogue import Group
from models.outbox import Outbox, State
from models.people import Contact, Person
from models.runtime import Broadcast
from models.segments import GROUPS, HOUSEHOLDS, Segment, Target, call_all, period_of, reach, recipients, target_of
from tests.cast import CHANNEL, CHEN, LI, SUN, WANG, World, office


@pytest.fixture
async def world(database: Database, clock: ManualClock) -> World:
    """Chen owes November, Li has paid, Wang owes October and has complained, Sun has no chat; Li owns a second flat."""
    world = World(database, office(), clock.now())
    for name in (CHEN, LI, WANG):
        account_id = await world.household(name)
        await world.bill(account_id, world.today - timedelta(days=7))
    await world.pay(2, 28640)
    await world.bill(3, world.today - timedelta(days=40), period="2026-10")
    await world.hold(3, Reason.COMPLAINT, world.today + timedelta(days=5))
    await world.account(SUN)
    await world.household(LI, code="3-1302")
    await world.staff()
    return world


async def broadcast(world: World, target: Target, kind: Kind = Kind.BROADCAST) -> int:
    async with world.database.write() as session:
        row = Broadcast(
            author_id=1, community_id=1, target=target.to_text(), text="水费可以缴了。", kind=kind.value,
            state=Stage.RUNNING, channel=CHANNEL, chat="chat-zhao", created_at=world.now,
        )  # fmt: skip
        session.add(row)
        await session.flush()
        return row.id


@pytest.mark.parametrize(
    ("segment", "value", "kind", "meant", "chats"),
    [
        (Segment.ALL, "", Kind.SERVICE, 5, ["chen", "li", "wang"]),
        (Segment.ALL, "", Kind.BROADCAST, 5, ["chen", "li"]),
        (Segment.UNPAID, "", Kind.SERVICE, 2, ["chen"]),
        (Segment.OVERDUE, "30", Kind.SERVICE, 1, []),
        (Segment.OVERDUE, "7", Kind.SERVICE, 2, ["chen"]),
        (Segment.OVERDUE, "8", Kind.SERVICE, 1, []),
        (Segment.PERIOD, "2026-10", Kind.SERVICE, 1, []),
        (Segment.CHANNEL, "sandbox", Kind.SERVICE, 5, ["chen", "li", "wang"]),
        (Segment.CHANNEL, "telegram", Kind.SERVICE, 5, []),
        (Segment.CODES, "3-1201,3-1302", Kind.SERVICE, 2, ["chen", "li"]),
    ],
)
async def test_the_count_is_what_is_written(
    world: World, segment: Segment, value: str, kind: Kind, meant: int, chats: list[str]
) -> None:
    number = await broadcast(world, Target(HOUSEHOLDS, segment, value=value), kind)
    async with world.database.write() as session:
        row = await session.get_one(Broadcast, number)
        found = await reach(session, world.office, row, world.today)
        listed = [each async for each in recipients(session, world.office, row, world.today)]
        shown = await samples(session, world.office, row, world.now, 3)
        written = await expand(session, world.office, row, world.now)
        assert await expand(session, world.office, row, world.now) == 0
        assert target_of(row).expanded
    assert (found.meant, found.messages) == (meant, len(chats))
    assert sum(found.skipped.values()) == meant - len(chats)
    assert len(shown) == written == len(chats)
    assert sorted(each.address.chat for each in listed if each.address) == [f"chat-{name}" for name in chats]
    assert sorted(each.chat for each in await world.rows()) == [f"chat-{name}" for name in chats]


async def test_a_person_is_written_to_where_they_like_it(world: World) -> None:
    async with world.database.write() as session:
        session.add(Contact(person_id=1, channel="telegram", user="9", chat="9"))
        await session.execute(update(Person).where(Person.id == 1).values(channel="telegram"))
    number = await broadcast(world, Target(HOUSEHOLDS, Segment.CODES, value="3-1201"))
    async with world.database.write() as session:
        await expand(session, world.office, await session.get_one(Broadcast, number), world.now)
    assert [(row.channel, row.chat) for row in await world.rows()] == [("telegram", "9")]


async def test_groups_of_a_place_and_one_call_of_everybody_in_a_period(world: World) -> None:
    async with world.database.write() as session:
        for chat, building, state in (("a", "", "ok"), ("b", "3栋", "ok"), ("c", "4栋", "ok"), ("d", "", "silent")):
            session.add(Group(channel=CHANNEL, chat=chat, community_id=1, building=building, state=state))
    number = await broadcast(world, Target(GROUPS, building="3栋"))
    async with world.database.write() as session:
        row = await session.get_one(Broadcast, number)
        found = await reach(session, world.office, row, world.today)
        assert (found.meant, found.messages, found.unreachable) == (3, 2, 1)
        period = await period_of(session, 1, world.today)
        assert period == "2026-11"
        assert [await call_all(session, 1, period) for _ in range(2)] == [True, False]
        assert await call_all(session, 1, "2026-12")


async def test_what_is_taken_back_and_what_is_tried_again(world: World) -> None:
    number = await broadcast(world, Target(HOUSEHOLDS, Segment.ALL), Kind.SERVICE)
    async with world.database.write() as session:
        row = await session.get_one(Broadcast, number)
        await expand(session, world.office, row, world.now)
        await expand(session, world.office, row, world.now)
        states = {1: (State.SENT, "m1"), 2: (State.UNKNOWN, ""), 3: (State.DEAD, "")}
        for row_id, (state, message_id) in states.items():
            await session.execute(
                update(Outbox).where(Outbox.id == row_id).values(state=state, message_id=message_id, sent_at=world.now)
            )
        so_far = await progress(session, row)
        assert (so_far.total, so_far.sent, so_far.unknown, so_far.failed, so_far.finished) == (3, 1, 1, 1, True)
        assert [state for _, state, _ in await failures(session, number, 9)] == ["unknown", "dead"]
        assert await send_again(session, number, world.now) == 1
        assert await send_again(session, number, world.now) == 0
        assert await to_take_back(session, CHANNEL, 9) == []
        row.state = Stage.UNDOING
        await session.flush()
        assert [each.row_id for each in await to_take_back(session, CHANNEL, 9)] == [1, 2]
        assert await still_to_take_back(session, number) == 3
        await note_taken_back(session, [(1, DELETED), (2, IN_DOUBT)])
        assert await to_take_back(session, CHANNEL, 9) == []
        await session.execute(update(Outbox).where(Outbox.id == 3).values(state=State.SENT))
        await give_up_taking_back(session, number)
        assert await still_to_take_back(session, number) == 0
        so_far = await progress(session, row)
    assert (so_far.taken_back, so_far.stay) == (1, (("in_doubt", 1), ("no_answer", 1)))

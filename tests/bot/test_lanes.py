"""The lane: what it sends, in what order, how often, and what it makes of every failure. On both databases."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot import lanes
from bot.channels.channel import Sendable
from bot.lanes import Lane
from domain.clock import ManualClock, StartedClock, monotonic
from domain.errors import ChannelDown, Rejected, TryLater, Unknown, Unreachable
from domain.ladder import Reason
from domain.messages import Audience, Kind
from domain.pacing import Limits
from jobs import plan
from models import outbox
from models.base import Database
from models.dialogue import Group
from models.outbox import CLAIMS_MAX, Outbox, State
from models.people import Contact, Person
from models.reminders import ContactCount
from models.runtime import KILL_SWITCH, ChannelHealth, set_switch
from tests.cast import CHANNEL, CHEN, World, office
from tests.channel_double import FAST, Scripted


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, office(), clock.now())


@pytest.fixture
def channel() -> Scripted:
    return Scripted()


@pytest.fixture
def lane(world: World, channel: Scripted, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Lane:
    """A lane whose clock stands still: what is due in two seconds never comes, so it needs no long wait to say so."""
    monkeypatch.setattr(lanes, "DRAIN_STILL_SECONDS", 0.3)
    return Lane(world.database, channel, world.office, clock)


def real_time(world: World, channel: Scripted) -> Lane:
    """A lane whose clock moves on from ten in the morning."""
    return Lane(world.database, channel, world.office, StartedClock(world.now))


async def states(world: World) -> list[tuple[str, str]]:
    return [(row.state, row.reason) for row in await world.rows()]


async def reminded(world: World, name: str = CHEN, fen: int = 28640) -> tuple[int, int]:
    """A household with one bill whose gentle reminder is in the outbox; (account, bill)."""
    account = await world.household(name)
    bill = await world.bill(account, world.today - timedelta(days=3), fen)
    rows = await plan.run(world.database, world.office, world.now)
    assert ("remind", "gentle") in {(row.decision, row.stage) for row in rows}
    return account, bill


# Order and pace.


async def test_in_a_chat_the_lowest_priority_and_id_goes_first(world: World, lane: Lane, channel: Scripted) -> None:
    await world.say("card", "a", Kind.STAFF_CARD, text="card")
    await world.say("second", "a", Kind.REPLY, text="second reply")
    await world.say("third", "a", Kind.REPLY, text="third reply")
    await world.say("receipt", "a", Kind.RECEIPT, text="receipt")
    await lane.drain()
    assert channel.texts == ["second reply", "third reply", "card", "receipt"]


async def test_never_two_requests_to_one_chat_at_once(world: World, lane: Lane, channel: Scripted) -> None:
    open_chats: list[str] = []

    async def slowly(message: Sendable) -> None:
        assert message.chat not in open_chats
        open_chats.append(message.chat)
        await asyncio.sleep(0.01)
        open_chats.remove(message.chat)

    channel.always = slowly
    for n in range(12):
        await world.say(f"{n}", f"chat-{n % 3}", text=f"{n}")
    await lane.drain()
    for chat in range(3):
        mine = [int(message.text) for _, message in channel.sent if message.chat == f"chat-{chat}"]
        assert mine == sorted(mine)
        assert len(mine) == 4


async def test_the_limits_of_the_platform_are_kept(world: World, channel: Scripted) -> None:
    channel.limits = Limits(global_per_second=20, per_chat_per_second=5, group_per_minute=20)
    for n in range(30):
        await world.say(f"{n}", f"chat-{n % 10}")
    await real_time(world, channel).drain()
    times = [at for at, _ in channel.sent]
    assert len(times) == 30
    # Booked moments keep the limit to the millisecond; a request may start a little after its moment.
    assert max(sum(1 for t in times if at <= t < at + 0.8) for at in times) <= 20
    for chat in range(10):
        mine = [at for at, message in channel.sent if message.chat == f"chat-{chat}"]
        assert min(b - a for a, b in pairwise(mine)) >= 0.1


async def test_a_chat_with_a_long_queue_hides_nobody(world: World, channel: Scripted) -> None:
    channel.limits = Limits(global_per_second=1000, per_chat_per_second=1, group_per_minute=20)
    async with world.database.write() as session:
        rows = [outbox_row(world, f"card-{n}", "desk", Kind.STAFF_CARD) for n in range(lanes.LOOK * 2)]
        session.add_all(rows)
    await world.say("reply", "chen", Kind.RECEIPT, text="receipt")
    lane = real_time(world, channel)
    task = asyncio.create_task(lane.run())
    await until(lambda: "receipt" in channel.texts)
    await lane.stop()
    await task
    assert channel.texts.count("receipt") == 1


async def test_the_pace_goes_on_after_a_restart(world: World, channel: Scripted) -> None:
    channel.limits = Limits(global_per_second=1000, per_chat_per_second=1, group_per_minute=20)
    await world.say("one", "a")
    await real_time(world, channel).drain()
    await world.say("two", "a")
    again = Lane(world.database, channel, world.office, StartedClock(world.now + timedelta(seconds=0.2)))
    await again.drain()
    (first, _), (second, _) = channel.sent
    assert second - first > 0.5


# The last word of the gate.


@pytest.mark.parametrize("change", ["pay", "stop", "dispute", "hardship", "unbind", "expire"])
async def test_what_happens_after_planning_is_seen_before_sending(
    world: World, lane: Lane, channel: Scripted, clock: ManualClock, change: str
) -> None:
    account, bill = await reminded(world)
    person = await world.payer_of(account)
    expected = {
        "pay": Reason.PAID,
        "stop": Reason.STOPPED,
        "dispute": Reason.DISPUTED,
        "hardship": Reason.HARDSHIP,
        "unbind": Reason.NO_CHANNEL,
        "expire": "window_over",
    }[change]
    match change:
        case "pay":
            await world.pay(account, 28640)
        case "dispute":
            await world.hold(account, Reason.DISPUTED, world.today + timedelta(days=15), bill)
        case "hardship":
            await world.hold(account, Reason.HARDSHIP, world.today + timedelta(days=30))
        case "expire":
            clock.advance(timedelta(days=4))
        case "stop":
            async with world.database.write() as session:
                await session.execute(update(Person).where(Person.id == person).values(stopped_at=world.now))
        case "unbind":
            from models.people import unbind

            async with world.database.write() as session:
                assert await unbind(session, account, person or 0)
    await lane.drain()
    assert channel.sent == []
    assert await states(world) == [("cancelled", str(expected))]
    async with world.database.read() as session:
        assert sum(await session.scalars(select(ContactCount.number))) == 0


async def test_changed_figures_are_written_anew(world: World, lane: Lane, channel: Scripted) -> None:
    account, _ = await reminded(world)
    await world.pay(account, 10000)
    await lane.drain()
    assert "186.40" in channel.texts[0]
    assert "286.40" not in channel.texts[0]
    assert (await world.rows())[0].text == channel.texts[0]


async def test_one_flat_in_dispute_leaves_the_message_of_the_other(world: World, lane: Lane, channel: Scripted) -> None:
    one = await world.household(CHEN, code="3-1201")
    two = await world.household(CHEN, code="5-0101")
    await world.bill(one, world.today - timedelta(days=3), 10000)
    await world.bill(two, world.today - timedelta(days=3), 20000)
    await plan.run(world.database, world.office, world.now)
    await world.hold(one, Reason.COMPLAINT, world.today + timedelta(days=9))
    await lane.drain()
    assert len(channel.sent) == 1
    assert "200.00" in channel.texts[0]
    assert "100.00" not in channel.texts[0]


async def test_pause_holds_and_is_looked_at_again(
    world: World, lane: Lane, channel: Scripted, clock: ManualClock
) -> None:
    await reminded(world)
    async with world.database.write() as session:
        await set_switch(session, KILL_SWITCH, True, until=None, reason="test", by="zhao")
    await lane.drain()
    assert await states(world) == [("held", "paused")]
    async with world.database.write() as session:
        await set_switch(session, KILL_SWITCH, False, until=None, reason="", by="zhao")
    clock.advance(timedelta(minutes=6))
    await lane.drain()
    assert await states(world) == [("sent", "paused")]


async def test_night_holds_a_receipt_until_eight(
    world: World, lane: Lane, channel: Scripted, clock: ManualClock
) -> None:
    clock.jump(world.at(world.today, 22, 30))
    await world.say("receipt", "chen", Kind.RECEIPT)
    await lane.drain()
    assert await states(world) == [("held", "quiet_hours")]
    clock.jump(world.at(world.today + timedelta(days=1), 8))
    await lane.drain()
    assert len(channel.sent) == 1


async def test_a_message_claimed_in_time_but_late_at_the_request_waits(
    world: World, channel: Scripted, clock: ManualClock
) -> None:
    clock.jump(world.at(world.today, 21, 59))
    await world.say("receipt", "chen", Kind.RECEIPT)
    lane = Lane(world.database, channel, world.office, clock)
    await lane.start()
    assert await lane._step()
    clock.jump(world.at(world.today, 22, 0))  # between the claim and the request
    await lane._finish()
    assert channel.sent == []
    await lane.drain()
    assert await states(world) == [("held", "quiet_hours")]


async def test_a_claim_that_grew_old_goes_back(
    world: World, lane: Lane, channel: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.say("reply", "chen")
    monkeypatch.setattr(lanes, "STALE_SECONDS", -1.0)
    await lane.start()
    assert await lane._step()
    await lane._finish()
    assert channel.sent == []
    row = (await world.rows())[0]
    assert (row.state, row.reason, row.attempt, row.claims) == ("retry", "asked_to_wait", 0, 0)


@pytest.mark.parametrize("moment", range(6))
async def test_a_stop_between_any_two_steps_counts(world: World, lane: Lane, channel: Scripted, moment: int) -> None:
    """The stop commits somewhere between planning and the request; a request after it starts within a second."""
    account, _ = await reminded(world)
    person = await world.payer_of(account)
    stopped_at = 0.0

    async def stop() -> None:
        nonlocal stopped_at
        await asyncio.sleep(moment * 0.003)
        async with world.database.write() as session:
            await session.execute(update(Person).where(Person.id == person).values(stopped_at=world.now))
        stopped_at = monotonic()

    await asyncio.gather(stop(), lane.drain())
    assert all(at < stopped_at + 1.0 for at, _ in channel.sent)
    assert (await states(world))[0][0] == ("sent" if channel.sent else "cancelled")


# Caps.


async def test_a_sent_reminder_counts_for_household_and_person(world: World, lane: Lane) -> None:
    await reminded(world)
    await lane.drain()
    async with world.database.read() as session:
        found = {row.scope: row.number for row in await session.scalars(select(ContactCount))}
    assert found == {"account": 1, "person": 1}


async def test_what_was_certainly_not_sent_is_not_counted(world: World, lane: Lane, channel: Scripted) -> None:
    channel.script = [Unreachable("blocked")]
    await reminded(world)
    await lane.drain()
    async with world.database.read() as session:
        assert sum(await session.scalars(select(ContactCount.number))) == 0
        assert [c.state for c in await session.scalars(select(Contact))] == ["blocked"]
    assert await states(world) == [("dead", "unreachable")]


async def test_two_broadcasts_to_one_person_the_cap_lets_one_through(
    world: World, lane: Lane, channel: Scripted
) -> None:
    account = await world.household(CHEN)
    context = outbox.Context(await world.payer_of(account), account)
    await world.say("one", "chat-chen", Kind.BROADCAST, context=context)
    await world.say("two", "chat-elsewhere", Kind.BROADCAST, context=context)
    await lane.drain()
    assert len(channel.sent) == 1
    assert sorted(await states(world)) == [("cancelled", "cap"), ("sent", "")]


async def test_one_announcement_a_day_and_group(world: World, lane: Lane, channel: Scripted) -> None:
    async with world.database.write() as session:
        session.add(Group(channel=CHANNEL, chat="g", community_id=(await world.community(session)).id))
    async with world.database.write() as session:
        session.add_all([outbox_row(world, f"a{n}", "g", Kind.ANNOUNCEMENT, Audience.GROUP) for n in range(2)])
    await lane.drain()
    assert len(channel.sent) == 1
    assert sorted(await states(world)) == [("cancelled", "cap"), ("sent", "")]


# Failures.


async def test_a_doubtful_reminder_is_unknown_and_never_repeated(
    world: World, lane: Lane, channel: Scripted, clock: ManualClock
) -> None:
    channel.always = Unknown("reset")
    await reminded(world)
    for _ in range(5):
        await lane.drain()
        clock.advance(timedelta(minutes=5))
    assert len(channel.sent) == 1
    assert await states(world) == [("unknown", "in_doubt")]


async def test_a_doubtful_reply_goes_at_most_twice(
    world: World, lane: Lane, channel: Scripted, clock: ManualClock
) -> None:
    channel.script = [Unknown("reset"), TryLater("refused"), Unknown("reset again")]
    await world.say("reply", "chen")
    for _ in range(6):
        await lane.drain()
        clock.advance(timedelta(minutes=5))
    assert len(channel.sent) == 3  # one of them was certainly not sent
    assert await states(world) == [("unknown", "in_doubt")]


async def test_try_later_ends_after_five_tries(world: World, lane: Lane, channel: Scripted, clock: ManualClock) -> None:
    channel.always = TryLater("no route")
    await world.say("reply", "chen")
    for _ in range(9):
        await lane.drain()
        clock.advance(timedelta(minutes=15))
    assert len(channel.sent) == 5
    assert await states(world) == [("dead", "attempts")]


async def test_told_to_wait_costs_no_attempt_and_halts_the_lane(world: World, channel: Scripted) -> None:
    lane = real_time(world, channel)
    told_at: list[float] = []

    async def refuse(_: Sendable) -> None:
        await asyncio.sleep(0.05)
        told_at.append(monotonic())
        raise TryLater("429", at=lane.clock.now() + timedelta(seconds=1.5), free=True, lane_wide=True)

    channel.script = [refuse]
    for n in range(30):
        await world.say(f"{n}", f"chat-{n}")
    await lane.drain()
    ends = told_at[0] + 1.5
    assert not [at for at, _ in channel.sent if told_at[0] + 0.05 < at < ends - 0.01]
    assert {row.attempt for row in await world.rows()} == {0}
    assert {row.state for row in await world.rows()} == {"sent"}


async def test_a_group_that_moved_is_followed_once(world: World, lane: Lane, channel: Scripted) -> None:
    channel.script = [Unreachable("migrated", permanent=False, moved_to="new")]
    async with world.database.write() as session:
        community = await world.community(session)
        session.add(Group(channel=CHANNEL, chat="old", community_id=community.id))
        session.add(outbox_row(world, "post", "old", Kind.ANNOUNCEMENT, Audience.GROUP))
    await lane.drain()
    assert [message.chat for _, message in channel.sent] == ["old", "new"]
    async with world.database.read() as session:
        assert list(await session.scalars(select(Group.chat))) == ["new"]


async def test_a_group_that_moves_to_a_known_chat_breaks_nothing(world: World, lane: Lane, channel: Scripted) -> None:
    channel.script = [Unreachable("migrated", permanent=False, moved_to="new")]
    async with world.database.write() as session:
        community = await world.community(session)
        session.add_all([Group(channel=CHANNEL, chat=chat, community_id=community.id) for chat in ("old", "new")])
        session.add(outbox_row(world, "post", "old", Kind.ANNOUNCEMENT, Audience.GROUP))
    await lane.drain()
    assert (await world.rows())[0].state == State.SENT
    async with world.database.read() as session:
        groups = {group.chat: group.state for group in await session.scalars(select(Group))}
    assert groups == {"old": "removed", "new": "ok"}


async def test_a_fault_of_the_channel_is_a_doubt(world: World, lane: Lane, channel: Scripted) -> None:
    channel.script = [ZeroDivisionError("ours")]
    await reminded(world)
    await lane.drain()
    assert await states(world) == [("unknown", "in_doubt")]


async def test_a_refused_message_is_dead_and_blocks_nobody(world: World, lane: Lane, channel: Scripted) -> None:
    channel.script = [Rejected("too long")]
    await world.say("one", "chen", text="one")
    await world.say("two", "chen", text="two")
    await lane.drain()
    assert [state for state, _ in await states(world)] == ["dead", "sent"]


async def test_the_breaker_opens_and_probes(world: World, channel: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1000.0]
    monkeypatch.setattr(lanes, "monotonic", lambda: moment[0])
    monkeypatch.setattr(lanes, "STALE_SECONDS", 1e9)
    clock = ManualClock(world.now)
    lane = Lane(world.database, channel, world.office, clock)
    channel.always = TryLater("no route")
    for n in range(40):
        await world.say(f"{n}", f"chat-{n}")

    async def step() -> int:
        before = len(channel.sent)
        await lane._step()
        await lane._finish()
        return len(channel.sent) - before

    await lane.start()
    while not lane.breaker.is_open:
        assert await step()
    assert len(channel.sent) < 40
    assert await step() == 0
    clock.advance(timedelta(seconds=31))
    moment[0] += 31
    assert await step() == 1  # one probe, which fails
    moment[0] += 31
    assert await step() == 0  # the wait has doubled
    moment[0] += 30
    clock.advance(timedelta(seconds=61))
    channel.always = None
    assert await step() == 1
    assert not lane.breaker.is_open
    assert await step() > 1
    async with world.database.read() as session:
        assert (await session.get_one(ChannelHealth, CHANNEL)).ok


async def test_a_refused_account_stops_the_lane_at_once(world: World, lane: Lane, channel: Scripted) -> None:
    channel.always = ChannelDown("bad token")
    for n in range(30):
        await world.say(f"{n}", f"chat-{n}")
    await lane.drain()
    assert len(channel.sent) <= FAST.concurrency
    assert {row.state for row in await world.rows()} <= {"retry", "queued"}
    assert {row.attempt for row in await world.rows()} == {0}
    async with world.database.read() as session:
        assert not (await session.get_one(ChannelHealth, CHANNEL)).ok


# Death and stopping.


async def test_orphans_are_settled_at_start(world: World, lane: Lane, channel: Scripted) -> None:
    await reminded(world)
    await world.say("reply", "li", text="reply")
    await world.say("twice", "wang", text="twice")
    async with world.database.write() as session:
        await session.execute(update(Outbox).values(state="sending", worker="dead-1/1", claims=1))
        await session.execute(update(Outbox).where(Outbox.key == "twice").values(doubts=1))
    await lane.drain()
    assert channel.texts == ["reply"]
    assert await states(world) == [("unknown", "interrupted"), ("sent", "interrupted"), ("unknown", "interrupted")]


async def test_a_message_that_kills_its_worker_is_quarantined(world: World, lane: Lane, channel: Scripted) -> None:
    await world.say("poison", "chen")
    async with world.database.write() as session:
        await session.execute(update(Outbox).values(claims=CLAIMS_MAX))
    await lane.drain()
    assert channel.sent == []
    assert await states(world) == [("dead", "quarantine")]


async def test_a_late_settle_of_a_lost_claim_is_refused(world: World, lane: Lane, channel: Scripted) -> None:
    async def interrupted(_: Sendable) -> None:
        async with world.database.write() as session:
            await outbox.settle_orphans(session, CHANNEL, world.now)

    channel.always = interrupted
    await reminded(world)
    await lane.drain()
    assert await states(world) == [("unknown", "interrupted")]


async def test_a_failing_database_forgets_no_result(
    world: World, lane: Lane, channel: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.say("reply", "chen")
    await lane.start()
    await lane._step()
    await asyncio.sleep(0.05)
    real, failures = outbox.settle_sent, [RuntimeError("disk full")]

    async def failing(session: AsyncSession, taken: Sequence[tuple[int, str, str]], at: datetime) -> None:
        if failures:
            raise failures.pop()
        await real(session, taken, at)

    monkeypatch.setattr(outbox, "settle_sent", failing)
    with pytest.raises(RuntimeError, match="disk full"):
        await lane._settle()
    await lane.drain()
    assert len(channel.sent) == 1
    assert (await states(world))[0][0] == "sent"


async def test_stop_finishes_what_is_under_way_and_returns_the_rest(world: World, channel: Scripted) -> None:
    released = asyncio.Event()

    async def wait(_: Sendable) -> None:
        await released.wait()

    channel.always = wait
    channel.limits = Limits(100_000, 100_000, 100_000, concurrency=3)
    for n in range(20):
        await world.say(f"{n}", f"chat-{n}")
    lane = real_time(world, channel)
    task = asyncio.create_task(lane.run())
    await until(lambda: channel.under_way == 3)
    await lane.stop()
    released.set()
    await asyncio.wait_for(task, 5)
    found = [row.state for row in await world.rows()]
    assert found.count("sent") == len(channel.sent) == 3
    assert set(found) <= {"sent", "queued", "retry"}
    assert {row.attempt for row in await world.rows()} == {0}


# drain always ends.


async def held_head(world: World, channel: Scripted) -> None:
    """A long receipt at night: its first part is held, the second has no time of its own."""
    await world.say("long", "chen", Kind.RECEIPT, text="长" * 5000)
    async with world.database.write() as session:
        tomorrow = world.now + timedelta(days=1)
        await session.execute(update(Outbox).where(Outbox.part_of.is_(None)).values(state="held", not_before=tomorrow))


async def standing_clock(world: World, channel: Scripted) -> None:
    await world.say("soon", "chen", not_before=world.now + timedelta(seconds=3))


async def open_breaker(world: World, channel: Scripted) -> None:
    channel.always = ChannelDown("bad token")
    await world.say("reply", "chen")


async def always_three_seconds(world: World, channel: Scripted) -> None:
    channel.always = TryLater("429", at=world.now + timedelta(seconds=0.02), free=True)
    await world.say("reply", "chen")


async def full_group(world: World, channel: Scripted) -> None:
    channel.limits = Limits(100, 100, 1)
    async with world.database.write() as session:
        session.add_all([outbox_row(world, f"{n}", "g", Kind.STAFF_CARD, Audience.STAFF) for n in range(3)])


@pytest.mark.parametrize("trap", [held_head, standing_clock, open_breaker, always_three_seconds, full_group])
async def test_drain_ends(
    world: World,
    channel: Scripted,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    trap: Callable[[World, Scripted], Awaitable[None]],
) -> None:
    monkeypatch.setattr(lanes, "DRAIN_REFUSED_SECONDS", 1.0)
    monkeypatch.setattr(lanes, "DRAIN_STILL_SECONDS", 1.0)
    await trap(world, channel)
    moving = trap is not standing_clock
    lane = Lane(world.database, channel, world.office, StartedClock(world.now) if moving else clock)
    before = time.process_time()
    await asyncio.wait_for(lane.drain(), 15)
    assert time.process_time() - before < 4  # it waits, it doesn't spin
    assert "sending" not in {row.state for row in await world.rows()}


async def test_drain_waits_for_what_is_due_within_five_seconds(world: World, channel: Scripted) -> None:
    await world.say("soon", "chen", not_before=world.now + timedelta(seconds=1))
    await world.say("later", "li", not_before=world.now + timedelta(seconds=30))
    await real_time(world, channel).drain()
    assert [state for state, _ in await states(world)] == ["sent", "queued"]


# Split messages.


async def test_the_parts_of_a_long_reminder_go_in_order_and_count_once(
    world: World, lane: Lane, channel: Scripted
) -> None:
    account = await world.household(CHEN)
    for month in range(1, 121):
        due = world.today - timedelta(days=3)
        await world.bill(
            account, due, 100 + month, item=f"公共能耗分摊与设施维护费用第{month}项", period=f"{2000 + month}"
        )
    await plan.run(world.database, world.office, world.now)
    await lane.drain()
    assert len(channel.sent) > 1
    assert {state for state, _ in await states(world)} == {"sent"}
    assert channel.sent[-1][1].choices
    async with world.database.read() as session:
        assert {c.number for c in await session.scalars(select(ContactCount))} == {1}


async def test_a_part_whose_head_was_taken_back_does_not_go_alone(world: World, lane: Lane, channel: Scripted) -> None:
    await world.say("long", "chen", Kind.RECEIPT, text="长" * 5000)
    channel.script = [Rejected("no")]
    await lane.drain()
    assert len(channel.sent) == 1
    assert await states(world) == [("dead", "rejected"), ("cancelled", "part_missing")]


# Several lanes, wake-ups, rest.


async def test_three_lanes_of_one_database_double_nothing(world: World, channel: Scripted) -> None:
    for n in range(60):
        await world.say(f"{n}", f"chat-{n % 20}", text=f"{n}")
    # A SQLite file has one owner: one lane there.
    several = [real_time(world, channel) for _ in range(1 if world.database.is_sqlite else 3)]
    tasks = [asyncio.create_task(lane.run()) for lane in several]
    await until(lambda: len(channel.sent) >= 60)
    for lane in several:
        await lane.stop()
    await asyncio.gather(*tasks)
    assert sorted(int(text) for text in channel.texts) == list(range(60))
    for chat in range(20):
        mine = [int(message.text) for _, message in channel.sent if message.chat == f"chat-{chat}"]
        assert mine == sorted(mine)


async def test_when_the_holder_of_a_lane_goes_the_next_goes_on(world: World, channel: Scripted) -> None:
    """On PostgreSQL the second waits beside the first; on SQLite the file's lock would not let it start."""
    first, second = real_time(world, channel), real_time(world, channel)
    one = asyncio.create_task(first.run())
    await world.say("one", "chen")
    await until(lambda: len(channel.sent) == 1)
    two = None if world.database.is_sqlite else asyncio.create_task(second.run())
    await asyncio.sleep(0.1)
    await first.stop()
    await one
    two = two or asyncio.create_task(second.run())
    await world.say("two", "chen")
    await until(lambda: len(channel.sent) == 2)
    await second.stop()
    await two


async def test_a_wake_up_at_any_moment_is_heard(
    world: World, channel: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With half a minute between looks, a lost wake-up would not be made up for in time."""
    monkeypatch.setattr(Lane._pause, "__defaults__", (30.0,))
    lane = real_time(world, channel)
    task = asyncio.create_task(lane.run())
    await asyncio.sleep(0.05)
    for n in range(25):
        await asyncio.sleep(n * 0.002)
        await world.say(f"{n}", "chen")
        lane.wake()
        await until(lambda n=n: len(channel.sent) > n)  # type: ignore[misc]
    await lane.stop()
    await task


async def test_a_reply_does_not_wait_for_a_slow_request(world: World, channel: Scripted) -> None:
    slow = asyncio.Event()

    async def wait(_: Sendable) -> None:
        await slow.wait()

    channel.script = [wait]
    await world.say("slow", "li", text="slow")
    lane = real_time(world, channel)
    task = asyncio.create_task(lane.run())
    await until(lambda: channel.under_way == 1)
    await world.say("reply", "chen", text="reply")
    lane.wake()
    await until(lambda: "reply" in channel.texts)
    slow.set()
    await lane.stop()
    await task


async def test_an_idle_lane_rests(world: World, channel: Scripted) -> None:
    lane = real_time(world, channel)
    task = asyncio.create_task(lane.run())
    await asyncio.sleep(0.2)
    before = os.times()
    await asyncio.sleep(2)
    after = os.times()
    await lane.stop()
    await task
    assert (after.user + after.system) - (before.user + before.system) < 0.4


def outbox_row(world: World, key: str, chat: str, kind: Kind, audience: Audience = Audience.PRIVATE) -> Outbox:
    """A bare row, for what `post` never writes in such numbers."""
    from domain.messages import PRIORITY

    return Outbox(
        key=key,
        lane=CHANNEL,
        channel=CHANNEL,
        chat=chat,
        audience=audience.value,
        kind=kind.value,
        priority=PRIORITY[kind],
        template="test",
        text=key,
        state="queued",
        not_before=world.now,
        created_at=world.now,
    )


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not done():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.005)

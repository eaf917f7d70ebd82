"""What a colleague must confirm: tasks on a real platform on loopback, from the outbox to an honest end. On both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot import lanes
from bot.channels.wecom import WecomChannel
from bot.lanes import Lane
from bot.settings import Wecom
from bot.wechat_memory import DatabaseMemory
from domain import keys
from domain.clock import ManualClock
from domain.confirmations import Stage
from domain.messages import Address, Audience, Choice, Kind, OutgoingMessage
from domain.office import Office
from jobs import confirmations, handing_over, plan
from models.base import Database
from models.confirmations import Confirmation
from models.dialogue import save_group
from models.outbox import Context, Outbox
from models.people import Contact, Person
from models.posting import post
from models.reminders import ContactCount
from models.runtime import Broadcast
from tests.cast import CHEN, World, office
from tests.wechat_server.wecom import WecomServer

WANG, LI = "wangguanjia", "liguanjia"
ADD = "externalcontact/add_msg_template"


@dataclass
class Desk:
    """The lane and the job of one WeCom account, on a clock that stands still."""

    world: World
    server: WecomServer
    channel: WecomChannel
    clock: ManualClock

    @property
    def office(self) -> Office:
        return self.world.office

    async def group(self, owner: str = WANG) -> str:
        chat = self.server.group(owner)
        async with self.world.database.write() as session:
            community = await self.world.community(session)
            await save_group(session, "wecom", chat, community.id, "residents", "", "")
        return chat

    async def announce(
        self, chat: str, text: str = "本月物业费可以缴了。", *, hours: int = 0, broadcast: int = 0
    ) -> int:
        now = self.clock.now()
        async with self.world.database.write() as session:
            posted = await post(
                session,
                Address("wecom", chat),
                OutgoingMessage("test", text, audience=Audience.GROUP, kind=Kind.ANNOUNCEMENT),
                key=f"{chat}/{text}",
                now=now,
                context=Context(broadcast_id=broadcast or None),
                expires_at=now + timedelta(hours=hours) if hours else None,
            )
        assert posted.first_id is not None
        return posted.first_id

    async def deliver(self) -> None:
        await Lane(self.world.database, self.channel, self.office, self.clock).drain()

    async def work(self) -> dict[str, int]:
        """The lane, then the job."""
        await self.deliver()
        return await self.look()

    async def look(self) -> dict[str, int]:
        platforms = {"wecom": self.channel.tasks}
        return await confirmations.run(self.world.database, self.office, self.clock.now(), platforms)

    async def state(self, row_id: int) -> tuple[str, str]:
        async with self.world.database.read() as session:
            row = await session.get_one(Outbox, row_id)
            return row.state, row.reason

    async def tasks(self) -> list[str]:
        async with self.world.database.read() as session:
            return list(await session.scalars(select(Confirmation.state).order_by(Confirmation.id)))

    async def counted(self) -> int:
        async with self.world.database.read() as session:
            return int(await session.scalar(select(func.coalesce(func.sum(ContactCount.number), 0))) or 0)

    def later(self, **span: int) -> None:
        self.clock.advance(timedelta(**span))


@pytest.fixture
async def server() -> AsyncIterator[WecomServer]:
    async with WecomServer() as running:
        running.member(WANG)
        running.member(LI)
        yield running


@pytest.fixture
async def desk(
    database: Database, clock: ManualClock, server: WecomServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    monkeypatch.setattr(lanes, "DRAIN_STILL_SECONDS", 0.2)
    settings = Wecom.model_validate(server.settings(server.url))
    channel = WecomChannel(settings, clock, DatabaseMemory(database, clock, "wecom", settings.corp_id))
    here = replace(office(), channels=("wecom", "sandbox"))
    yield Desk(World(database, here, clock.now()), server, channel, clock)
    await channel.stop()


WAITING, SENT, LATE = ("waiting_for_staff", ""), ("sent", "confirmed"), ("dead", "not_confirmed")


async def test_the_same_words_make_one_task_for_each_colleague(desk: Desk, server: WecomServer) -> None:
    mine = [await desk.group() for _ in range(5)]
    other = await desk.group(LI)
    rows = [await desk.announce(chat) for chat in (*mine, other)]
    assert await desk.work() == {"made": 2, "over": 0}
    assert sorted(len(task.parts) for task in server.tasks.values()) == [1, 5]
    assert [await desk.state(row) for row in rows] == [WAITING] * 6
    assert not any(group.got for group in server.groups.values())
    for number in list(server.tasks):
        server.confirm(number)
    desk.later(minutes=1)
    assert await desk.work() == {"made": 0, "over": 2}
    assert [await desk.state(row) for row in rows] == [SENT] * 6
    assert [len(group.got) for group in server.groups.values()] == [1] * 6
    assert await desk.tasks() == [Stage.SENT, Stage.SENT]


async def test_half_confirmed_is_partly_and_the_rest_expires(desk: Desk, server: WecomServer) -> None:
    first, second = [await desk.announce(await desk.group(), hours=4) for _ in range(2)]
    await desk.work()
    [number] = server.tasks
    server.confirm(number, only=1)
    desk.later(minutes=1)
    await desk.look()
    assert (await desk.state(first), await desk.state(second), await desk.tasks()) == (SENT, WAITING, [Stage.PARTLY])
    assert await desk.counted() == 2
    desk.later(hours=4)
    await desk.look()
    assert (await desk.state(first), await desk.state(second), await desk.tasks()) == (SENT, LATE, [Stage.PARTLY])
    server.confirm(number)
    assert [len(group.got) for group in server.groups.values()] == [1, 0]
    assert await desk.counted() == 1  # what reached nobody counts for nobody


async def test_nobody_taps(desk: Desk, server: WecomServer) -> None:
    row = await desk.announce(await desk.group())
    await desk.work()
    desk.later(days=3, minutes=-1)
    await desk.look()
    assert await desk.state(row) == WAITING
    desk.later(minutes=1)
    assert await desk.look() == {"made": 0, "over": 1}
    assert (await desk.state(row), await desk.tasks(), await desk.counted()) == (LATE, [Stage.EXPIRED], 0)
    assert [task.cancelled for task in server.tasks.values()] == [True]


async def test_a_tap_in_the_last_moment_counts(desk: Desk, server: WecomServer) -> None:
    row = await desk.announce(await desk.group(), hours=1)
    await desk.work()
    [number] = server.tasks
    server.confirm(number)
    desk.later(hours=2)
    await desk.look()
    assert (await desk.state(row), await desk.tasks()) == (SENT, [Stage.SENT])


async def test_the_colleague_is_reminded_three_times_a_day_and_never_at_night(desk: Desk, server: WecomServer) -> None:
    await desk.announce(await desk.group())
    await desk.work()
    for _ in range(7 * 24):
        desk.later(minutes=30)
        server.skipped_seconds += 1800
        await desk.work()
    [task] = server.tasks.values()
    assert len(task.reminders) == 4
    for at in task.reminders:
        assert len([each for each in task.reminders if at <= each < at + 86400]) <= 3
    async with desk.world.database.read() as session:
        cards = list(
            await session.scalars(select(Outbox).where(Outbox.template == "confirm.groups").order_by(Outbox.id))
        )
    assert [(card.chat, card.state) for card in cards] == [(WANG, "sent")] * 5
    assert {9 <= card.created_at.astimezone(desk.office.zone).hour < 20 for card in cards} == {True}
    assert len(server.people[WANG].got) == 5
    assert "本月物业费" in server.people[WANG].got[0].text


@pytest.mark.parametrize("when", ["before its task", "in its task"])
async def test_a_broadcast_that_is_cancelled_is_cancelled_on_the_platform(
    desk: Desk, server: WecomServer, when: str
) -> None:
    author = await desk.world.staff(role="manager")
    async with desk.world.database.write() as session:
        broadcast = Broadcast(author_id=author, text="停水", state="running", created_at=desk.clock.now())
        session.add(broadcast)
        await session.flush()
        number = broadcast.id
    row = await desk.announce(await desk.group(), broadcast=number)
    await desk.deliver()
    if when == "in its task":
        await desk.look()
    async with desk.world.database.write() as session:
        await session.execute(update(Broadcast).where(Broadcast.id == number).values(state="undoing"))
    await desk.look()
    assert await desk.state(row) == ("cancelled", "broadcast_cancelled")
    assert [task.cancelled for task in server.tasks.values()] == ([True] if when == "in its task" else [])
    assert await desk.counted() == 0


async def test_the_platforms_daily_cap_waits_for_tomorrow(desk: Desk, server: WecomServer) -> None:
    chat = await desk.group()
    first = await desk.announce(chat)
    await desk.work()
    async with desk.world.database.write() as session:  # another day's count of ours, the same day of the platform's
        await session.execute(update(ContactCount).values(number=0))
    second = await desk.announce(chat, "明天停水。")
    await desk.work()
    assert await desk.state(first) == WAITING
    assert await desk.state(second) == ("retry", "quota_gone")
    async with desk.world.database.read() as session:
        row = await session.get_one(Outbox, second)
    assert row.not_before.astimezone(desk.office.zone).isoformat() == "2026-11-24T00:00:00+08:00"
    assert len(server.tasks) == 1


# customers, one by one


@pytest.fixture
async def chen(desk: Desk, server: WecomServer) -> str:
    """Ms Chen is a customer of two colleagues and on the sandbox, too; a gentle reminder is due. Her id."""
    customer = server.customer(WANG, LI)
    account = await desk.world.household(CHEN)
    await desk.world.bill(account, desk.world.today - timedelta(days=3))
    async with desk.world.database.write() as session:
        person_id = await session.scalar(select(Person.id))
        session.add(Contact(person_id=person_id, channel="wecom", user=customer, chat=customer))
        await session.execute(update(Person).values(channel="wecom"))
    await plan.run(desk.world.database, desk.office, desk.clock.now())
    desk.later(minutes=30)
    return customer


async def the_reminder(desk: Desk) -> Outbox:
    async with desk.world.database.read() as session:
        return (await session.scalars(select(Outbox).where(Outbox.kind == Kind.REMINDER))).one()


async def test_a_reminder_goes_to_a_customer_by_whoever_taps_first(desk: Desk, server: WecomServer, chen: str) -> None:
    await desk.work()
    [(number, task)] = server.tasks.items()
    assert {part.member for part in task.parts} == {WANG, LI}
    server.confirm(number, member=LI)
    desk.later(minutes=1)
    await desk.look()
    row = await the_reminder(desk)
    assert (row.channel, row.chat, row.state) == ("wecom", chen, "sent")
    assert row.delivered_at is not None
    assert "286.40" in server.customers[chen].got[0]


async def test_what_is_paid_or_unwanted_meanwhile_is_withdrawn(desk: Desk, server: WecomServer, chen: str) -> None:
    await desk.work()
    await desk.world.pay(1, 28640)
    await desk.look()
    assert [task.cancelled for task in server.tasks.values()] == [True]
    row = await the_reminder(desk)
    assert (row.state, row.reason, await desk.counted()) == ("cancelled", "paid", 0)


async def test_changed_figures_go_out_anew(desk: Desk, server: WecomServer, chen: str) -> None:
    await desk.work()
    await desk.world.pay(1, 10000)
    await desk.look()
    await desk.work()
    old, new = server.tasks.values()
    assert (old.cancelled, new.cancelled) == (True, False)
    assert ("286.40" in old.text, "186.40" in new.text) == (True, True)


async def test_a_customer_who_left_is_reached_elsewhere(desk: Desk, server: WecomServer, chen: str) -> None:
    await desk.work()
    server.customers[chen].followers.clear()
    [number] = server.tasks
    server.confirm(number)
    desk.later(minutes=1)
    await desk.look()
    row = await the_reminder(desk)
    assert (row.channel, row.state, row.tried) == ("sandbox", "retry", "wecom unreachable\n")
    async with desk.world.database.read() as session:
        contact = (await session.scalars(select(Contact).where(Contact.channel == "wecom"))).one()
    assert contact.state == "blocked"


# faults


async def test_a_platform_that_is_away_makes_the_task_later_and_once(desk: Desk, server: WecomServer) -> None:
    row = await desk.announce(await desk.group())
    await desk.deliver()
    server.fail(ADD, -1)
    assert (await desk.look())["made"] == 0
    assert await desk.state(row) == WAITING
    assert (await desk.look())["made"] == 1
    assert len(server.tasks) == 1


async def test_a_task_in_doubt_is_not_made_twice(desk: Desk, server: WecomServer) -> None:
    row = await desk.announce(await desk.group())
    await desk.deliver()
    server.faults.add("reset_after", method=ADD, times=1)
    await desk.look()
    assert await desk.state(row) == ("unknown", "in_doubt")
    await desk.look()
    assert (len(server.tasks), await desk.tasks()) == (1, [Stage.LOST])


async def test_a_process_that_dies_while_it_asks_leaves_no_second_task(desk: Desk, server: WecomServer) -> None:
    row = await desk.announce(await desk.group())
    await desk.deliver()
    async with desk.world.database.write() as session:
        task = Confirmation(
            channel="wecom", state=Stage.CREATING, created_at=desk.clock.now(), expires_at=desk.clock.now()
        )
        session.add(task)
        await session.flush()
        await session.execute(update(Outbox).where(Outbox.id == row).values(confirmation_id=task.id))
    await desk.look()
    assert (await desk.state(row), server.tasks, await desk.tasks()) == (("unknown", "in_doubt"), {}, [Stage.LOST])


async def test_a_group_that_is_none_ends_here(desk: Desk, server: WecomServer) -> None:
    chat = await desk.group()
    del server.groups[chat]
    row = await desk.announce(chat)
    await desk.work()
    assert (await desk.state(row), await desk.counted()) == (("dead", "unreachable"), 0)


async def test_links_stay_and_buttons_go(desk: Desk, server: WecomServer) -> None:
    chat = await desk.group()
    choices = ((Choice("我的账单", url="https://fees.example.org/b"),), (Choice("我的账单", "bill.show"),))
    async with desk.world.database.write() as session:
        await post(
            session,
            Address("wecom", chat),
            OutgoingMessage("test", "可以缴费了。", {}, choices, Audience.GROUP, Kind.ANNOUNCEMENT),
            key=keys.export(1),
            now=desk.clock.now(),
            context=Context(),
        )
    await desk.deliver()
    await handing_over.run(desk.world.database, desk.office, desk.channel.tasks, desk.clock.now())
    [task] = server.tasks.values()
    assert task.text == "可以缴费了。\n我的账单: https://fees.example.org/b"

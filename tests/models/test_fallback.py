"""One reminder over several channels: tried where it may be, moved when it certainly did not arrive, never doubled."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.lanes import Lane
from domain.clock import ManualClock
from domain.errors import Rejected, Shut, TryLater, Unknown, Unreachable
from domain.messages import Address, Choice, Kind, OutgoingMessage, Receipt
from domain.office import Office
from jobs import plan
from models import deliveries, outbox
from models.base import Database
from models.dialogue import Button
from models.outbox import Outbox, State
from models.people import Contact
from models.posting import post
from models.reminders import contact_sums
from tests.cast import CHEN, World, office
from tests.channel_double import Scripted

KEY = "remind/1/1/gentle"


class Homes:
    """Ms Chen, who can be reached on WeChat and on Telegram, and a lane for each."""

    def __init__(self, database: Database, clock: ManualClock, office: Office) -> None:
        self.office = office
        self.clock = clock
        self.world = World(database, office, clock.now())
        self.wechat, self.telegram = Scripted("wechat"), Scripted("telegram")
        self.account_id = 0

    async def prepare(self) -> None:
        self.account_id = await self.world.account(CHEN)
        await self.world.bound(self.account_id, "wechat", "openid")
        async with self.world.database.write() as session:
            person_id = (await session.scalars(select(Contact.person_id))).one()
            session.add(Contact(person_id=person_id, channel="telegram", user="42", chat="42"))

    async def remind(self, text: str = "您好", kind: Kind = Kind.RECEIPT) -> int:
        payer = await self.world.payer_of(self.account_id)
        message = OutgoingMessage("receipt", text, {}, ((Choice("账单", "bill.show"),),), kind=kind)
        async with self.world.database.write() as session:
            posted = await post(
                session,
                Address("wechat", "openid"),
                message,
                key=KEY,
                now=self.clock.now(),
                context=outbox.Context(payer, self.account_id),
                button_user="openid",
            )
        assert posted.first_id is not None
        return posted.first_id

    async def plan(self) -> None:
        """A real reminder, as the day's planning writes it."""
        await self.world.bill(self.account_id, self.world.today - timedelta(days=4))
        await plan.run(self.world.database, self.office, self.clock.now())

    async def deliver(self) -> Outbox:
        """Drain both lanes until nothing moves; the one row of the reminder."""
        for channel in (self.wechat, self.telegram, self.wechat):
            await self.work(channel)
        [row] = await self.world.rows()
        return row

    async def work(self, channel: Scripted) -> None:
        """Do what a lane does until there is nothing it may do now; on a clock that stands still, `drain` would wait."""
        lane = Lane(self.world.database, channel, self.office, self.clock)
        await lane.start()
        while await lane._step() or lane._in_flight or lane._done:
            await asyncio.gather(*lane._in_flight)

    async def report(self, chat: str, message_id: str, failure: str) -> None:
        async with self.world.database.write() as session:
            await deliveries.keep(session, "wechat", chat, message_id, failure, self.clock.now())
            await deliveries.apply(session, self.office, self.clock.now())


@pytest.fixture
async def homes(database: Database, clock: ManualClock) -> Homes:
    homes = Homes(database, clock, replace(office(), channels=("wechat", "telegram")))
    await homes.prepare()
    return homes


@pytest.mark.parametrize("refused", [Shut("x", why="window_shut"), Shut("x", why="quota_gone"), Unreachable("x")])
async def test_what_one_channel_may_not_deliver_the_next_one_does(homes: Homes, refused: Exception) -> None:
    await homes.remind()
    homes.wechat.always = refused
    row = await homes.deliver()
    why = refused.why if isinstance(refused, Shut) else "unreachable"
    assert (row.state, row.channel, row.lane, row.chat, row.key) == (State.SENT, "telegram", "telegram", "42", KEY)
    assert row.tried == f"wechat {why}\n"
    assert (len(homes.wechat.sent), len(homes.telegram.sent)) == (1, 1)
    async with homes.world.database.read() as session:
        [button] = await session.scalars(select(Button))
    assert (button.channel, button.chat, button.user) == ("telegram", "42", "42")
    assert json.loads(row.choices)[0][0]["token"] == button.token


async def test_a_quota_that_comes_back_is_not_waited_for_where_another_way_is_open(
    homes: Homes, clock: ManualClock
) -> None:
    await homes.remind()
    homes.wechat.always = Shut("x", why="quota_gone", until=clock.now() + timedelta(hours=5))
    assert (await homes.deliver()).channel == "telegram"


async def test_without_another_way_it_waits_for_the_quota_and_ends_at_a_shut_window(
    homes: Homes, clock: ManualClock
) -> None:
    homes.office = replace(homes.office, channels=("wechat",))
    await homes.remind()
    later = clock.now() + timedelta(hours=5)
    homes.wechat.script = [Shut("x", why="quota_gone", until=later), Shut("x", why="window_shut")]
    row = await homes.deliver()
    assert (row.state, row.reason, row.not_before, row.attempt) == (State.RETRY, "quota_gone", later, 0)
    clock.jump(later)
    row = await homes.deliver()
    assert (row.state, row.reason) == (State.DEAD, "window_shut")


async def test_when_every_way_is_shut_it_ends_with_all_reasons(homes: Homes) -> None:
    await homes.remind()
    homes.wechat.always, homes.telegram.always = Shut("x", why="window_shut"), Unreachable("x")
    row = await homes.deliver()
    assert (row.state, row.reason, row.tried) == (State.DEAD, "unreachable", "wechat window_shut\n")
    assert (len(homes.wechat.sent), len(homes.telegram.sent)) == (1, 1)


@pytest.mark.parametrize("wrong", [Unknown("x"), TryLater("x"), Rejected("x")])
async def test_nothing_else_makes_it_move(homes: Homes, wrong: Exception) -> None:
    await homes.plan()
    homes.wechat.script = [wrong]
    row = await homes.deliver()
    assert row.channel == "wechat"
    assert homes.telegram.sent == []


async def test_after_a_doubt_it_never_goes_another_way(homes: Homes, clock: ManualClock) -> None:
    """The first try may have arrived: what the second one says of the channel doesn't undo that."""
    await homes.plan()
    until = clock.now() + timedelta(minutes=9)
    homes.wechat.script = [Unknown("x", repeat_until=until), Shut("x", why="window_shut")]
    row = await homes.deliver()
    assert (row.state, row.repeat_until) == (State.RETRY, until)
    clock.advance(timedelta(seconds=10))
    row = await homes.deliver()
    assert (row.state, row.channel) == (State.DEAD, "wechat")
    assert homes.telegram.sent == []


async def test_a_doubt_is_not_repeated_when_the_platform_has_forgotten_it(homes: Homes, clock: ManualClock) -> None:
    await homes.plan()
    homes.wechat.script = [Unknown("x", repeat_until=clock.now() + timedelta(minutes=9))]
    assert (await homes.deliver()).state == State.RETRY
    clock.advance(timedelta(minutes=10))
    row = await homes.deliver()
    assert (row.state, row.reason) == (State.UNKNOWN, "in_doubt")
    assert len(homes.wechat.sent) == 1
    async with homes.world.database.write() as session:
        assert await outbox.resolve_unknown(session, row.id, arrived=False, by="staff", at=clock.now())
    assert (await homes.deliver()).state == State.SENT


async def test_an_answer_stays_in_its_chat(homes: Homes) -> None:
    await homes.remind(kind=Kind.REPLY)
    homes.wechat.always = Shut("x", why="window_shut")
    row = await homes.deliver()
    assert (row.state, row.channel) == (State.DEAD, "wechat")


async def test_the_parts_of_a_long_message_stay_together(homes: Homes) -> None:
    await homes.remind("\n".join(f"{number} " + "字" * 60 for number in range(40)))
    homes.wechat.always = Shut("x", why="window_shut")
    for channel in (homes.wechat, homes.telegram):
        await homes.work(channel)
    rows = await homes.world.rows()
    assert len(rows) > 1
    assert {(row.state, row.channel, row.chat) for row in rows} == {(State.SENT, "telegram", "42")}
    assert len(homes.telegram.sent) == len(rows)


# what the platform says later


async def counted(homes: Homes, at: datetime) -> int:
    async with homes.world.database.read() as session:
        sums = await contact_sums(session, "account", [homes.account_id], homes.office.today(at))
    return sums.get(homes.account_id, (0, 0, 0))[0]


async def test_proof_of_delivery_is_kept(homes: Homes, clock: ManualClock) -> None:
    await homes.remind()
    await homes.deliver()
    await homes.report("openid", "m1", "")
    row = await homes.deliver()
    assert (row.state, row.delivered_at) == (State.SENT, clock.now())


async def test_a_report_that_comes_before_our_own_record_waits_for_it(homes: Homes) -> None:
    await homes.report("openid", "m1", "")
    await homes.remind()
    row = await homes.deliver()
    assert row.delivered_at is None
    async with homes.world.database.write() as session:
        assert await deliveries.apply(session, homes.office, homes.clock.now()) == 1
    assert (await homes.deliver()).delivered_at is not None


async def test_a_message_that_a_block_kept_off_goes_another_way_once(homes: Homes, clock: ManualClock) -> None:
    await homes.plan()
    await homes.deliver()
    assert await counted(homes, clock.now()) == 1
    for _ in range(2):
        await homes.report("openid", "m1", "user block")
    row = await homes.deliver()
    assert (row.state, row.channel, row.tried) == (State.SENT, "telegram", "wechat user block\n")
    assert (len(homes.wechat.sent), len(homes.telegram.sent)) == (1, 1)
    assert await counted(homes, clock.now()) == 1
    async with homes.world.database.read() as session:
        states = dict((await session.execute(select(Contact.channel, Contact.state))).all())
    assert states == {"wechat": "blocked", "telegram": "ok"}


async def test_without_another_way_the_failure_is_kept(homes: Homes) -> None:
    homes.office = replace(homes.office, channels=("wechat",))
    await homes.remind()
    await homes.deliver()
    await homes.report("openid", "m1", "system failed")
    row = await homes.deliver()
    assert (row.state, row.reason, row.error, row.sent_at) == (State.DEAD, "not_delivered", "system failed", None)


async def test_a_receipt_counts_as_sent_only_by_the_one_who_took_it(homes: Homes) -> None:
    """Two lanes at once: the row has one lane at a time."""
    await homes.remind()

    async def slow(_: object) -> Receipt:
        await homes.work(homes.telegram)
        raise Shut("x", why="window_shut")

    homes.wechat.script = [slow]
    row = await homes.deliver()
    assert (row.channel, row.state) == ("telegram", State.SENT)
    assert len(homes.telegram.sent) == 1

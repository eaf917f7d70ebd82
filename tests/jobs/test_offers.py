"""The renewal window day by day: preview is what the tick does, each tier its own way, a yes a bill, silence a call."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

import scheduler
from bot.lanes import Lane
from domain.clock import ManualClock
from domain.messages import Kind
from jobs import offers, plan
from models.accounts import Account
from models.agreements import Offer
from models.base import Database
from models.bills import Bill, bill_lines
from models.dialogue import Group
from models.outbox import Outbox
from models.reminders import OfferStep
from models.renewals import StageSummary, results
from models.staff import StaffTask
from models.verdicts import Row
from tests.cast import CHANNEL, CHEN, LI, SUN, WANG, World, office
from tests.channel_double import Scripted

TIERS = {CHEN: "A", LI: "B", WANG: "C", SUN: "D"}


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, office(), clock.now())


async def offer(world: World, account: int, opens_in: int = 0, **values: object) -> int:
    opens_on = world.today + timedelta(days=opens_in)
    given = {
        "class_name": "寒假班",
        "opens_on": opens_on,
        "closes_on": opens_on + timedelta(days=20),
        "amount_fen": 198_000,
        "lessons": 20,
        "covers_from": opens_on + timedelta(days=30),
        "covers_until": opens_on + timedelta(days=90),
        **values,
    }
    async with world.database.write() as session:
        row = Offer(account_id=account, **given)
        session.add(row)
        await session.flush()
        return row.id


async def school(world: World, opens_in: int = 0) -> dict[str, int]:
    """Four families, one of each tier; their accounts by name."""
    found = {}
    for name, tier in TIERS.items():
        found[name] = await world.household(name, code=f"S-{tier}", kind="training")
        async with world.database.write() as session:
            await session.execute(update(Account).where(Account.id == found[name]).values(tier=tier))
        await offer(world, found[name], opens_in)
    return found


async def day(world: World, clock: ManualClock, ahead: int, hour: int = 10) -> list[tuple[str, str, str | None]]:
    """One day's tick after `ahead` days: (code, decision, stage or reason), the deliveries made. Preview said the same."""
    clock.jump(world.at(world.today + timedelta(days=ahead), hour))
    world.now = clock.now()
    foretold = await offers.preview(world.database, world.office, world.today, world.at(world.today, 9))
    ran = await scheduler.tick(world.database, world.office, world.now, on_demand=True)
    assert [each.error for each in ran if each.error] == []
    rows = [row for each in ran if each.name in ("plan", "offers") for row in each.result]  # type: ignore[attr-defined]
    assert rows == foretold
    clock.advance(timedelta(minutes=30))
    await Lane(world.database, Scripted(), world.office, clock).drain()
    mine = next(each.result for each in ran if each.name == "offers")
    assert isinstance(mine, list)
    assert all(isinstance(row, Row) for row in mine)
    return sorted((row.account, row.decision, row.stage if row.decision != "wait" else row.reason) for row in mine)


async def sent(world: World, kind: Kind = Kind.OFFER) -> list[tuple[str, str]]:
    return [(row.chat, row.state) for row in await world.rows() if row.kind == kind]


async def tasks(world: World) -> list[tuple[str, str, int | None]]:
    async with world.database.read() as session:
        rows = await session.scalars(select(StaffTask).order_by(StaffTask.id))
        return [(task.kind, task.state, task.account_id) for task in rows]


async def test_a_window_goes_each_tier_its_own_way(world: World, clock: ManualClock) -> None:
    found = await school(world)
    assert await day(world, clock, 0) == [("S-A", "remind", "loyal"), ("S-C", "staff", "open_call")]
    assert await day(world, clock, 1) == [("S-B", "staff", "likely_call")]
    assert await day(world, clock, 1) == [("S-D", "remind", "open_door")]
    assert await day(world, clock, 1) == [("S-A", "staff", "loyal_call")]  # 48 hours of silence, counted from 09:0x
    assert await day(world, clock, 1) == []
    assert await sent(world) == [("chat-chen", "sent"), ("chat-sun", "sent")]
    calls = [each for each in await tasks(world) if each[0] == "renewal"]
    assert calls == [("renewal", "open", found[name]) for name in (WANG, LI, CHEN)]
    async with world.database.read() as session:
        policies = set(await session.scalars(select(OfferStep.policy_hash)))
        summary = await session.scalar(select(StaffTask.summary).where(StaffTask.account_id == found[WANG]))
    assert policies == {world.office.policy("training").hash}
    assert (summary or "").startswith("续班电话 · 寒假班 · 意向 C")
    assert "可以这样开头" in (summary or "")
    # Staff have not called; the word before it closes waits for them, then goes out to those without an answer.
    async with world.database.write() as session:
        await session.execute(update(StaffTask).values(state="done"))
    assert await day(world, clock, 13) == [(f"S-{tier}", "remind", "closing") for tier in "ABC"]
    assert await day(world, clock, 5) == []
    async with world.database.read() as session:
        assert set(await session.scalars(select(Offer.state))) == {"expired"}


async def test_a_second_tick_of_a_day_writes_nothing_new(world: World, clock: ManualClock) -> None:
    await school(world)
    await day(world, clock, 0)
    before = (len(await world.rows()), len(await tasks(world)))
    await scheduler.tick(world.database, world.office, clock.now(), on_demand=True)
    assert (len(await world.rows()), len(await tasks(world))) == before


async def test_the_message_says_all_that_the_law_asks_and_quotes_the_teacher(world: World, clock: ManualClock) -> None:
    account = (await school(world))[CHEN]
    teacher = await world.staff("zhou", "teacher")
    async with world.database.write() as session:
        for text, quotable in (("旧的", True), ("最近爱举手了。", True)):
            session.add(
                StageSummary(
                    account_id=account,
                    class_name="寒假班",
                    text=text,
                    quotable=quotable,
                    staff_id=teacher,
                    at=world.now,
                )
            )
            await session.flush()
    await day(world, clock, 0)
    text = next(row.text for row in await world.rows() if row.chat == "chat-chen")
    for piece in ("翠湖物业", "寒假班", "20 课时，1,980.00 元", "最近爱举手了", "可全额退", "回“停止”", "陈女士"):
        assert piece in text
    assert "陈静" not in text


async def test_a_yes_becomes_a_bill_from_the_first_day_the_law_allows(world: World, clock: ManualClock) -> None:
    account = await world.household(CHEN, code="S-1", kind="training")
    number = await offer(
        world, account, covers_from=world.today + timedelta(days=40), covers_until=world.today + timedelta(days=99)
    )
    async with world.database.write() as session:
        await session.execute(update(Offer).values(state="yes"))
    assert await offers.issue_due(world.database, world.office, world.now) == 0
    clock.advance(timedelta(days=9))
    world.now = clock.now()
    for issued in (1, 0):
        assert await offers.issue_due(world.database, world.office, world.now) == issued
    async with world.database.read() as session:
        (line,) = await bill_lines(session, [account])
        assert (line.bill.item, line.open_fen) == ("寒假班学费", 198_000)
        assert line.bill.due_on == world.today + timedelta(days=7)
        assert (await session.get_one(Offer, number)).bill_id == line.bill.id


async def test_an_answer_before_the_message_went_out_keeps_it_back(world: World, clock: ManualClock) -> None:
    """Planned at eight, answered at half past eight, sent from nine on."""
    await school(world)
    clock.jump(world.at(world.today, 8))
    world.now = clock.now()
    await offers.run(world.database, world.office, world.now)
    async with world.database.write() as session:
        await session.execute(update(Offer).values(state="no"))
    clock.jump(world.at(world.today, 10))
    channel = Scripted()
    await Lane(world.database, channel, world.office, clock).drain()
    assert [message for _, message in channel.sent] == []
    assert [(row.state, row.reason) for row in await world.rows()] == [("cancelled", "offer_answered")]


async def test_a_corrected_price_goes_out_and_not_the_old_one(world: World, clock: ManualClock) -> None:
    await school(world)
    clock.jump(world.at(world.today, 8))
    world.now = clock.now()
    await offers.run(world.database, world.office, world.now)
    async with world.database.write() as session:
        await session.execute(update(Offer).values(amount_fen=188_000))
    clock.jump(world.at(world.today, 10))
    await Lane(world.database, Scripted(), world.office, clock).drain()
    assert "1,880.00" in next(row.text for row in await world.rows() if row.state == "sent")


async def test_the_tuition_that_is_due_goes_before_the_next_courses_offer(world: World, clock: ManualClock) -> None:
    """One message a day and days in between, whatever it is about."""
    accounts = await school(world)
    await world.bill(accounts[CHEN], world.today + timedelta(days=2), item="学费")
    rows = await day(world, clock, 0)
    assert ("S-A", "wait", "spacing") in rows
    assert await sent(world) == []
    assert await sent(world, Kind.REMINDER) == [("chat-chen", "sent")]


@pytest.mark.parametrize("kind", ["training", "property"])
async def test_no_fee_is_asked_for_so_soon_after_an_offer(world: World, clock: ManualClock, kind: str) -> None:
    """Whether it is the same pupil's tuition or the fee of the same parent's flat."""
    accounts = await school(world)
    assert ("S-A", "remind", "loyal") in await day(world, clock, 0)
    owing = accounts[CHEN] if kind == "training" else await world.household(CHEN, code="3-1201")
    await world.bill(owing, world.today + timedelta(days=8), item="fee")
    for ahead, reminders in ((1, 0), (1, 0), (1, 1)):
        await day(world, clock, ahead)
        assert len(await sent(world, Kind.REMINDER)) == reminders, world.today


async def test_an_offer_that_never_went_out_holds_no_fee_back(world: World, clock: ManualClock) -> None:
    accounts = await school(world)
    clock.jump(world.at(world.today, 8))
    world.now = clock.now()
    await offers.run(world.database, world.office, world.now)
    async with world.database.write() as session:
        await session.execute(update(Outbox).values(state="cancelled"))
    await world.bill(accounts[CHEN], world.today + timedelta(days=8), item="fee")
    await day(world, clock, 1)
    assert await sent(world, Kind.REMINDER) == [("chat-chen", "sent")]


async def test_an_offer_that_still_waits_counts_as_said_today(world: World, clock: ManualClock) -> None:
    """It was kept back for days: who knows on which of them it goes out."""
    accounts = await school(world)
    clock.jump(world.at(world.today, 8))
    world.now = clock.now()
    await offers.run(world.database, world.office, world.now)
    clock.jump(world.at(world.today + timedelta(days=5), 8))
    world.now = clock.now()
    await world.bill(accounts[CHEN], world.today + timedelta(days=7), item="fee")
    rows = await plan.run(world.database, world.office, world.now)
    assert [(row.decision, row.reason) for row in rows if row.account == "S-A"] == [("wait", "spacing")]


@pytest.mark.parametrize("kind", ["training", "property"])
async def test_no_offer_comes_so_soon_after_a_fee_was_asked_for(world: World, clock: ManualClock, kind: str) -> None:
    accounts = await school(world, opens_in=1)
    owing = accounts[CHEN] if kind == "training" else await world.household(CHEN, code="3-1201")
    await world.bill(owing, world.today + timedelta(days=7), item="fee")
    for ahead, offered in ((0, 0), (1, 0), (1, 0), (1, 1)):
        await day(world, clock, ahead)
        assert (("chat-chen", "sent") in await sent(world)) == bool(offered), world.today
    assert await sent(world, Kind.REMINDER) == [("chat-chen", "sent")]


async def test_two_children_are_asked_about_one_at_a_time(world: World, clock: ManualClock) -> None:
    for code in ("S-1", "S-2"):
        account = await world.household(CHEN, code=code, kind="training")
        async with world.database.write() as session:
            await session.execute(update(Account).where(Account.id == account).values(tier="A"))
        await offer(world, account)
    assert await day(world, clock, 0) == [("S-1", "remind", "loyal"), ("S-2", "wait", "spacing")]


async def test_the_teacher_is_asked_a_month_ahead_once_and_groups_are_told_at_the_opening(
    world: World, clock: ManualClock
) -> None:
    await world.staff("zhou", "teacher")
    await school(world, opens_in=30)
    async with world.database.write() as session:
        place = await session.scalar(select(Account.community_id))
        session.add(Group(channel=CHANNEL, chat="g1", community_id=place, title="家长群", audience="residents"))
    for _ in range(2):
        assert await day(world, clock, 0) == []
    assert [(kind, state) for kind, state, _ in await tasks(world)] == [("summary", "open")]
    cards = [row.text for row in await world.rows() if row.chat == "chat-zhou" and row.template == "card.summary"]
    assert len(cards) == 1
    assert "寒假班：4 位学员" in cards[0]
    await day(world, clock, 30)
    (post,) = [row for row in await world.rows() if row.chat == "g1"]
    assert post.state == "sent"
    assert "寒假班 开始续班" in post.text
    assert not any(word in post.text for word in ("陈", "1,980", "S-A"))


@pytest.mark.parametrize("seed", range(2))
async def test_preview_is_what_the_tick_then_does_in_a_mixed_school(
    world: World, clock: ManualClock, seed: int
) -> None:
    """Bills, offers, answers, stops and pauses at random over a week; `day` compares every row."""
    dice = random.Random(seed)
    for n in range(30):
        person = f"p-{n if dice.random() < 0.8 else max(0, n - 1)}"
        account = await world.household(person, code=f"{n}", kind="training", traits=dice.choice(["", "", "hardship"]))
        async with world.database.write() as session:
            await session.execute(
                update(Account).where(Account.id == account).values(tier=dice.choice("ABCD") * (n % 5 > 0))
            )
        if dice.random() < 0.8:
            state = dice.choice(["open", "open", "open", "considering", "yes", "no"])
            await offer(
                world, account, dice.choice([-3, 0, 0, 1]), state=state, answered_at=world.now - timedelta(days=6)
            )
        if dice.random() < 0.4:
            await world.bill(account, world.today + timedelta(days=dice.choice([-30, -3, 0, 2, 7])), item="学费")
    kinds = set()
    for ahead in (0, 1, 1, 1, 3):
        kinds |= {(decision, what) for _, decision, what in await day(world, clock, ahead)}
    assert len(kinds) >= 6, kinds


async def test_results_count_class_answer_reason_and_money(world: World, clock: ManualClock) -> None:
    accounts = await school(world)
    async with world.database.write() as session:
        rows = {offer.account_id: offer for offer in await session.scalars(select(Offer))}
        rows[accounts[CHEN]].state = "yes"
        rows[accounts[LI]].state, rows[accounts[LI]].reason = "considering", "asks_child"
        rows[accounts[SUN]].state, rows[accounts[SUN]].reason = "no", "price"
    await offers.issue_due(world.database, world.office, world.now)
    await world.pay(accounts[CHEN], 198_000)
    async with world.database.read() as session:
        (mine,) = await results(session, None, date(2026, 11, 1))
        assert await results(session, 99, date(2026, 11, 1)) == []
        assert len(list(await session.scalars(select(Bill)))) == 1
    assert (mine.class_name, mine.offered, mine.converted, mine.converted_fen) == ("寒假班", 4, 1, 198_000)
    assert dict(mine.answers) == {"yes": 1, "considering": 1, "no": 1, "open": 1}
    assert dict(mine.reasons) == {"asks_child": 1, "price": 1}
    assert dict(mine.tiers) == {"A": 1, "B": 1, "C": 1, "D": 1}

"""Who is asked for their details, when, where and how often. On both databases, from the timetable to the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from domain.details import Cause, State, own_index
from domain.ladder import Reason
from domain.messages import Kind
from jobs import details
from models.accounts import Account
from models.agreements import release
from models.base import Database
from models.details import UNREACHABLE, DetailsCheck
from models.outbox import Context, Outbox
from models.outbox import State as Sending
from models.people import Binding, Contact, Person, bind
from models.reminders import count_contacts
from models.staff import StaffTask
from scheduler import tick
from tests.cast import CHEN, LI, SUN, World, office

NOW = datetime.fromisoformat("2027-02-08T10:40:00+08:00")  # the day after the own day of person 1
LONG_AGO = NOW - timedelta(days=400)


@pytest.fixture
async def world(database: Database) -> World:
    """Ms Chen (person 1) has been linked for more than a year."""
    world = World(database, office(), NOW)
    await world.household(CHEN)
    async with database.write() as session:
        await session.execute(update(Binding).values(bound_at=LONG_AGO))
        await session.execute(update(Account).values(phone="13800001234"))
    assert own_index(1) == 37
    return world


async def run(world: World, days: int = 0) -> dict[str, int]:
    return await details.run(world.database, world.office, NOW + timedelta(days=days))


async def checks(world: World) -> list[tuple[int | None, str, str]]:
    async with world.database.read() as session:
        rows = await session.scalars(select(DetailsCheck).order_by(DetailsCheck.id))
        return [(row.person_id, row.cause, row.state) for row in rows]


async def change(world: World, table: type[object], **values: object) -> None:
    async with world.database.write() as session:
        await session.execute(update(table).values(**values))


async def another_chat(world: World, chat: str = "77") -> None:
    async with world.database.write() as session:
        session.add(Contact(person_id=1, channel="telegram", user=chat, chat=chat))


async def lose(world: World, *chats: str) -> None:
    async with world.database.write() as session:
        await session.execute(update(Contact).where(Contact.chat.in_(chats)).values(state="blocked"))


async def test_three_ticks_make_one_question_with_ones_own_details_masked(world: World) -> None:
    for minutes in (0, 1, 2):
        await tick(world.database, world.office, NOW + timedelta(minutes=minutes), only="details", on_demand=True)
    (row,) = await world.rows()
    assert (row.kind, row.template, row.person_id) == (Kind.COURTESY, "details.yearly", 1)
    assert "· 3栋12**（业主）：陈女士，手机尾号 1234" in row.text
    assert "联系您的地方：沙盒" in row.text
    assert all(secret not in row.text for secret in ("陈静", "1201", "13800001234", "0000"))
    assert "没问题" in row.choices
    assert "要改" in row.choices
    assert await checks(world) == [(1, Cause.YEARLY, State.ASKED)]


@pytest.mark.parametrize(("days", "asked"), [(-2, 0), (-1, 1), (28, 1), (29, 0)])
async def test_only_within_the_weeks_after_ones_own_day(world: World, days: int, asked: int) -> None:
    assert (await run(world, days))["yearly"] == asked


async def test_silence_is_an_answer_and_the_year_is_left_in_peace(world: World) -> None:
    await run(world)
    await change(world, Outbox, state=Sending.SENT, sent_at=NOW)
    assert (await run(world, 13))["unheard"] == 0
    assert (await run(world, 14))["unheard"] == 1
    for days in range(15, 364, 7):
        await run(world, days)
    assert await checks(world) == [(1, Cause.YEARLY, State.UNHEARD)]
    assert (await run(world, 364))["yearly"] == 1
    assert await checks(world) == [(1, Cause.YEARLY, State.UNHEARD), (1, Cause.YEARLY, State.ASKED)]


@pytest.mark.parametrize(
    "obstacle",
    ["stopped", "hardship", "disputed", "promised", "trait", "newly", "paused", "cap", "reminder", "no chat", "erased"],
)
async def test_who_is_left_in_peace(world: World, obstacle: str) -> None:
    bill = await world.bill(1, world.today)
    match obstacle:
        case "stopped":
            await change(world, Person, stopped_at=NOW)
        case "hardship":
            await world.hold(1, Reason.HARDSHIP, world.today)
        case "disputed" | "promised":
            await world.hold(1, Reason(obstacle), world.today, bill)
        case "trait":
            await change(world, Account, traits="elderly;hardship")
        case "newly":
            await change(world, Binding, bound_at=NOW - timedelta(days=179))
        case "paused":
            async with world.database.write() as session:
                (await world.community(session)).paused_until = NOW + timedelta(hours=1)
        case "cap":
            async with world.database.write() as session:
                await count_contacts(session, [("person", 1)], world.today)
        case "reminder":
            await world.say("r", "chat-chen", Kind.REMINDER, context=Context(person_id=1))
        case "no chat":
            await change(world, Contact, channel="wecom")  # not one of ours
        case "erased":
            await change(world, Account, erased_at=NOW)
    before = len(await world.rows())
    assert (await run(world))["yearly"] == 0
    assert len(await world.rows()) == before
    assert await checks(world) == []


async def test_a_day_has_its_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(details, "A_DAY_MAX", 2)
    async with world.database.write() as session:
        for person_id in (366, 731, 1096):  # of the same own day
            session.add(Person(id=person_id, name="", created_at=NOW))
            await session.flush()
            session.add(Contact(person_id=person_id, channel="sandbox", user=f"{person_id}", chat=f"{person_id}"))
            await bind(session, 1, person_id, "family", LONG_AGO)
    assert [(await run(world, days))["yearly"] for days in (0, 0, 1, 1, 2)] == [2, 0, 2, 0, 0]


async def test_a_question_that_never_went_out_may_be_asked_on_another_day(world: World) -> None:
    await run(world)
    await change(world, Outbox, state=Sending.CANCELLED, reason="cap")
    assert await run(world, 1) | {"bounce": 0} == {
        "yearly": 1, "bounce": 0, "tasks": 0, "nobody": 0, "unheard": 0, "unsaid": 1, "reached": 0,
    }  # fmt: skip
    assert await checks(world) == [(1, Cause.YEARLY, State.ASKED)]
    assert [row.state for row in await world.rows()] == [Sending.CANCELLED, Sending.QUEUED]


async def test_several_homes_are_one_question(world: World) -> None:
    second = await world.account(CHEN, code="3-0001")
    async with world.database.write() as session:
        await bind(session, second, 1, "owner", LONG_AGO)
        await session.execute(update(Account).where(Account.id == second).values(address="0305"))
    assert (await run(world))["yearly"] == 1
    (row,) = await world.rows()
    assert "3栋12**" in row.text
    assert "3栋03**（业主）：陈女士，没有登记手机" in row.text


async def test_others_of_the_home_see_nothing_of_the_payer(world: World) -> None:
    async with world.database.write() as session:
        session.add(Person(id=366, name="房客", created_at=NOW))
        await session.flush()
        session.add(Contact(person_id=366, channel="sandbox", user="t", chat="t"))
        await bind(session, 1, 366, "tenant", LONG_AGO)
        await session.execute(update(Person).where(Person.id == 1).values(stopped_at=NOW))
    await run(world)
    (row,) = await world.rows()
    assert row.chat == "t"
    assert row.text.startswith("住户您好")
    assert "· 3栋12**（租户）" in row.text
    assert all(theirs not in row.text for theirs in ("陈", "1234", "尾号"))


# a chat was lost: at another time of the year


async def lost(world: World, *chats: str) -> dict[str, int]:
    await lose(world, *chats)
    return await run(world, 100)


async def test_a_lost_chat_is_asked_about_on_another_channel_once(world: World) -> None:
    await another_chat(world)
    assert (await lost(world, "chat-chen"))["bounce"] == 1
    assert (await run(world, 101))["bounce"] == 0
    (row,) = await world.rows()
    assert (row.channel, row.template) == ("telegram", "details.bounce")
    assert "您沙盒的消息没有送到" in row.text
    assert await checks(world) == [(1, Cause.BOUNCE, State.ASKED)]


async def test_a_chat_that_came_back_and_is_lost_again_is_another_matter(world: World) -> None:
    await another_chat(world)
    await lost(world, "chat-chen")
    await change(world, DetailsCheck, state=State.RIGHT)
    async with world.database.write() as session:
        await session.execute(
            update(Contact).where(Contact.chat == "chat-chen").values(last_heard_at=NOW + timedelta(days=120))
        )
        await session.execute(update(Outbox).values(state=Sending.SENT))
    assert (await run(world, 140))["bounce"] == 1


async def test_who_was_asked_lately_is_not_asked_for_the_lost_chat_as_well(world: World) -> None:
    await run(world)
    await another_chat(world)
    await lose(world, "chat-chen")
    await change(world, Outbox, state=Sending.SENT)
    assert (await run(world, 20))["bounce"] == 0
    assert await checks(world) == [(1, Cause.YEARLY, State.UNHEARD), (1, Cause.BOUNCE, State.UNSAID)]
    assert (await run(world, 60))["bounce"] == 0


async def test_somebody_else_of_the_home_is_asked_but_no_tenant(world: World) -> None:
    for name, role in ((SUN, "tenant"), (LI, "family")):
        person = await world.person(name)
        async with world.database.write() as session:
            await bind(session, 1, person, role, LONG_AGO)
    assert (await lost(world, "chat-chen"))["bounce"] == 1
    (row,) = await world.rows()
    assert (row.chat, row.template) == ("chat-li", "details.bounce_home")
    assert all(theirs not in row.text for theirs in ("手机尾号", "1234"))


async def test_a_home_without_a_chat_is_for_the_staff_until_somebody_writes_again(world: World) -> None:
    assert (await lost(world, "chat-chen"))["tasks"] == 1
    assert (await run(world, 101))["tasks"] == 0
    async with world.database.read() as session:
        (task,) = await session.scalars(select(StaffTask))
    assert (task.kind, task.account_id, task.state) == (UNREACHABLE, 1, "open")
    assert "3栋12**" in task.summary
    assert await checks(world) == [(None, Cause.BOUNCE, State.STAFF)]
    assert await world.rows() == []
    await change(world, Contact, state="ok")
    assert (await run(world, 102))["reached"] == 1
    async with world.database.read() as session:
        assert [(each.state, each.outcome) for each in await session.scalars(select(StaffTask))] == [
            ("done", "reached")
        ]


async def test_a_stopped_person_who_blocked_us_is_let_be(world: World) -> None:
    await change(world, Person, stopped_at=NOW)
    assert (await lost(world, "chat-chen"))["tasks"] == 0
    assert await world.rows() == []


async def test_a_lost_chat_waits_while_the_home_rests(world: World) -> None:
    await another_chat(world)
    await world.hold(1, Reason.HARDSHIP, world.today)
    assert (await lost(world, "chat-chen"))["bounce"] == 0
    async with world.database.write() as session:
        await release(session, "hardship/1", NOW)
    assert (await run(world, 101))["bounce"] == 1

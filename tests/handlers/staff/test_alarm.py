"""Somebody does not want to live: no collection call comes of it, and the desk sees it before everything else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from models.accounts import by_code
from models.agreements import Hold, Promise
from models.calls import Call
from models.outbox import Outbox
from models.people import Contact, Person, bind
from models.staff import Staff, StaffTask
from models.visits import Visit
from tests.handlers.staff.test_calls import task
from tests.handlers.staff.world import World

SAID = "别催了,再催我我就去死"


async def alarm_of(world: World) -> StaffTask:
    [found] = [each for each in await world.rows(StaffTask) if each.kind == "despair"]
    return found


async def test_it_is_no_collection_call_and_stops_those_that_wait(world: World) -> None:
    await task(world)  # a call that was due before
    await world.say("collector", "/tasks")
    await world.press("collector", "1 电话 1-101")
    await world.say("r1-101", SAID)
    told = await world.say("collector", "/calls")
    assert "1-101" not in told
    assert "现在可以打" not in told
    for label in ("打电话", "约上门"):
        if label in world.labels("collector"):
            assert "还没处理好" in await world.press("collector", label)
    assert "还没处理好" in await world.say("collector", "/visit 1-101")
    await world.say("manager", "/preview")
    async with world.database.write() as session:  # the pause of its own ran out, the alarm did not
        await session.execute(update(Hold).values(released_at=world.clock.now()))
    await world.tick("plan")
    assert [each for each in world.lines("r1-101") if "286.40" in each.text] == []
    assert "1-101" not in await world.say("collector", "/calls")


async def test_a_brief_that_was_open_before_is_refused_as_well(world: World) -> None:
    await task(world)
    await world.say("collector", "/calls")
    await world.press("collector", "开始打电话")
    await world.say("r1-101", SAID)
    assert "还没处理好" in await world.press("collector", "没接通")
    assert await world.rows(Call) == []


async def test_the_sheet_is_on_top_and_names_what_to_do_and_no_sum(world: World) -> None:
    await task(world, "1-102")
    await world.say("r1-101", SAID)
    world.clock.advance(timedelta(minutes=12))
    told = await world.say("collector", "/tasks")
    assert told.splitlines()[0].startswith("🔴 有 1 人说到不想活")
    assert world.labels("collector")[0].startswith("1 🔴 请先联系 1-101")
    assert (await world.say("manager", "/status")).startswith("🔴 有 1 人说到不想活")
    assert "🔴" not in await world.say("foreign", "/status")
    await world.say("collector", "/tasks")
    sheet = await world.press("collector", "1 🔴 请先联系 1-101")
    for piece in (SAID, "12 分钟前", "12356", "先听对方说", "不提费用", "尾号 1234"):
        assert piece in sheet, piece
    for absent in ("元", "286.40", "缴"):
        assert absent not in sheet, absent
    labels = world.labels("collector")
    assert labels[:4] == ["联系上,平安", "没联系上", "已打急救电话", "已交给家人社区"]
    assert not {"约好日期", "完成", "关闭", "改日期"} & set(labels)


@pytest.mark.parametrize("label", ["联系上,平安", "已打急救电话", "已交给家人社区"])
async def test_an_outcome_writes_to_nobody_and_touches_no_money(world: World, label: str) -> None:
    await world.say("r1-101", SAID)
    await world.press("collector", "打开处理单")
    written = len([each for each in await world.rows(Outbox) if each.chat == "r1-101"])
    assert "没有给对方发任何消息" in await world.press("collector", label)
    assert len([each for each in await world.rows(Outbox) if each.chat == "r1-101"]) == written
    assert [await world.rows(table) for table in (Promise, Call)] == [[], []]
    assert [each.released_at for each in await world.rows(Hold)] == [None]
    assert (await alarm_of(world)).state == "done"
    assert "🔴 有" not in await world.say("collector", "/tasks")


async def test_who_was_not_reached_stays_on_top_and_further_words_join_the_same_sheet(world: World) -> None:
    await world.say("r1-101", SAID)
    await world.press("collector", "打开处理单")
    assert "还开着" in await world.press("collector", "没联系上")
    await world.say("r1-101", "我真的不想活了")
    found = await alarm_of(world)
    assert found.state == "taken"
    assert "我真的不想活了" in found.summary
    assert "没联系上" in found.note
    assert "🔴 有 1 人" in await world.say("collector", "/tasks")


async def test_who_presses_start_later_gets_what_is_open(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.user.in_(("collector", "foreign"))).values(chat=""))
    await world.say("r1-101", SAID)
    await world.say("stranger", "我不想活了")
    assert world.lines("collector") == []
    told = await world.say("collector", "/start")
    assert SAID in told
    assert "12356" in told
    assert "联系上,平安" in world.labels("collector")
    assert "🔴" not in await world.say("foreign", "/start")
    assert "🔴 有 2 人" in await world.say("manager", "/status")


async def test_an_agreed_visit_is_called_off_and_who_had_the_household_in_hand_hears_so(world: World) -> None:
    await task(world)
    await world.say("collector", "/calls")
    await world.press("collector", "开始打电话")
    await world.say("second", "/visit 1-101")
    await world.press("r1-101", "11月24日(周二) 10:00")
    world.clock.jump(world.clock.now().replace(hour=0, minute=30))  # 8:30: the word for tomorrow waits until nine
    await world.tick("visits")
    [ahead] = [each for each in await world.rows(Outbox) if each.template == "visits.tomorrow"]
    assert "上门也取消了" in await world.say("r1-101", SAID)
    assert [each.state for each in await world.rows(Visit)] == ["cancelled"]
    assert "11月24日周二 10:00)已取消,请不要为费用去" in world.last("second")
    assert "您手上这户的电话或上门先放一放" in world.last("collector")
    assert [each.state for each in await world.rows(Outbox) if each.id == ahead.id] == ["cancelled"]
    assert "已经结束或取消" in await world.press("r1-101", "改时间")


async def test_who_pays_hears_that_nobody_comes_and_not_why(world: World) -> None:
    await world.say("collector", "/visit 1-101")
    await world.press("r1-101", "11月24日(周二) 10:00")
    async with world.database.write() as session:
        tenant = Person(name="租", language="zh", created_at=world.clock.now())
        session.add(tenant)
        await session.flush()
        session.add(Contact(person_id=tenant.id, channel="sandbox", user="stranger", chat="stranger"))
        home = await by_code(session, "1-101")
        assert home is not None
        await bind(session, home.id, tenant.id, "tenant", world.clock.now())
    await world.say("stranger", "我不想活了")
    told = world.last("r1-101")
    assert "11月24日(周二) 10:00到 1栋1** 的上门先取消了,不用等" in told
    assert "不想活" not in told


@pytest.mark.parametrize("word", ["/calls", "早上好", "/staff"])
async def test_whatever_a_colleague_writes_first_brings_what_is_open_once(world: World, word: str) -> None:
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.user == "collector").values(chat=""))
    await world.say("r1-101", SAID)
    assert SAID in await world.say("collector", word)
    assert "联系上,平安" in world.labels("collector")
    assert SAID not in await world.say("collector", word)
    await world.say("r1-102", "我不想活了")  # a further alarm reaches them as it reaches the others
    assert "我不想活了" in world.last("collector")
    assert SAID not in await world.say("manager", word)


async def test_a_card_that_could_not_be_delivered_comes_with_start(world: World) -> None:
    world.platform.profiles["collector"].started = False
    await world.say("r1-101", SAID)
    assert world.lines("collector") == []
    world.platform.start("collector", world.clock.now())
    await world.settle()
    assert SAID in world.last("collector")

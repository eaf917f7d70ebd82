"""`/account`, `/reply`: one household at the desk."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from models.outbox import Outbox
from models.people import Person
from tests.handlers.staff.world import World


async def test_the_card_shows_bills_people_and_is_written_down(world: World) -> None:
    told = await world.say("collector", "/account 1-101")
    assert "1-101" in told
    assert "待缴 286.40 元" in told
    assert "王女士/先生" in told
    assert "王小明" not in told
    assert "account.read" in await world.audited()


async def test_a_foreign_code_reads_like_an_unknown_one(world: World) -> None:
    foreign = await world.say("collector", "/account 9-901")
    unknown = await world.say("collector", "/account 9-999")
    assert foreign.replace("9-901", "X") == unknown.replace("9-999", "X")
    assert "account.read" not in await world.audited()


async def test_the_code_may_come_in_the_next_message(world: World) -> None:
    await world.say("auditor", "/account")
    assert "待缴 286.40 元" in await world.say("auditor", "1-102")
    assert "写给住户" not in world.labels("auditor")


async def test_a_reply_reaches_the_payer_and_the_log(world: World) -> None:
    assert "已发给" in await world.say("collector", "/reply 1-101 您好,发票已开好,方便时来取。")
    assert "collector:您好,发票已开好,方便时来取。" in world.last("r1-101")
    await world.say("r1-101", "谢谢")
    await world.say("collector", "/account 1-101")
    log = await world.press("collector", "往来消息")
    assert log.index("发票已开好") < log.index("谢谢")
    assert "账单异议" not in log


async def test_an_unkind_reply_is_stopped_with_the_reason(world: World) -> None:
    told = await world.say("collector", "/reply 1-101 再不交费就停水")
    assert "不能发出" in told
    assert "不能拿水电气暖说事" in told
    assert world.lines("r1-101") == []


async def test_at_night_the_member_is_warned_and_may_send_anyway(world: World) -> None:
    world.clock.advance(timedelta(hours=13))
    assert "休息时间" in await world.say("collector", "/reply 1-101 师傅到楼下了")
    assert world.lines("r1-101") == []
    await world.press("collector", "仍然发送")
    assert "师傅到楼下了" in world.last("r1-101")


async def test_somebody_who_stopped_is_warned_about(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Person).values(stopped_at=world.clock.now()))
    assert "停止提醒" in await world.say("collector", "/reply 1-101 您好,钥匙放在前台。")
    assert world.lines("r1-101") == []


async def test_a_household_without_a_chat_can_not_be_written_to(world: World) -> None:
    async with world.database.write() as session:
        from models.people import Contact

        await session.execute(update(Contact).values(state="blocked"))
    assert "还没有能收到消息的聊天" in await world.say("collector", "/reply 1-101 您好")
    assert [row for row in await world.rows(Outbox) if row.kind == "staff_reply"] == []


async def test_todays_reminder_is_not_followed_by_nothing_planned_today(world: World) -> None:
    await world.tick("plan")
    told = await world.say("collector", "/account 1-101")
    assert "11月23日(周一) 温馨提醒(已发出)" in told
    assert "今天不提醒" not in told

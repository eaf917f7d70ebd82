"""`/broadcast`: compose, preview, confirm twice, approve, watch, stop."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from models.base import Database
from models.outbox import Outbox
from models.people import Contact, Person
from models.runtime import Broadcast
from tests.handlers.staff.world import World, world_in
from understanding.reader import Reader

TEXT = "11月物业费可以缴了,感谢支持。"


@pytest.fixture
async def large(sqlite_template: Path, tmp_path: Path, sqlite: Database, reader: Reader) -> World:
    return await world_in(sqlite, reader, households=53)


async def sent_texts(world: World) -> list[str]:
    return [row.chat for row in await world.rows(Outbox) if row.broadcast_id and row.state == "sent"]


async def test_one_line_preview_and_two_taps(world: World) -> None:
    await world.say("collector", "/paid 1-101 286.40 转账 T-1")
    told = await world.say("collector", f"/broadcast 未缴 缴费 {TEXT}")
    assert "翠湖苑 未缴住户 · 缴费相关" in told
    assert "将发 4 户(跳过:已缴清 1)" in told
    assert told.count("┌") == 3
    assert "李女士/先生您好" in told
    assert await sent_texts(world) == []
    assert "确定发给 翠湖苑 未缴住户 的 4 户" in await world.press("collector", "确认发送")
    assert await sent_texts(world) == []
    await world.press("collector", "确定,发送")
    assert sorted(await sent_texts(world)) == ["r1-102", "r1-103", "r1-104", "r1-105"]
    assert TEXT in world.last("r1-102")
    assert "已缴请忽略" in world.last("r1-102")
    assert "停止" in world.last("r1-102")
    await world.tick("broadcast")
    assert "完成 4,失败 0" in world.last("collector")
    assert {"broadcast.started"} <= set(await world.audited())


async def test_step_by_step_to_a_building_with_a_service_notice(world: World) -> None:
    await world.say("collector", "群发")
    await world.press("collector", "1栋")
    await world.press("collector", "服务通知")
    told = await world.say("collector", "明天上午9点到11点停水检修,请提前储水。")
    assert "翠湖苑 1栋 全部住户 · 服务通知" in told
    assert "将发 5 户(跳过:无)" in told


async def test_who_stopped_gets_no_money_message_but_the_service_notice(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Person).where(Person.id == 1).values(stopped_at=world.clock.now()))
        await session.execute(update(Contact).where(Contact.id == 2).values(state="blocked"))
    assert "将发 3 户(跳过:没有可用的聊天 1, 对方已停止提醒 1)" in await world.say(
        "collector", f"/broadcast 全部 缴费 {TEXT}"
    )
    assert "将发 4 户(跳过:没有可用的聊天 1)" in await world.say("collector", "/broadcast 全部 通知 周六电梯年检。")


async def test_unkind_or_revealing_text_is_stopped_with_the_reason(world: World) -> None:
    told = await world.say("collector", "/broadcast 全部 缴费 再不缴费就停水停电")
    assert "不能拿水电气暖说事" in told
    assert "将发 5 户" in await world.say("collector", TEXT)
    told = await world.say("collector", "/broadcast 群 缴费 3栋1201还没缴费")
    assert "群里不能出现某一户的信息" in told


async def test_to_me_first_writes_to_nobody_else(world: World) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    told = await world.press("collector", "先发给我")
    assert TEXT in told
    assert await sent_texts(world) == []


async def test_a_group_post_goes_to_the_groups_of_the_community(world: World) -> None:
    assert "将发 1 个群" in await world.say("collector", f"/broadcast 群 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    assert TEXT in world.last("g-lake")
    assert world.lines("g-desk") == []


async def test_only_the_author_presses(world: World) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}", "g-desk")
    await world.press("collector", "确认发送", "g-desk")
    await world.press("teacher", "确定,发送", "g-desk")
    assert await sent_texts(world) == []
    assert [row.state for row in await world.rows(Broadcast)] == ["draft"]
    assert "refused" in await world.audited()


async def test_a_count_that_changed_is_shown_again(world: World) -> None:
    await world.say("collector", f"/broadcast 未缴 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    line, token = world.button("collector", "确定,发送")
    await world.say("collector", "/paid 1-101 286.40 转账 T-1")
    world.platform.press("collector", "collector", line.id, token, world.clock.now())
    await world.settle()
    assert "的 4 户" in world.last("collector")
    assert await sent_texts(world) == []


async def test_above_the_limit_another_manager_approves(large: World) -> None:
    world = large
    assert "将发 53 户" in await world.say("local", f"/broadcast 全部 通知 {TEXT}")
    await world.press("local", "确认发送")
    assert "另一位经理" in await world.press("local", "确定,发送")
    assert await sent_texts(world) == []
    assert "群发审批 · local" in world.last("manager")
    await world.say("local", "/tasks")
    await world.press("local", "1 群发审批")
    assert "另一位经理" in await world.press("local", "同意")
    await world.press("manager", "同意")
    await world.tick("broadcast")
    await world.tick("broadcast")
    assert len(await sent_texts(world)) == 53
    assert len(set(await sent_texts(world))) == 53
    assert "完成 53,失败 0" in world.last("local")
    assert [row.state for row in await world.rows(Broadcast)] == ["done"]


async def test_what_was_declined_is_told_to_the_author(large: World) -> None:
    world = large
    await world.say("local", f"/broadcast 全部 通知 {TEXT}")
    await world.press("local", "确认发送")
    await world.press("local", "确定,发送")
    await world.press("manager", "不同意")
    assert "没有通过(manager)" in world.last("local")
    await world.tick("broadcast")
    assert await sent_texts(world) == []


async def test_a_draft_dies_after_a_day(world: World) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    world.clock.advance(timedelta(hours=25))
    assert "超过 24 小时" in await world.press("collector", "确认发送")
    await world.tick("broadcast")
    assert [row.state for row in await world.rows(Broadcast)] == ["cancelled"]


async def test_paused_resumed_and_cancelled(world: World) -> None:
    world.clock.advance(timedelta(hours=11))  # 21:00: outside the window, so everything waits
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    await world.tick("broadcast")
    assert "发送中" in world.last("collector")
    await world.press("collector", "暂停")
    world.clock.advance(timedelta(hours=13))  # ten in the morning
    await world.settle()
    assert await sent_texts(world) == []
    await world.press("collector", "继续")
    await world.settle()
    assert len(await sent_texts(world)) == 5
    await world.tick("broadcast")
    assert "完成 5" in "\n".join(line.text for line in world.lines("collector"))


async def test_cancelled_rows_never_go_out(world: World) -> None:
    world.clock.advance(timedelta(hours=11))
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    await world.tick("broadcast")
    assert "已发出 0 条" in await world.press("collector", "取消其余")
    world.clock.advance(timedelta(hours=13))
    await world.settle()
    assert await sent_texts(world) == []


async def test_the_progress_is_one_message_edited_in_place(world: World) -> None:
    world.clock.advance(timedelta(hours=11))
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    await world.tick("broadcast")
    lines = len(world.lines("collector"))
    world.clock.advance(timedelta(hours=13))
    await world.settle()
    await world.tick("broadcast")
    assert len(world.lines("collector")) == lines
    assert "完成 5,失败 0" in world.last("collector")


async def test_failures_are_listed(world: World) -> None:
    world.platform.set_fault("r1-103", "blocked")
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    await world.tick("broadcast")
    assert "完成 4,失败 1" in world.last("collector")
    assert "1-103" in await world.press("collector", "失败明细")


async def test_one_person_with_two_flats_gets_one_message(world: World) -> None:
    async with world.database.write() as session:
        from models.people import Binding

        await session.execute(update(Binding).where(Binding.account_id == 2).values(person_id=1))
    assert "将发 4 户(跳过:同一人多户 1)" in await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")

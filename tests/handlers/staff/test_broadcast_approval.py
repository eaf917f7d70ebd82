"""A second person agrees above a limit and beyond one's own communities: never the author, once, in time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from models.staff import Staff
from tests.handlers.staff.broadcasting import TEXT, confirmed, follow, sent_chats, stages
from tests.handlers.staff.world import ZONE, World


async def test_above_the_limit_another_manager_approves_with_the_whole_preview(large: World) -> None:
    world = large
    assert "发给 53 人" in await world.say("local", f"/broadcast 全部 通知 {TEXT}")
    await world.press("local", "确认发送")
    assert "等另一位经理同意" in await world.press("local", "确定,发送")
    assert await sent_chats(world) == []
    card = world.last("manager")
    for piece in (
        "群发审批 · local",
        "翠湖苑 全部住户 · 服务通知",
        "符合 53,发给 53 人",
        "时间:马上",
        "王女士/先生您好",
        TEXT,
    ):
        assert piece in card
    await world.press("manager", "同意")
    for _ in range(3):
        await follow(world)
    assert len(await sent_chats(world)) == len(set(await sent_chats(world))) == 53
    assert "manager 同意了您的群发" in "\n".join(line.text for line in world.lines("local"))
    assert "完成:发出 53,失败 0" in world.last("local")
    assert await stages(world) == ["done"]


async def test_the_author_never_approves_not_even_from_the_task_list(large: World) -> None:
    world = large
    await confirmed(world, "local", f"全部 通知 {TEXT}")
    await world.say("local", "/tasks")
    await world.press("local", "1 群发审批")
    assert "另一位经理" in await world.press("local", "同意")
    assert await sent_chats(world) == []
    assert await stages(world) == ["waiting"]


async def test_approving_twice_gives_one_clear_answer(large: World) -> None:
    world = large
    await confirmed(world, "local", f"全部 通知 {TEXT}")
    cards = {name: world.button(name, "同意") for name in ("second", "manager", "admin")}
    await world.press("manager", "同意")
    for name, card in cards.items():
        assert "manager 已经处理过了" in await world.press_token(name, *card), name
    for _ in range(3):
        await follow(world)
    assert len(await sent_chats(world)) == 53


async def test_a_collector_and_a_manager_of_another_estate_do_not_approve(large: World) -> None:
    world = large
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.user == "foreign").values(role="manager"))
    await confirmed(world, "local", f"全部 通知 {TEXT}")
    assert world.lines("collector") == []
    assert world.lines("foreign") == []


async def test_what_was_declined_is_told_to_the_author(large: World) -> None:
    world = large
    await confirmed(world, "local", f"全部 通知 {TEXT}")
    await world.press("manager", "不同意")
    assert "没有通过(manager)" in world.last("local")
    assert "manager 已经处理过了" in await world.press("second", "同意")
    await follow(world)
    assert await sent_chats(world) == []


async def test_a_request_that_nobody_answers_says_so(large: World) -> None:
    world = large
    await confirmed(world, "local", f"全部 通知 {TEXT}")
    world.clock.advance(timedelta(hours=24, minutes=1))
    line, token = world.button("manager", "同意")
    assert "已过时限" in await world.press_token("manager", line, token)
    await follow(world)
    assert "没有人在时限内同意" in world.last("local")
    assert await stages(world) == ["cancelled"]
    assert "已取消" in await world.press_token("second", *world.button("second", "同意"))
    assert await sent_chats(world) == []


async def test_a_text_that_was_changed_meanwhile_is_not_approved_by_the_old_card(large: World) -> None:
    world = large
    await confirmed(world, "local", f"全部 通知 {TEXT}")
    old = world.button("manager", "同意")
    await world.press("local", "修改")
    assert "草稿" in await world.press_token("manager", *old)
    await world.press("local", "改正文")
    await world.say("local", "周六电梯年检。")
    await world.press("local", "确认发送")
    await world.press("local", "确定,发送")
    assert "后来改过了" in await world.press_token("manager", *old)
    assert "周六电梯年检" in world.last("manager") or "后来改过了" in world.last("manager")
    await world.press("manager", "同意")
    for _ in range(3):
        await follow(world)
    assert len(await sent_chats(world)) == 53
    assert "周六电梯年检" in world.last("r1-101")
    assert TEXT not in "\n".join(line.text for line in world.lines("r1-101"))


async def test_approved_for_a_later_hour(large: World) -> None:
    world = large
    await world.say("local", f"/broadcast 全部 通知 {TEXT}")
    await world.press("local", "定时")
    await world.say("local", "明天 10:00")
    await world.press("local", "确认发送")
    await world.press("local", "确定,发送")
    assert "时间:11月24日(周二) 10:00" in world.last("manager")
    await world.press("manager", "同意")
    assert "已定时" in world.last("local")
    assert await sent_chats(world) == []
    world.clock.jump(datetime(2026, 11, 24, 10, 0, tzinfo=ZONE))
    for _ in range(3):
        await follow(world)
    assert len(await sent_chats(world)) == 53


@pytest.mark.parametrize("name", ["collector", "teacher"])
async def test_a_collector_reaches_nobody_beyond_their_own_community(world: World, name: str) -> None:
    await world.say(name, "群发")
    assert "云岭" not in world.labels(name)
    await world.say(name, "/broadcast 云岭 全部 通知 周六电梯年检。")
    assert "云岭" not in "\n".join(line.text.partition("\n")[0] for line in world.lines(name)[1:])


async def test_a_manager_reaches_beyond_with_a_colleagues_yes_and_without_the_names(world: World) -> None:
    told = await world.say("local", "/broadcast 云岭 全部 通知 周六电梯年检。")
    assert "云岭 全部住户" in told
    assert "发给 2 人" in told
    assert "王女士" not in told
    await world.press("local", "确认发送")
    assert "等另一位经理同意" in await world.press("local", "确定,发送")
    assert "王女士/先生您好" in world.last("manager")
    assert world.lines("second") != []
    await world.press("second", "同意")
    await follow(world)
    assert await sent_chats(world) == ["r9-901", "r9-902"]


async def test_without_a_second_manager_it_says_so(large: World) -> None:
    world = large
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.user.in_(["manager", "second", "admin"])).values(active=False))
    assert "没有能同意的人" in await confirmed(world, "local", f"全部 通知 {TEXT}")
    assert await stages(world) == ["draft"]

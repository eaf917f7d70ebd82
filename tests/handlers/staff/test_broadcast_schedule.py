"""A broadcast with an hour and an end: set in words or by a button, never at night or in a festival, changed, dropped."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from models.accounts import Account
from models.runtime import Broadcast
from tests.handlers.staff.broadcasting import TEXT, confirmed, follow, rows_of, sent_chats, stages
from tests.handlers.staff.world import ZONE, World


async def scheduled(world: World, when: str = "明天 10:00") -> str:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "定时")
    await world.say("collector", when)
    await world.press("collector", "确认发送")
    return await world.press("collector", "确定,发送")


async def send_at(world: World) -> datetime | None:
    at = (await world.rows(Broadcast))[-1].send_at
    return at.astimezone(ZONE) if at is not None else None


@pytest.mark.parametrize(
    ("said", "day", "hour", "minute"),
    [
        ("明天 10:00", 24, 10, 0),
        ("明天上午十点半", 24, 10, 30),
        ("周五下午3点", 27, 15, 0),
        ("11月25日 14:30", 25, 14, 30),
        ("后天", 25, 10, 0),
        ("16点", 23, 16, 0),
        ("9:30", 24, 9, 30),
        ("两小时后", 23, 12, 0),
        ("tomorrow 3pm", 24, 15, 0),
        ("Friday 10:30 am", 27, 10, 30),
    ],
)
async def test_an_hour_in_words(world: World, said: str, day: int, hour: int, minute: int) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "定时")
    told = await world.say("collector", said)
    at = await send_at(world)
    assert at is not None
    assert abs(at - datetime(2026, 11, day, hour, minute, tzinfo=ZONE)) < timedelta(minutes=1), told
    assert f"时间:11月{day}日" in told


async def test_an_hour_by_a_button(world: World) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "定时")
    assert "时间:11月23日(周一) 15:00" in await world.press("collector", "11月23日(周一) 15:00")


@pytest.mark.parametrize(
    ("said", "why", "following"),
    [
        ("今晚23:00", "休息时间", "11月24日(周二) 09:00"),
        ("明天早上7点", "休息时间", "11月24日(周二) 09:00"),
        ("今晚20:30", "休息时间", "11月24日(周二) 09:00"),
    ],
)
async def test_the_night_is_refused_and_the_next_hour_offered(
    world: World, said: str, why: str, following: str
) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "定时")
    told = await world.say("collector", said)
    assert why in told
    assert following in told
    assert await send_at(world) is None
    assert f"时间:{following}" in await world.press("collector", following)


async def test_a_service_notice_may_go_in_the_evening(world: World) -> None:
    await world.say("collector", "/broadcast 全部 通知 明天上午电梯年检。")
    await world.press("collector", "定时")
    assert "时间:11月23日(周一) 20:30" in await world.say("collector", "今晚20:30")


async def test_the_festival_is_refused(world: World) -> None:
    world.clock.jump(datetime(2027, 1, 20, 10, 0, tzinfo=ZONE))
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "定时")
    told = await world.say("collector", "2月6日 10:00")
    assert "节日期间不发" in told
    assert "2月9日(周二) 09:00" in told


@pytest.mark.parametrize("said", ["昨天 10:00", "随便", "明年10月1日 10:00"])
async def test_no_time_a_past_time_and_a_far_time_are_asked_again(world: World, said: str) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "定时")
    told = await world.say("collector", said)
    assert "时间" in told
    assert await send_at(world) is None
    assert "时间:11月24日(周二) 10:00" in await world.say("collector", "明天 10:00")


async def test_it_goes_at_its_hour_to_those_who_are_meant_then(world: World) -> None:
    await world.say("collector", f"/broadcast 未缴 缴费 {TEXT}")
    await world.press("collector", "定时")
    await world.say("collector", "明天 10:00")
    await world.press("collector", "确认发送")
    assert "已定时:11月24日(周二) 10:00" in await world.press("collector", "确定,发送")
    await follow(world, 3600)
    assert await sent_chats(world) == []
    await world.book("collector", "1-101 286.40 转账 T-1")
    world.clock.jump(datetime(2026, 11, 24, 9, 59, tzinfo=ZONE))
    await follow(world)
    assert await stages(world) == ["scheduled"]
    world.clock.jump(datetime(2026, 11, 24, 10, 0, tzinfo=ZONE))
    await follow(world)
    assert await sent_chats(world) == ["r1-102", "r1-103", "r1-104", "r1-105"]
    await follow(world)
    assert "完成:发出 4" in world.last("collector")


async def test_changed_while_scheduled_it_must_be_confirmed_again(world: World) -> None:
    await scheduled(world)
    await world.press("collector", "修改")
    await world.press("collector", "改正文")
    assert "时间:11月24日(周二) 10:00" in await world.say("collector", "12月起缴费可以用微信。")
    world.clock.jump(datetime(2026, 11, 24, 10, 1, tzinfo=ZONE))
    await follow(world)
    assert await rows_of(world) == []
    assert await stages(world) == ["cancelled"]


async def test_another_hour_while_scheduled(world: World) -> None:
    await scheduled(world)
    await world.press("collector", "定时")
    await world.say("collector", "明天 15:00")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    world.clock.jump(datetime(2026, 11, 24, 10, 1, tzinfo=ZONE))
    await follow(world)
    assert await rows_of(world) == []
    world.clock.jump(datetime(2026, 11, 24, 15, 1, tzinfo=ZONE))
    await follow(world)
    assert len(await sent_chats(world)) == 5


async def test_dropped_while_scheduled(world: World) -> None:
    await scheduled(world)
    assert "什么都没有发出" in await world.press("collector", "作废")
    world.clock.jump(datetime(2026, 11, 24, 10, 1, tzinfo=ZONE))
    await follow(world)
    assert await rows_of(world) == []
    assert await stages(world) == ["cancelled"]


async def test_it_is_found_again_in_the_list(world: World) -> None:
    await scheduled(world)
    await world.say("collector", "群发")
    assert "1. 已定时" in await world.press("collector", "我的群发")
    assert "已定时:11月24日(周二) 10:00" in await world.press("collector", "1")
    assert "什么都没有发出" in await world.press("collector", "作废")


async def test_confirmed_at_night_it_says_when_it_begins_and_waits(world: World) -> None:
    world.clock.jump(datetime(2026, 11, 23, 21, 0, tzinfo=ZONE))
    told = await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    assert "时间:11月24日(周二) 09:00(现在是休息时间,到时自动开始)" in told
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    await follow(world)
    assert await sent_chats(world) == []
    assert "等时段 5(最早 11月24日周二 09:00)" in world.last("collector")
    world.clock.jump(datetime(2026, 11, 24, 9, 0, tzinfo=ZONE))
    await follow(world)
    assert len(await sent_chats(world)) == 5


async def test_nothing_goes_out_after_its_end(world: World) -> None:
    world.clock.jump(datetime(2026, 11, 23, 19, 58, tzinfo=ZONE))
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "有效期")
    assert "最晚 11月24日(周二) 09:30" in await world.say("collector", "明天 9:30")
    await world.press("collector", "确认发送")
    line, token = world.button("collector", "确定,发送")
    world.clock.jump(datetime(2026, 11, 23, 20, 1, tzinfo=ZONE))
    await world.press_token("collector", line, token)
    await world.press("collector", "暂停")
    world.clock.jump(datetime(2026, 11, 24, 10, 0, tzinfo=ZONE))
    await follow(world)
    assert await sent_chats(world) == []
    assert {row.reason for row in await rows_of(world)} == {"window_over"}
    assert "完成:发出 0,失败 0,不确定 0,不发 5" in world.last("collector")


async def test_an_end_before_its_beginning_is_refused(world: World) -> None:
    world.clock.jump(datetime(2026, 11, 23, 21, 0, tzinfo=ZONE))
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "有效期")
    assert "一条也发不出去" in await world.say("collector", "明天 8:30")


async def test_one_that_has_grown_beyond_the_limit_goes_back_to_its_author(large: World) -> None:
    world = large
    await world.say("collector", "/broadcast 1栋 通知 周六电梯年检。")
    await world.press("collector", "全部住户")
    await world.press("collector", "定时")
    await world.say("collector", "明天 10:00")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    async with world.database.write() as session:
        await session.execute(update(Account).values(building="1栋"))
    world.clock.jump(datetime(2026, 11, 24, 10, 0, tzinfo=ZONE))
    await follow(world)
    assert "超过了免审批的数量" in world.last("collector")
    assert await rows_of(world) == []
    assert "发给 53 人" in await world.press("collector", "查看")


async def test_confirmed_again_and_again_is_one(world: World) -> None:
    await confirmed(world, "collector", f"全部 缴费 {TEXT}")
    assert len(await rows_of(world)) == 5

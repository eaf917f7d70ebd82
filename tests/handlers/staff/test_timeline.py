"""One line of time of a household: words, calls, visits, notes and closed tasks, in order; reading it is written down."""

from __future__ import annotations

from tests.handlers.staff.test_calls import begin, task
from tests.handlers.staff.world import World


async def test_everything_stands_in_one_line_of_time(world: World) -> None:
    await world.say("r1-101", "账单多少钱")
    await task(world)
    await begin(world)
    await world.press("collector", "没接通")
    await world.say("collector", "家里没人听")
    await world.say("collector", "/note 1-101 傍晚再打")
    await world.say("collector", "/visit 1-101")
    await world.press("r1-101", "不方便上门")
    await world.say("collector", "/account 1-101")
    told = await world.press("collector", "时间线")
    order = ["账单多少钱", "collector 电话:没接通 家里没人听", "collector 备注:傍晚再打", "上门:对方不方便"]
    places = [told.index(piece) for piece in order]
    assert places == sorted(places)
    assert "account.timeline" in await world.audited()


async def test_a_household_of_another_community_has_none_here(world: World) -> None:
    await world.say("collector", "/account 1-101")
    _, token = world.button("collector", "时间线")
    assert token
    assert "没有找到编号" in await world.say("foreign", "/account 1-101")

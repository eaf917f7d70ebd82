"""Colleagues ask in their own words and are answered as colleagues."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from models.accounts import Account
from tests.handlers.staff.world import World


@pytest.mark.parametrize(
    "asked", ["王小明 欠多少", "1-101", "101", "1-101 欠多少", "王小明还欠多少钱?", "/account 王小明"]
)
async def test_one_household_by_name_code_or_room(world: World, asked: str) -> None:
    told = await world.say("collector", asked)
    assert "1-101" in told
    assert "286.40" in told
    assert "绑定房号" not in told
    assert "account.read" in await world.audited()


async def test_several_of_one_name_are_a_list_of_ones_own_communities(world: World) -> None:
    """王小明 lives in both estates; 小明 is in every name."""
    await world.say("manager", "/account 王小明")
    assert {each.split()[0] for each in world.labels("manager")} == {"1-101", "9-901"}
    assert "286.40" in await world.press("manager", next(x for x in world.labels("manager") if x.startswith("9-901")))
    assert "哪一户" in await world.say("collector", "/account 小明")
    assert not any(each.startswith("9-") for each in world.labels("collector"))
    assert "没有找到编号" in await world.say("collector", "/account 9-901")


async def test_who_owes_who_has_not_renewed_and_a_complaint(world: World) -> None:
    assert "5 户没缴清,其中已到期 5 户" in await world.say("collector", "有几个没交的")
    assert "2 户没缴清" in await world.say("foreign", "谁还没交?")
    assert "续班" in await world.say("teacher", "谁还没续")
    told = await world.say("collector", "投诉 1-101")
    assert "记在 1-101 的备注" in told
    assert "记一笔" in world.labels("collector")


async def test_a_resident_who_writes_the_same_is_a_resident(world: World) -> None:
    for asked in ("王小明 欠多少", "1-102", "有几个没交的"):
        told = await world.say("r1-101", asked)
        assert "1-102" not in told
        assert "户没缴清" not in told


@pytest.mark.parametrize("room", ["2-1-1503", "2栋1单元1503室", "2-1503", "1503", "2号楼 1503"])
async def test_a_room_as_people_write_it_finds_the_household(world: World, room: str) -> None:
    """The unit stands in the address on file, in the code it is missing; what either leaves out may be missing."""
    async with world.database.write() as session:
        mine = update(Account).where(Account.code == "1-103")
        await session.execute(mine.values(code="GH-88", building="2栋", address="1单元1503"))
    assert "GH-88" in await world.say("collector", f"/account {room}")
    assert "待缴 286.40 元" in world.last("collector")
    await world.say("collector", "/account")
    await world.say("collector", room)
    assert "待缴 286.40 元" in world.last("collector")


async def test_a_room_that_several_houses_have_is_a_list_and_another_house_is_none(world: World) -> None:
    async with world.database.write() as session:
        mine = update(Account).where(Account.code == "1-103")
        await session.execute(mine.values(code="GH-88", building="2栋", address="101"))
    assert "哪一户" in await world.say("collector", "/account 101")
    assert {each.split()[0] for each in world.labels("collector")} == {"1-101", "GH-88"}
    assert "没有找到编号 3-101" in await world.say("collector", "/account 3-101")
    assert "待缴" in await world.press("collector", "1-101 1栋101")


async def test_a_name_may_come_in_the_next_message_and_a_command_is_one(world: World) -> None:
    assert "请发编号、房号或姓名" in await world.say("collector", "/account")
    assert "1-101" in await world.say("collector", "王小明")
    await world.say("collector", "/account")
    assert "没有待办" in await world.say("collector", "任务")

"""Colleagues ask in their own words and are answered as colleagues."""

from __future__ import annotations

import pytest

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

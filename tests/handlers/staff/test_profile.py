"""`/profile` and `/tier`: the grade with its reasons, the tier with who moved it; within one's own communities."""

from __future__ import annotations

from sqlalchemy import update

from models.accounts import Account
from models.profiles import TierChange
from tests.handlers.staff.world import World


async def a_pupil(world: World, code: str = "1-101", **values: object) -> None:
    async with world.database.write() as session:
        await session.execute(
            update(Account).where(Account.code == code).values(kind="training", class_name="寒假班", **values)
        )


async def test_the_grade_is_shown_with_its_reasons_or_as_imported(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Account).where(Account.code == "1-102").values(grade="B", grade_given="良"))
    told = await world.say("auditor", "/profile 1-102")
    assert "B · 大多准时(导入的起始值" in told
    assert "意向" not in told
    assert "profile.read" in await world.audited()
    assert "请写:/profile" in await world.say("auditor", "/profile")


async def test_a_tier_moved_by_hand_is_kept_with_the_name(world: World) -> None:
    await a_pupil(world, tier="B", tier_given="B")
    assert "1-101 的意向改为 A · 忠诚" in await world.say("teacher", "意向 1-101 a")
    told = await world.say("teacher", "/profile 1-101")
    assert "续班意向:A · 忠诚" in told
    assert "B → A:同事调整(teacher)" in told
    await world.press("teacher", "改为 D")
    assert [(each.was, each.becomes, each.actor[:6]) for each in await world.rows(TierChange)] == [
        ("B", "A", "staff/"),
        ("A", "D", "staff/"),
    ]
    assert "已经是 D" in await world.say("teacher", "/tier 1-101 D")


async def test_who_may_not_is_told_so_and_nothing_moves(world: World) -> None:
    await a_pupil(world)
    assert "不是学员" in await world.say("teacher", "/tier 1-102 A")
    assert "A、B、C 或 D" in await world.say("teacher", "/tier 1-101 E")
    assert "没有找到编号" in await world.say("foreign", "/tier 1-101 A")
    refused = await world.say("auditor", "/tier 1-101 A")
    assert "意向改为" not in refused
    assert await world.rows(TierChange) == []

"""A summary that a parent may read is kind; one that is not stays with the staff, with the reason."""

from __future__ import annotations

from sqlalchemy import update

from models.accounts import Account
from models.renewals import StageSummary
from tests.handlers.staff.world import World


async def test_an_unkind_summary_is_not_quotable_and_may_stay_an_internal_note(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(
            update(Account).where(Account.code == "1-101").values(kind="training", class_name="英文阅读")
        )
    told = await world.say("teacher", "总结 1-101 上课老走神 太差了 家长不管")
    assert "不能发给家长(用语不尊重人:“太差”)" in told or "不能发给家长(用语不尊重人:“老走神”)" in told
    assert await world.rows(StageSummary) == []
    await world.press("teacher", next(each for each in world.labels("teacher") if "内部" in each))
    assert [each.quotable for each in await world.rows(StageSummary)] == [False]
    assert "记下了" in await world.say("teacher", "总结 1-101 拼读进步明显,最近爱举手了")
    assert [each.quotable for each in await world.rows(StageSummary)] == [False, True]

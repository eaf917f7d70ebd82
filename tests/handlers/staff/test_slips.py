"""A receipt, a bill in large type, the sheet for visits: asked for in chat, read back from the page."""

from __future__ import annotations

from datetime import timedelta

from domain import keys
from models.accounts import Account
from models.staff import open_task
from tests.handlers.staff.test_letter import follow, newest_file
from tests.handlers.staff.world import World
from tests.paper import page_texts


async def page_of(world: World, name: str) -> str:
    await follow(world)
    [page] = page_texts(newest_file(world, name)[1])
    return page


async def test_a_receipt_of_the_latest_payment(world: World) -> None:
    assert "还没有收款" in await world.say("collector", "/receipt 1-101")
    await world.say("collector", "/paid 1-101 286.40 转账 T-77")
    await world.say("collector", "/receipt 1-101")
    page = await page_of(world, "collector")
    for words in ("收款收据", "王小明", "T-77", "286.40", "人民币贰佰捌拾陆元肆角整", "2026年11月23日"):
        assert words in page, words
    assert "没有待缴" in await world.say("collector", "/largebill 1-101")


async def test_a_bill_in_large_type(world: World) -> None:
    await world.say("collector", "/largebill 1-102")
    page = await page_of(world, "collector")
    for words in ("缴费账单", "物业费2026年11月", "286.40", "2026年11月16日到期", "021-55550101"):
        assert words in page, words
    assert "没有找到" in await world.say("foreign", "/largebill 1-102")


async def test_visits_by_building_without_any_sum(world: World) -> None:
    assert "没有要上门" in await world.say("collector", "/route")
    async with world.database.write() as session:
        for number, account_id in enumerate((1, 2, 6), start=1):  # the last one is in another estate
            account = await session.get_one(Account, account_id)
            now = world.clock.now()
            due_at = now + timedelta(days=2)
            key = keys.task("ladder", str(number))
            await open_task(session, key=key, kind="visit", account=account, summary="286.40", at=now, due_at=due_at)
    await world.say("collector", "/route")
    page = await page_of(world, "collector")
    assert "1栋" in page
    assert "9栋" not in page
    assert "286.40" not in page
    assert "小明" not in page
    assert "先听对方说" in page

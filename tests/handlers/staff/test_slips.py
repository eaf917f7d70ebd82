"""A receipt, a bill in large type, the sheet for visits: asked for in chat, read back from the page."""

from __future__ import annotations

from sqlalchemy import update

from models.accounts import Account
from tests.handlers.staff.test_letter import follow, newest_file
from tests.handlers.staff.test_visits import FIRST, SECOND, agreed, offered
from tests.handlers.staff.world import World
from tests.paper import page_texts, sizes_of


async def page_of(world: World, name: str) -> str:
    await follow(world)
    [page] = page_texts(newest_file(world, name)[1])
    return page


async def test_a_receipt_of_the_latest_payment(world: World) -> None:
    assert "还没有收款" in await world.say("collector", "/receipt 1-101")
    await world.book("collector", "1-101 286.40 转账 T-77")
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


async def test_the_days_agreed_visits_by_building_and_hour_without_any_sum(world: World) -> None:
    await world.say("collector", "/visit 1-103")  # offered, and nobody chose an hour
    assert "11月23日(周一) 没有约好的上门" in await world.say("collector", "/route")
    await agreed(world, "1-101", SECOND)
    await agreed(world, "1-104", FIRST)
    await offered(world, "1-102")
    assert "约好了" in await world.say("r1-102", "周三上午十点")
    await world.say("foreign", "/visit 9-901")
    await world.press("r9-901", SECOND)
    await world.say("collector", "/route 2026-11-25")
    page = await page_of(world, "collector")
    order = ("2026年11月25日", "1栋", "10:00", "102", "14:00", "101", "先听对方说")
    assert [page.index(each) for each in order] == sorted(page.index(each) for each in order)
    assert "collector" in page
    for absent in ("9栋", "286.40", "小明", "103", "104"):
        assert absent not in page, absent


async def test_a_sheet_shows_whoever_asks_their_own_round_and_a_manager_all(world: World) -> None:
    await agreed(world, "1-101", SECOND)
    assert "没有约好的上门" in await world.say("teacher", "/route 2026-11-25")
    assert "写法:/route" in await world.say("collector", "/route 明天")
    await world.say("manager", "/visit 2026-11-25")
    await world.press("manager", "打印路线单")
    assert "14:00" in await page_of(world, "manager")
    await world.press("r1-101", "取消上门")
    assert "没有约好的上门" in await world.say("manager", "/route 2026-11-25")


async def test_an_elderly_household_gets_its_papers_in_large_type(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Account).where(Account.code == "1-101").values(traits="elderly"))
    await world.say("collector", "/letter 1-101")
    await world.press("collector", "请经理过目")
    await world.press("manager", "同意")
    await follow(world)
    names = [line.attachment["name"] for line in world.lines("collector") if line.attachment]
    assert "催〔2026〕第0001号" in names[-2]
    [page] = page_texts(newest_file(world, "collector")[1])
    assert "缴费账单" in page
    assert "286.40" in page
    largest = {}
    for code in ("1-101", "1-102"):
        await world.book("collector", f"{code} 286.40 转账 T-{code}")
        await world.say("collector", f"/receipt {code}")
        await follow(world)
        pdf = newest_file(world, "collector")[1]
        assert "收款收据" in page_texts(pdf)[0]
        largest[code] = max(sizes_of(pdf))
    assert largest["1-101"] > 1.5 * largest["1-102"]

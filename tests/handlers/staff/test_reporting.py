"""`/report` and the month's digest: a PDF with its figures and advice, once for each manager, of their own estates."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.papers import Paper
from tests.handlers.staff.test_desk import call_task
from tests.handlers.staff.test_letter import follow, newest_file
from tests.handlers.staff.world import ZONE, World
from tests.paper import page_texts


async def test_a_month_as_a_file_with_its_figures_in_the_message(world: World) -> None:
    await world.book("collector", "1-101 286.40 转账 T-1")
    await world.say("manager", "/report")
    await world.press("manager", "本月报告")
    await follow(world)
    name, pdf = newest_file(world, "manager")
    assert name == "收费报告-2026-11.pdf"
    whole = "".join(page_texts(pdf))
    assert "2026年11月收费报告" in whole
    assert "样本太少" in whole or "照现在的做法" in whole
    told = world.last("manager")
    assert "应收 2,004.80 元,已收 286.40 元" in told
    assert "照现在的做法继续就好" in told


async def test_the_report_holds_the_calls_by_colleague_and_estate(world: World) -> None:
    await call_task(world, "1-101")
    await world.say("collector", "/calls")
    await world.press("collector", "开始打电话")
    await world.press("collector", "已沟通")
    await world.say("manager", "/report 2026-11")
    await follow(world)
    whole = "".join("".join(page_texts(newest_file(world, "manager")[1])).split())
    assert "电话催费名称拨打找到本人约好日期一周内到账collector1100翠湖苑1100" in whole


async def test_a_manager_of_one_estate_reads_that_one(world: World) -> None:
    await world.say("local", "/report 2026-11")
    await follow(world)
    assert "翠湖苑" in world.last("local")
    assert "应收 1,432.00 元" in world.last("local")


async def test_wrong_periods_and_other_roles(world: World) -> None:
    assert "写法" in await world.say("manager", "/report 昨天")
    assert "还没有开始" in await world.say("manager", "/report 2027-03")
    assert "其他权限" in await world.say("collector", "/report 2026-11")
    assert await world.rows(Paper) == []


async def test_a_poster_of_a_small_estate_tells_no_total(world: World) -> None:
    await world.say("manager", "/report")
    await world.press("manager", "翠湖苑 公告海报")
    await follow(world)
    [page] = page_texts(newest_file(world, "manager")[1])
    assert "翠湖苑" in page
    assert "021-55550101" in page
    assert "%" not in page


async def test_a_poster_of_a_large_estate_tells_the_total_and_nobody(large: World) -> None:
    await large.book("collector", "1-101 286.40 转账 T-1")
    await large.say("manager", "/report")
    await large.press("manager", "翠湖苑 公告海报")
    await follow(large)
    [page] = page_texts(newest_file(large, "manager")[1])
    assert "1.9%" in page  # one of 53
    assert "小明" not in page
    assert "286.40" not in page


async def test_once_a_month_every_manager_gets_the_last_one(world: World) -> None:
    world.clock.advance(datetime(2026, 12, 1, 8, 0, tzinfo=ZONE) - world.clock.now())
    await world.tick("monthly")
    assert await world.rows(Paper) == []  # before the desk's morning
    world.clock.advance(timedelta(hours=1))
    for _ in range(3):
        await world.tick("monthly")
    papers = await world.rows(Paper)
    assert sorted(paper.subject for paper in papers) == ["period/2026-11"] * 4  # admin, manager, second, local
    await follow(world)
    assert "2026年11月 的小结" in world.last("second")
    world.clock.advance(timedelta(days=1))
    await world.tick("monthly")
    assert len(await world.rows(Paper)) == 4

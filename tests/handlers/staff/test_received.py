"""`/paid`: a colleague takes a payment down, sees what it would pay, and books it with a tap."""

from __future__ import annotations

from sqlalchemy import update

from models.accounts import Account
from models.bills import Payment
from tests.handlers.staff.world import World


async def test_what_it_would_pay_is_shown_and_nothing_is_booked_yet(world: World) -> None:
    told = await world.say("collector", "/paid 1-101 100 转账 T-1")
    for words in ("1-101 · 1栋1** 王女士/先生", "收到 100.00 元 · 转账 · 凭证号 T-1", "2026年11月 物业费 100.00 元"):
        assert words in told, told
    assert "入账后待缴 186.40 元" in told
    assert world.labels("collector") == ["确认入账", "不入账"]
    assert await world.rows(Payment) == []


async def test_a_payment_is_booked_once_and_thanked(world: World) -> None:
    told = await world.book("collector", "1-101 286.40 转账 T-1")
    assert "✅ 1-101 到账 286.40 元" in told
    assert "待缴 0.00 元" in told
    assert "已经记过" in await world.say("collector", "/paid 1-101 286.40 转账 T-1")
    assert len(await world.rows(Payment)) == 1
    await world.tick("thanks")
    assert "286.40" in world.last("r1-101")
    assert len([line for line in world.lines("r1-101") if "286.40" in line.text]) == 1


async def test_a_payment_that_is_not_confirmed_is_no_payment(world: World) -> None:
    await world.say("collector", "/paid 1-101 286.40 转账 T-1")
    assert "没有入账" in await world.press("collector", "不入账")
    assert await world.rows(Payment) == []


async def test_what_is_more_than_open_is_named_before_it_becomes_credit(world: World) -> None:
    told = await world.say("collector", "/paid 1-101 500 现金 C-1")
    assert "比待缴多 213.60 元,留作余额" in told
    assert "到账 500.00 元" in await world.press("collector", "确认入账")
    assert [row.amount_fen for row in await world.rows(Payment)] == [50000]


async def test_books_that_moved_in_between_are_shown_once_more(world: World) -> None:
    await world.say("collector", "/paid 1-101 286.40 转账 T-1")
    await world.book("manager", "1-101 100 现金 C-1")
    told = await world.press("collector", "确认入账")
    assert "刚刚有变动" in told
    assert "比待缴多 100.00 元" in told
    assert "到账 286.40 元" in await world.press("collector", "确认入账")
    assert sorted(row.amount_fen for row in await world.rows(Payment)) == [10000, 28640]


async def test_what_is_missing_is_named_with_an_example_of_ones_own(world: World) -> None:
    assert "登记收款要写四样" in await world.say("collector", "/paid")
    missing = {
        "1-101 286.40 转账": ("还缺凭证号(现金写收据号)。", "/paid 1-101 286.40 转账 20261123-001"),
        "1-101 转账 T-1": ("还缺金额。", "/paid 1-101 286.40 转账 T-1"),
        "286.40 转账 T-1": ("还缺编号。", "/paid 3-1201 286.40 转账 T-1"),
        "1-101 286.40 T-1": ("还缺方式(转账、现金等)。", "/paid 1-101 286.40 转账 T-1"),
        "1-101": ("还缺金额、方式(转账、现金等)、凭证号(现金写收据号)。", "/paid 1-101 286.40 转账"),
    }
    for written, expected in missing.items():
        told = await world.say("collector", f"/paid {written}")
        for words in expected:
            assert words in told, told
    assert await world.rows(Payment) == []


async def test_bad_payments_are_refused_with_the_cure(world: World) -> None:
    assert "没看懂金额“abc”" in await world.say("collector", "/paid 1-101 abc 转账 T-1")
    assert "大于零的数字" in await world.say("collector", "/paid 1-101 -5 转账 T-1")
    assert "请写短一些" in await world.say("collector", f"/paid 1-101 5 转账 {'9' * 81}")
    assert "其他权限" in await world.say("teacher", "/paid 1-101 286.40 转账 T-1")
    assert "没有找到编号" in await world.say("collector", "/paid 9-901 286.40 转账 T-1")
    assert await world.rows(Payment) == []


async def test_a_room_names_the_home_where_only_one_is_meant(world: World) -> None:
    told = await world.say("collector", "/paid 1栋101室 100 转账 T-1")
    assert "1-101 · 1栋1**" in told
    assert "入账" in world.labels("collector")[0]


async def test_a_room_that_several_homes_have_is_asked_back_with_their_codes(world: World) -> None:
    async with world.app.database.write() as session:
        await session.execute(update(Account).where(Account.code == "1-104").values(building="2栋", address="2栋101"))
    told = await world.say("collector", "/paid 101 100 转账 T-1")
    assert "“101”不止一户:1-101、1-104。" in told
    assert "写上编号" in told
    assert world.labels("collector") == []
    assert await world.rows(Payment) == []

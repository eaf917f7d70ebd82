"""公众号 and 企微 on the sandbox page, as a resident and a collector use them, in a real browser."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, Open
from tests.browser.test_sandbox import FAINT_TEXTS, bot_lines, move, pick, say
from tests.served_demo import ServedDemo

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def wear(page: Page, look: str) -> None:
    await page.locator("#skin").select_option(look)
    await expect(page.locator("#rules")).to_be_visible()


async def test_a_resident_on_the_official_account(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    """Follows by the slip's code, binds, uses the menu, agrees on instalments by digits; no button is there to press."""
    page = await open_page()
    await pick(page, "何俊")
    await wear(page, "wechat")
    await page.get_by_role("button", name="扫码关注", exact=True).click()
    await expect(bot_lines(page).last).to_contain_text("后四位")
    await say(page, demo.person("何俊").phone_tail)
    await expect(bot_lines(page).last).to_contain_text("330.96")
    await expect(page.locator("#rules")).to_contain_text("还能主动发 8 条")  # 5 for the words, 3 for following
    await page.get_by_role("button", name="约定").click()
    await page.get_by_role("button", name="分期缴").click()
    await expect(bot_lines(page).last).to_contain_text("1 ")
    await expect(page.locator("#lines .keys")).to_have_count(0)
    await page.screenshot(path=picture)
    assert await page.evaluate(FAINT_TEXTS) == []
    before = await bot_lines(page).count()
    await say(page, "1")
    await expect(bot_lines(page)).to_have_count(before + 1)


async def test_a_reminder_is_a_card_and_a_group_notice_waits_for_a_tap(
    demo: ServedDemo, open_page: Open, picture: Path
) -> None:
    """A world on WeChat, the morning of the due day: nothing is in the group before the collector has tapped."""
    await demo.demo.reset("wechat")
    await demo.demo.forward(demo.demo.clock.now() + timedelta(minutes=30))
    platform = demo.demo.platform
    [room] = [room.id for room in platform.rooms.values() if room.title == "桂花苑业主群"]
    colleague = platform.profiles[platform.colleague_of(room)]
    collector, resident = await open_page(), await open_page()
    card = next(line for chat in platform.profiles for line in demo.lines(chat) if line.card)
    await pick(resident, platform.profiles[card.chat].name)
    await expect(resident.locator("#rules")).to_contain_text("提醒只能走模板消息")
    await expect(resident.locator("#lines .template")).to_contain_text(dict(card.card)["amount3"])
    await resident.screenshot(path=picture)
    assert await resident.evaluate(FAINT_TEXTS) == []
    await pick(resident, "桂花苑业主群")
    from_colleague = resident.locator("#lines .sender", has_text=colleague.name)
    await expect(from_colleague).to_have_count(0)  # neighbours may talk, but no notice has come
    await pick(collector, colleague.name)
    await expect(collector.locator("#taps .card").first).to_contain_text("桂花苑业主群")
    await collector.screenshot(path=picture.with_stem(f"{picture.stem}_tap"))
    assert await collector.evaluate(FAINT_TEXTS) == []
    await collector.locator("#taps .card", has_text="桂花苑业主群").get_by_role("button", name="发送").click()
    await expect(from_colleague).to_have_count(1)
    await expect(bot_lines(resident)).to_have_count(0)
    await resident.screenshot(path=picture.with_stem(f"{picture.stem}_group"))
    await move(collector, "hour")
    posts = {row["to"]: (row["state"], row["reason"]) for row in (await demo.get("/outbox?kind=announcement"))["rows"]}
    assert posts["桂花苑业主群"] == ("sent", "confirmed")
    assert ("waiting_for_staff", "") in posts.values()


async def test_the_menu_opens_by_keyboard_on_a_phone(open_page: Open, picture: Path) -> None:
    page = await open_page(PHONE, scale=2)
    await pick(page, "王慧")
    await wear(page, "wechat")
    await page.get_by_role("button", name="账单缴费").press("Enter")
    await expect(page.get_by_role("button", name="我的账单", exact=True)).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.screenshot(path=picture)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="我的账单", exact=True)).to_be_hidden()
    await page.get_by_role("button", name="账单缴费").click()
    await page.get_by_role("button", name="我的账单", exact=True).click()
    await expect(bot_lines(page).last).to_contain_text("370.60")

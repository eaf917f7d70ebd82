"""Each world's whole cycle as a visitor walks it: button by button, on a laptop, then seen on a phone and in English."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_sandbox import FAINT_TEXTS
from tests.served_demo import ServedDemo

pytestmark = pytest.mark.asyncio(loop_scope="session")
LAPTOP, PHONE = (1280, 800), (390, 844)
STEP_MS = 180_000  # weeks pass in some steps, on a busy machine slowly


async def enter(page: Page, world: str) -> None:
    await page.locator(f"[data-world={world}]").click()
    await page.locator("#ask .primary").click()
    await expect(page.locator(f"[data-world={world}]")).to_have_attribute("aria-pressed", "true", timeout=30_000)


async def begin(page: Page) -> None:
    await page.locator("#cycle-begin").click()
    await page.locator("#ask .primary").click()
    await expect(page.locator("#cycle")).to_have_attribute("data-played", "0", timeout=30_000)
    await expect(page.locator("#cycle-next")).to_be_enabled()


async def walk(page: Page, demo: ServedDemo, picture: Path, pictured: tuple[int, ...]) -> list[str]:
    """Press "next" until the end; the sentences that were read on the way."""
    steps = len((await demo.get("/cycle"))["steps"])
    read = []
    for number in range(1, steps + 1):
        await page.locator("#cycle-next").click()
        await expect(page.locator("#cycle")).to_have_attribute("data-played", str(number), timeout=STEP_MS)
        read.append(await page.locator("#cycle-text").inner_text())
        await expect(page.locator("#cycle-look")).to_contain_text("聊天")
        assert "的聊天" not in read[-1]  # whose chat it is, the button says once
        if number in pictured:
            await page.screenshot(path=picture.with_stem(f"{picture.stem}_{number:02}"))
    await expect(page.locator("#cycle-next")).to_be_hidden()
    return read


async def on_a_phone(open_page: Open, picture: Path, language: str) -> Page:
    """The same cycle, opened on a phone: nothing is cut off sideways."""
    page = await open_page(PHONE, scale=2)
    if language == "en":
        await page.locator("#language").click()
        await page.wait_for_selector("html[lang=en][data-ready]")
    await page.locator("#cycle-look").click()
    await expect(page.locator("#lines .line.bot").last).to_be_in_viewport()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.screenshot(path=picture.with_stem(f"{picture.stem}_phone_{language}"))
    return page


async def test_the_property_cycle(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    page = await open_page(LAPTOP)
    await page.screenshot(path=picture.with_stem(f"{picture.stem}_00"))
    await begin(page)
    read = await walk(page, demo, picture, (1, 4, 8, 10, 13, 15))
    assert len(set(read)) == len(read) == 15
    await expect(page.locator("#who-name")).to_have_text("陈立")
    async with page.expect_download() as started:
        await page.get_by_role("link", name="案卷-GH-1-0401-0001.zip").click()
    saved = await (await started.value).path()
    assert zipfile.is_zipfile(saved)
    assert await page.evaluate(FAINT_TEXTS) == []
    await on_a_phone(open_page, picture, "zh")
    english = await on_a_phone(open_page, picture, "en")
    assert await english.evaluate(FAINT_TEXTS) == []
    await page.locator("#cycle-leave").click()
    await expect(page.locator("#stage")).to_be_visible()


async def test_the_school_cycle(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    page = await open_page(LAPTOP)
    await enter(page, "school")
    await expect(page.locator("#office")).to_contain_text("晨光学堂")
    await page.screenshot(path=picture.with_stem(f"{picture.stem}_00"))
    await begin(page)
    read = await walk(page, demo, picture, (2, 3, 4, 9, 11))
    assert len(set(read)) == len(read) == 12
    await expect(page.locator("#renewals")).to_contain_text("少儿编程 周六班")
    assert await page.evaluate(FAINT_TEXTS) == []
    async with page.expect_download() as started:
        await page.locator("#lines .file a").last.click()
    assert (await started.value).suggested_filename.endswith(".xlsx")
    await on_a_phone(open_page, picture, "zh")
    phone = await on_a_phone(open_page, picture, "en")
    await phone.locator(".bar [data-view=behind]").click()
    await phone.locator("#tab-board").click()
    await expect(phone.locator("#renewals")).to_contain_text("Silent")
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await phone.screenshot(path=picture.with_stem(f"{picture.stem}_phone_board"))
    assert await phone.evaluate(FAINT_TEXTS) == []
    await page.locator("#cycle-leave").click()
    await enter(page, "property")  # the other world is as it was left
    await expect(page.locator("#office")).to_contain_text("安和生活服务")


async def test_the_schools_own_show(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    """A school has its own show and its own words: parents and families, no owners."""
    page = await open_page(LAPTOP)
    await enter(page, "school")
    await expect(page.locator("#tab-household")).to_have_text("家庭")
    await expect(page.locator("#chips [data-kind=parent]")).to_be_visible()
    await expect(page.locator("#chips [data-kind=owner]")).to_be_hidden()
    await page.evaluate("sessionStorage.setItem('pace', '0.1')")
    await page.reload()
    await page.wait_for_selector("html[data-ready]")
    await page.locator("#tour").click()
    await expect(page.locator("#story")).to_be_visible()
    await expect(page.locator("#story")).to_be_hidden(timeout=STEP_MS)
    await page.screenshot(path=picture)
    loyal, leaving = demo.person("许静"), demo.person("曹敏")
    assert (await demo.get(f"/households/{loyal.account}"))["offer"]["seen"]
    offer = (await demo.get(f"/households/{leaving.account}"))["offer"]
    assert (offer["state"], offer["reason"]) == ("no", "price")
    assert "循环和条件都会用了" in "\n".join(demo.said_by_bot(loyal.id))
    assert "续班情况 · 到12月3日（周四）为止" in "\n".join(demo.said_by_bot(demo.person("秦校长").id))


async def test_a_step_under_way_is_stopped_and_gone_on_with(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    page = await open_page(LAPTOP)
    await begin(page)
    text = page.locator("#cycle-text")
    await page.locator("#cycle-next").click()
    await expect(page.locator("#cycle")).to_have_attribute("data-played", "1", timeout=STEP_MS)
    await page.locator("#cycle-next").click()  # three days
    await expect(text).to_contain_text("第 2 步正在走")  # what happened is told when it has happened
    await expect(page.locator("#moment-note")).to_contain_text("走到 11月23日")
    await page.locator("#cycle-stop").click()
    await expect(page.locator("#cycle-stop")).to_have_text("走完今天就停…")
    await expect(page.locator("#cycle-next")).to_have_text("接着走", timeout=STEP_MS)
    await expect(text).to_contain_text("第 2 步停在半路")
    await expect(page.locator("#moment-time")).to_have_text("00:00:00")
    await page.screenshot(path=picture)
    await page.locator("#cycle-next").click()
    await expect(page.locator("#cycle")).to_have_attribute("data-played", "2", timeout=STEP_MS)
    await expect(text).to_contain_text("三天后还没缴的")

"""The sandbox page in a real browser, as a visitor uses it: on a laptop, on a phone, by keyboard, enlarged."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from bot.channels.sandbox_platform import BOT
from tests.browser.conftest import LAPTOP, PHONE, Open
from tests.served_demo import ServedDemo

pytestmark = pytest.mark.asyncio(loop_scope="session")
README_PICTURE = Path("docs/images/sandbox.png")


async def pick(page: Page, name: str) -> None:
    await page.locator("#list .person", has=page.get_by_text(name, exact=True)).click()
    await expect(page.locator("#who-name")).to_have_text(name)


async def say(page: Page, text: str) -> None:
    await page.locator("#write").fill(text)
    await page.locator("#write").press("Enter")


def bot_lines(page: Page) -> Locator:
    return page.locator("#lines .line.bot")


def key(page: Page, label: str) -> Locator:
    return page.locator("#lines").get_by_role("button", name=label, exact=True).last


async def move(page: Page, action: str) -> None:
    await page.locator(f"[data-clock={action}]").click()
    await expect(page.locator("#toasts .toast")).to_contain_text("到了", timeout=60_000)


async def test_from_the_slip_to_a_promise(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    """A newcomer: presses Start, binds, reads the bill, names a day; the button is used up."""
    page = await open_page()
    await pick(page, "何俊")
    await page.get_by_role("button", name="开始（带上纸条的码）").click()
    await expect(bot_lines(page).last).to_contain_text("后四位")
    await say(page, demo.person("何俊").phone_tail)
    await expect(bot_lines(page).last).to_contain_text("330.96")
    await say(page, "下周五再交")
    await expect(bot_lines(page).last).to_contain_text("12月4日")
    await key(page, "对").click()
    await expect(bot_lines(page).last).to_contain_text("记好了")
    await page.locator("#who-facts").click()
    await expect(page.locator("#panel .today")).to_contain_text("约好了日子")
    await page.screenshot(path=picture)


async def test_instalments_are_approved_in_another_tab(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    resident, manager = await open_page(), await open_page()
    await pick(manager, "陈立")
    await pick(resident, "陈晓雯")
    await say(resident, "一次交有点紧张,可以分三期吗?")
    await key(resident, "就这样").click()
    await expect(bot_lines(manager).last).to_contain_text("分期申请")
    await key(manager, "同意").click()
    await expect(bot_lines(resident).last).to_contain_text("分期通过了")
    await expect(bot_lines(resident).last).to_contain_text("370.60")
    await resident.screenshot(path=picture)


async def test_a_group_never_hears_a_households_data(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    page = await open_page()
    await pick(page, "桂花苑业主群")
    await page.locator("#as").select_option(demo.person("周文博").id)
    await say(page, "@小铃 我家这个月物业费多少钱?")
    await expect(bot_lines(page)).to_have_count(1)
    said = await bot_lines(page).inner_text()
    assert not [secret for secret in ("330", "周", "502", "3栋", "元") if secret in said]
    await page.screenshot(path=picture)
    await pick(page, "周文博")
    await expect(bot_lines(page).last).to_contain_text("330.96")


async def test_a_week_passes_and_the_rate_rises(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    page = await open_page()
    before = float((await page.locator("#rate").inner_text()).rstrip("%"))
    await move(page, "week")
    await expect(page.locator("#moment-date")).to_contain_text("11月30日")
    await expect(page.locator("#rate")).not_to_have_text(f"{before}%")
    assert float((await page.locator("#rate").inner_text()).rstrip("%")) > before + 8
    await expect(page.locator(".chart .curve")).to_be_visible()
    await page.screenshot(path=picture)
    sent = [row["text"] for row in (await demo.get("/outbox?kind=reminder"))["rows"] if row["account"] == "GH-3-1201"]
    assert len(sent) == 1  # Ms Wang agreed on a day: after the first reminder there is silence


async def test_why_is_one_click_away(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    page = await open_page()
    await pick(page, "王慧")
    await page.get_by_role("button", name="为什么").first.click()
    card = page.locator("#panel li.open")
    for words in ("温馨提醒", "到期 3 天起", "放行", "remind/"):
        await expect(card).to_contain_text(words)
    await page.locator("#panel select").nth(2).select_option("sent")
    await expect(page.locator("#panel .sent > li").first).to_contain_text("已发")
    await page.screenshot(path=picture)


async def test_a_platforms_refusal_is_shown(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    page = await open_page()
    await pick(page, "孙丽")
    await page.locator("#tab-workshop").click()
    await page.get_by_role("button", name="拉黑了暖铃").first.click()
    await expect(page.locator("#list .person[aria-current=true] .tag.red")).to_have_count(2)
    await say(page, "账单")
    await page.locator("#tab-outbox").click()
    await expect(page.locator("#panel .sent > li").first).to_contain_text("没送到")
    await page.screenshot(path=picture)
    assert demo.lines(demo.person("孙丽").id)[-1].sender != BOT


async def test_everything_by_keyboard(demo: ServedDemo, open_page: Open) -> None:
    page = await open_page()
    await page.locator("#search").focus()
    await page.keyboard.type("王慧")
    await page.keyboard.press("Tab")
    for _ in range(5):  # past the chips
        await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "person"
    await page.keyboard.press("Enter")
    await expect(page.locator("#write")).to_be_focused()
    await page.keyboard.type("账单")
    await page.keyboard.press("Enter")
    await expect(bot_lines(page).last).to_contain_text("370.60")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#write")).to_have_value("账单")
    await page.locator("#tab-board").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#tab-outbox")).to_have_attribute("aria-selected", "true")
    await expect(page.locator("#tab-outbox")).to_be_focused()


@pytest.mark.parametrize("size", [PHONE, (720, 450), (320, 640)], ids=["phone", "zoom_200", "narrow"])
async def test_it_fits_small_screens(open_page: Open, picture: Path, size: tuple[int, int]) -> None:
    """A phone, a laptop at 200 %, the narrowest phone: every view reachable, nothing cut off sideways."""
    page = await open_page(size, scale=2)
    for view, inside in (("people", "#list .person"), ("chat", "#lines"), ("behind", "#panel")):
        if view != "people":
            await page.locator(f".bar [data-view={view}]").click()
        await expect(page.locator(inside).first).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if view == "people":
            await pick(page, "王慧")
            await page.screenshot(path=picture)
    await page.locator("#big").click()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "19px"


# The contrast (WCAG 2) of each visible text with what lies behind it; a gradient counts as its darker end.
FAINT_TEXTS = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.backgroundImage.includes("gradient")) return parse(style.backgroundImage.match(/rgb[^)]*\\)(?!.*rgb)/)[0]);
      const colour = parse(style.backgroundColor);
      if (colour.length === 3 || colour[3] > 0.5) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.disabled || !element.checkVisibility() || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(element instanceof SVGElement ? style.fill : style.color)), light(behind(element))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) faint.push(`${element.textContent.trim().slice(0, 20)} ${contrast.toFixed(2)}`);
  }
  return faint;
}"""


async def test_every_text_can_be_read(demo: ServedDemo, open_page: Open) -> None:
    """At least 4.5 : 1, in every tab and with every kind of message."""
    page = await open_page()
    await pick(page, "王慧")
    await say(page, "下周五发工资再交,可以吗?")
    await expect(bot_lines(page).last).to_contain_text("12月4日")
    for tab in ("board", "outbox", "household", "jobs", "workshop"):
        await page.locator(f"#tab-{tab}").click()
        await expect(page.locator("#panel").locator("*").first).to_be_visible()
        assert await page.evaluate(FAINT_TEXTS) == []
    await pick(page, "何俊")
    assert await page.evaluate(FAINT_TEXTS) == []


async def test_the_show_plays_to_its_end(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    """The show, hurried: a promise, a plan, an approval, a question in the group, a rising rate."""
    page = await open_page()
    await page.evaluate("sessionStorage.setItem('pace', '0.1')")
    await page.reload()
    await page.wait_for_selector("html[data-ready]")
    await page.locator("#tour").click()
    await expect(page.locator("#story")).to_be_visible()
    await expect(page.locator("#story")).to_be_hidden(timeout=60_000)
    await page.screenshot(path=picture)
    wang, chen = demo.person("王慧"), demo.person("陈晓雯")
    assert (await demo.get(f"/households/{wang.account}"))["promise"]["state"] == "open"
    assert (await demo.get(f"/households/{chen.account}"))["plan"]["state"] == "active"
    assert "330.96" in "\n".join(demo.said_by_bot(demo.person("周文博").id))
    board = await demo.get("/board")
    assert board["rate"] > board["rate_at_start"]


async def test_a_jump_is_stopped_at_the_end_of_its_day(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    page = await open_page()
    await expect(page.locator("#rate-means")).to_contain_text("已到期的账单里，收到的钱占多少：按金额算，不按户数。")
    await page.locator("[data-clock=week]").click()
    await expect(page.locator("#moment-note")).to_contain_text("走到 11月30日")
    await expect(page.locator("#progress")).to_be_visible()
    await expect(page.locator("#hold")).to_have_text("停下")
    await page.screenshot(path=picture)
    await page.locator("#hold").click()
    await expect(page.locator("#toasts .toast")).to_contain_text("00:00", timeout=60_000)
    await expect(page.locator("#moment-note")).to_have_text("模拟时间")
    await expect(page.locator("[data-clock=week]")).to_be_enabled()


async def test_the_door_and_both_languages(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    door = await open_page(path="/sandbox")
    await expect(door.get_by_role("heading")).to_have_text("请用带钥匙的地址打开")
    page = await open_page()
    await page.locator("#language").click()
    await page.wait_for_selector("html[data-ready][lang=en]")
    await expect(page.locator("#tour")).to_contain_text("Show me in 90 seconds")
    await pick(page, "Emily Carter")
    await say(page, "How much do I owe this month?")
    await expect(bot_lines(page)).to_have_count(2)
    await expect(bot_lines(page).last).to_contain_text("404.16")
    await page.screenshot(path=picture)


async def test_an_export_opens_again(demo: ServedDemo, open_page: Open, tmp_path: Path) -> None:
    page = await open_page()
    await pick(page, "王慧")
    await page.locator("#who-facts").click()
    async with page.expect_download() as started:
        await page.get_by_role("link", name="导出 JSON").click()
    download = await started.value
    assert download.suggested_filename == "GH-3-1201.json"
    await download.save_as(tmp_path / "export.json")
    exported = json.loads((tmp_path / "export.json").read_text(encoding="utf-8"))
    assert exported["code"] == "GH-3-1201"
    assert exported["messages"][0]["stage"] == "gentle"


async def test_the_picture_of_the_readme(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    """A day in: a promise in the chat, the rate rising. README_PICTURE=1 keeps it as the README's own."""
    page = await open_page()
    await pick(page, "王慧")
    await say(page, "下周五发工资再交,可以吗?")
    await key(page, "对").click()
    await expect(bot_lines(page).last).to_contain_text("记好了")
    await move(page, "day")
    await expect(page.locator("#toasts .toast")).to_have_count(0, timeout=10_000)
    await page.locator("#lines").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    data = await page.screenshot(path=picture)
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == LAPTOP
    assert len(data) > 100_000  # a page without its font or its chats would be far smaller
    if os.environ.get("README_PICTURE"):
        await asyncio.to_thread(shutil.copy, picture, README_PICTURE)

"""The page for one-time notices in a real browser: WeChat's own button is drawn, asked, answered, and counted."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Dialog, Page, Route, expect

from bot.content import CONTENT
from models.base import Database
from tests.browser.conftest import PHONE
from tests.browser.test_sandbox import FAINT_TEXTS
from tests.channels.test_wechat_notices import Office, opened, until_handled
from tests.channels.wechat_stage import settled
from tests.wechat_server.server import WechatServer
from understanding.reader import Reader

WECHAT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126 Mobile Safari/537.36 MicroMessenger/8.0.49"
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def office(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Office]:
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'nuanling.db')}")
    async with WechatServer() as server, opened(database, server, Reader.load(CONTENT)) as running:
        yield running
    await database.close()


async def read_by(browser: Browser, openid: str) -> Page:
    """A phone in whose WeChat the page is opened; without an id it is another program."""
    context = await browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, device_scale_factor=2, user_agent=WECHAT if openid else None
    )

    async def says_who(route: Route) -> None:
        await route.continue_(headers=route.request.headers | ({"x-wechat-openid": openid} if openid else {}))

    await context.route("**/jweixin*.js", says_who)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    return page


async def test_a_tap_a_yes_and_one_more_notice(office: Office, browser: Browser, picture: Path) -> None:
    page = await read_by(browser, office.wang.openid)
    asked: list[str] = []
    faults: list[str] = []

    async def says_yes(sheet: Dialog) -> None:
        asked.append(sheet.message)
        await sheet.accept()

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    await page.goto(await office.asked_for())
    button = page.get_by_role("button", name="同意下一条")
    await expect(button).to_be_visible()
    await page.screenshot(path=picture)
    assert await page.evaluate(FAINT_TEXTS) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.once("dialog", says_yes)
    await button.click()
    await expect(page.get_by_role("status").filter(has_text="到时候发您一条")).to_be_visible()
    await page.screenshot(path=picture.with_stem(f"{picture.stem}_agreed"))
    await settled(office.server)
    await until_handled(office)
    assert (await office.left(), office.wang.follower.notices) == (1, {"TPL-notice": 1})
    page.once("dialog", lambda sheet: sheet.dismiss())
    await button.click()
    await expect(page.get_by_role("status").filter(has_text="这次不发")).to_be_visible()
    await settled(office.server)
    await until_handled(office)
    assert await office.left() == 1
    assert (asked, faults) == (["允许发送一次以下通知：TPL-notice"], [])
    await page.context.close()


async def test_outside_wechat_it_says_where_to_open_it(office: Office, browser: Browser, picture: Path) -> None:
    page = await read_by(browser, "")
    await page.goto(await office.asked_for())
    await expect(page.get_by_role("alert")).to_contain_text("手机微信里")
    await expect(page.get_by_role("button")).to_have_count(0)
    await page.screenshot(path=picture)
    await page.context.close()

"""A broadcast as a member of staff sends it on the sandbox page, and takes it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open
from tests.browser.test_sandbox import bot_lines, key, pick, say
from tests.served_demo import ServedDemo

pytestmark = pytest.mark.asyncio(loop_scope="session")
TEXT = "本周六上午电梯年检,请提前安排出行。"


async def test_a_broadcast_is_composed_sent_and_taken_back(demo: ServedDemo, open_page: Open, picture: Path) -> None:
    staff, resident = await open_page(), await open_page()
    await pick(staff, "陈立")
    await pick(resident, "王慧")
    before = await bot_lines(resident).count()
    await say(staff, "群发")
    await key(staff, "指定户号").click()
    codes = [demo.person(name).account for name in ("王慧", "陈晓雯", "周文博")]
    await say(staff, " ".join(codes))
    await key(staff, "服务通知").click()
    await say(staff, TEXT)
    await expect(bot_lines(staff).last).to_contain_text("发给 3 人")
    await key(staff, "确认发送").click()
    await key(staff, "确定，发送").click()
    await expect(bot_lines(staff).last).to_contain_text("完成：发出 3", timeout=20_000)
    await expect(bot_lines(resident).last).to_contain_text(TEXT)
    await staff.screenshot(path=picture)
    await key(staff, "撤回").click()
    await expect(bot_lines(staff).last).to_contain_text("撤回已经发出的 3 条")
    await key(staff, "确定撤回").click()
    await expect(bot_lines(staff).last).to_contain_text("已撤回 3 条", timeout=20_000)
    await expect(bot_lines(resident)).to_have_count(before)
    assert TEXT not in "\n".join(demo.said_by_bot(demo.person("王慧").id))

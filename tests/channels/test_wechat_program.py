"""The whole program on WeChat, as processes of its own: a slip is scanned, a reminder comes, a question, a plan, a receipt."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.clock import SystemClock
from tests.channels.program import PHONE, WechatProgram
from tests.wechat_server.callbacks import Person
from tests.wechat_server.server import WechatServer

REMINDER = "TPL-reminder-0001"
CONTENT = "房号：{{thing1.DATA}}\n金额：{{amount2.DATA}}\n日期：{{time3.DATA}}\n电话：{{phone_number4.DATA}}"


@pytest.fixture
async def server() -> AsyncIterator[WechatServer]:
    async with WechatServer() as running:
        running.templates[REMINDER] = CONTENT
        yield running


@pytest.fixture
async def program(tmp_path: Path, server: WechatServer) -> WechatProgram:
    program = WechatProgram(tmp_path, server)
    program.configure(f'templates = {{ reminder = "{REMINDER}" }}\n')
    await program.import_estate()
    due_on = SystemClock().now().date() - timedelta(days=4)
    bill = f"account_code,item,period,amount_yuan,due_on\nS-1,停车费,2026-10,120.00,{due_on}\n"
    (tmp_path / "late.csv").write_text(bill, encoding="utf-8")
    await program.command("import", "bills", str(tmp_path / "late.csv"))
    return program


async def bind(program: WechatProgram, person: Person) -> None:
    """Scan the code of a slip, and answer for the phone on file."""
    invitation = json.loads(await program.command("invite", "S-1", "--json"))
    person.scan(invitation["links"]["wechat"])
    question = await program.server.wait_for(person, 1)
    assert (question.kind, "后四位" in question.text) == ("reply", True)
    person.say(PHONE[-4:])
    bound = await program.server.wait_for(person, 2)
    assert bound.kind == "reply"
    assert "已绑定" in bound.text
    assert "240.00" in bound.text


async def test_a_resident_scans_is_reminded_asks_pays_in_parts_and_is_thanked(
    program: WechatProgram, server: WechatServer
) -> None:
    wang = server.person()
    async with program.running():
        assert await server.callbacks.check_url()
        await bind(program, wang)
    address, server.callbacks.url = server.callbacks.url, ""  # nobody listens now: the platform tells its report later
    await program.command("tick")
    reminded = await server.wait_for(wang, 3)
    assert (reminded.kind, reminded.template_id) == ("template", REMINDER)
    assert reminded.data["amount2"] == "360.00元"
    async with program.running():
        server.callbacks.url = address
        await program.until("SELECT count(*) FROM outbox WHERE kind = 'reminder' AND delivered_at IS NOT NULL", 1)
        wang.click("bill")
        bill = await server.wait_for(wang, 4)
        assert "120.00" in bill.text
        assert "\n1 " in bill.text
        wang.say("可以分三期吗")
        offered = await server.wait_for(wang, 5)
        assert "1 " in offered.text
        wang.say("1")
        chosen = await server.wait_for(wang, 6)
        assert chosen.text != offered.text
        wang.unfollow()
        await program.until("SELECT state FROM contacts", "blocked")
        wang.follow()
        await server.wait_for(wang, 7)
        await program.until("SELECT state FROM contacts", "ok")
        today = SystemClock().now().date()
        paid = f"account_code,amount_yuan,paid_on,method,reference\nS-1,360.00,{today},转账,T-1\n"
        (program.folder / "paid.csv").write_text(paid, encoding="utf-8")
        wang.say("谢谢")
        await server.wait_for(wang, 8)
        await program.command("import", "payments", str(program.folder / "paid.csv"))
    await program.command("tick")
    receipt = await server.wait_for(wang, 9)
    assert receipt.kind == "customer"
    assert "360.00" in receipt.text
    assert wang.follower.broken == 0
    kinds = [message.kind for message in wang.got]
    assert kinds == ["reply", "reply", "template", "reply", "reply", "reply", "reply", "reply", "customer"]
    assert program.rows("SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'cancelled')") == [(0,)]
    secrets = [server.secret, server.callback_token, server.aes_key, *server.tokens, wang.openid, PHONE]
    assert [secret for secret in secrets if secret in program.log] == []

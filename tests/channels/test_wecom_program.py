"""The whole program on WeCom, as processes of its own: nothing is sent before a colleague has tapped, and that is what it says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.channels.program import PHONE, WecomProgram
from tests.wechat_server.wecom import WecomServer

HOUSEHOLD = ("王", "建国", "1201", "240", PHONE)


@pytest.fixture
async def server() -> AsyncIterator[WecomServer]:
    async with WecomServer() as running:
        yield running


@pytest.fixture
async def program(tmp_path: Path, server: WecomServer) -> WecomProgram:
    program = WecomProgram(tmp_path, server)
    program.configure()
    await program.import_estate()
    due = f"S-1,停车费,2026-10,120.00,{program.today}\n"
    (tmp_path / "due.csv").write_text(f"account_code,item,period,amount_yuan,due_on\n{due}", encoding="utf-8")
    await program.command("import", "bills", str(tmp_path / "due.csv"))
    return program


async def test_an_announcement_goes_out_by_a_colleagues_tap_and_never_before(
    program: WecomProgram, server: WecomServer
) -> None:
    wang, li = server.colleague("wangguanjia"), server.colleague("liguanjia")
    first, second, other = server.group(wang.userid), server.group(wang.userid), server.group(li.userid)
    for group in (first, second, other):
        await program.add_group(group)
    await program.command("tick")
    waiting = ("waiting_for_staff", "")
    assert program.posts() == {first: waiting, second: waiting, other: waiting}
    status = await program.status()
    assert (status["waiting_for_staff"], status["channels"]["wecom"]["ok"]) == (3, True)
    texts = {task.text for task in server.tasks.values()}
    assert len(server.tasks) == 2  # one tap for both groups of a colleague
    assert not [word for word in HOUSEHOLD for text in texts if word in text]
    assert [len(group.got) for group in server.groups.values()] == [0, 0, 0]
    assert "点“发送”" in (await server.wait_for(wang, 1)).text

    wang.confirm(only=1)
    await program.command("tick")
    assert program.posts() == {first: ("sent", "confirmed"), second: waiting, other: waiting}
    assert program.tasks() == ["partly", "waiting"]
    assert (await program.status())["waiting_for_staff"] == 2

    await program.command("tick", "--now", f"{program.today}T20:30")
    late = ("dead", "not_confirmed")
    assert program.posts() == {first: ("sent", "confirmed"), second: late, other: late}
    assert program.tasks() == ["partly", "expired"]
    assert (await program.status())["waiting_for_staff"] == 0
    li.confirm()  # too late: the platform was told that nobody wants it any more
    assert [len(group.got) for group in server.groups.values()] == [1, 0, 0]
    assert await program.logged(first) == [(texts.pop(), "sent", "confirmed")]


async def test_a_colleague_asks_by_the_app_and_the_duty_group_hears_by_robot(
    program: WecomProgram, server: WecomServer
) -> None:
    zhao = server.colleague("zhao")
    await program.command("staff", "add", "--channel", "wecom", "--user", "zhao", "--name", "赵", "--role", "admin")
    await program.add_group("robot:duty", "staff")
    async with program.running():
        assert await server.callbacks.check_url()
        zhao.say("状态")
        board = await server.wait_for(zhao, 1)
        assert board.kind == "reply"
        assert "120.00" in board.text
        group = server.group("zhao", "桂花苑 3 栋")
        server.group_event("create", group)
        asked = await server.wait_for(zhao, 2)
        assert "桂花苑 3 栋" in asked.text
        zhao.say("1")
        linked = await server.wait_for(zhao, 3)
        assert "桂花苑" in linked.text
        await program.until("SELECT audience FROM groups WHERE title <> ''", "residents")
        await program.until("SELECT state FROM outbox WHERE template = 'group.hello'", "waiting_for_staff")
    assert zhao.follower.broken == 0
    secrets = [server.secret, server.callback_token, server.aes_key, *server.tokens, *server.robots]
    assert [secret for secret in secrets if secret in program.log] == []


async def test_an_alarm_reaches_a_colleague_who_sees_or_opens_the_app_only_later(
    program: WecomProgram, server: WecomServer
) -> None:
    zhao, li, stranger = server.colleague("zhao"), server.colleague("li"), server.colleague("wu")
    for userid, role in (("zhao", "admin"), ("li", "manager")):
        added = ("--channel", "wecom", "--user", userid, "--name", userid, "--role", role)
        await program.command("staff", "add", *added)
    li.follower.following = False
    async with program.running():
        stranger.say("我不想活了")
        assert "我不想活了" in (await server.wait_for(zhao, 1)).text
        await program.until("SELECT state FROM outbox WHERE chat = 'li'", "dead")
        assert li.got == []
        li.admitted()
        sheet = await server.wait_for(li, 2)
        assert "我不想活了" in sheet.text
        assert "12356" in sheet.text
        for colleague in (zhao, li):  # who has it hears it once
            colleague.enter()
        await program.until("SELECT count(*) FROM inbox WHERE handler = 'bind.entered'", 2)
    assert (len(zhao.got), len(li.got)) == (1, 2)

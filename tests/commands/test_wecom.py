"""The commands on WeCom: doctor, the app's menu, a staff group of its own; against a platform on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.wechat_account import read_menu
from bot.wecom_account import MENU, NAME_BYTES
from tests.channels.program import WecomProgram
from tests.wechat_server.wecom import WecomServer


@pytest.fixture
async def server() -> AsyncIterator[WecomServer]:
    async with WecomServer() as running:
        running.colleague("zhao")
        yield running


@pytest.fixture
async def program(tmp_path: Path, server: WecomServer) -> WecomProgram:
    program = WecomProgram(tmp_path, server)
    program.configure()
    await program.import_estate()
    return program


async def looked_over(program: WecomProgram, code: int = 0) -> dict[str, dict[str, str]]:
    """What `doctor` says of the app, by the name of the check."""
    checks = json.loads(await program.command("doctor", "--json", code=code))
    return {each["name"].removeprefix("wecom").strip(): each for each in checks if each["name"].startswith("wecom")}


async def test_doctor_looks_at_everything_as_the_platform_would(program: WecomProgram, server: WecomServer) -> None:
    await program.command("wecom", "menu")
    async with program.running():
        checks = await looked_over(program)
    assert {each["state"] for each in checks.values()} == {"ok"}, checks
    assert set(checks) == {"", "clock", "app", "customers", "menu", "callback", "robots"}
    assert "until a colleague taps" in checks[""]["detail"]
    secrets = (server.secret, server.callback_token, server.aes_key, *server.tokens, *server.robots)
    assert [each for each in secrets if each in json.dumps(checks)] == []


async def test_doctor_names_what_is_missing(program: WecomProgram, server: WecomServer) -> None:
    server.customer_agents.clear()
    server.people.clear()
    checks = await looked_over(program)
    assert [checks[name]["state"] for name in ("app", "customers", "menu", "callback")] == ["warn"] * 4
    assert "可调用应用" in checks["customers"]["cure"]
    assert "python -m bot wecom menu" in checks["menu"]["cure"]
    server.skipped_seconds = 0
    server.allowed_ips = set()
    checks = await looked_over(program, code=1)
    assert (checks[""]["state"], "127.0.0.1" in checks[""]["cure"]) == ("fail", True)


async def test_the_menu_is_set_and_each_button_is_a_command(program: WecomProgram, server: WecomServer) -> None:
    await program.command("wecom", "menu")
    assert server.menu == read_menu(MENU, NAME_BYTES)
    assert server.menu["button"][0]["sub_button"][0] == {"name": "我的待办", "type": "click", "key": "tasks"}


async def test_a_staff_group_is_opened_and_hears_at_once(program: WecomProgram, server: WecomServer) -> None:
    li = server.colleague("li")
    words = ("wecom", "group", "--name", "收费值班群", "--members", f"zhao,{li.userid}", "--community", "桂花苑")
    said = await program.command(*words)
    [chat] = server.appchats
    assert said == f"wecom appchat:{chat}: staff of 桂花苑\n"
    assert program.rows("SELECT chat, audience, state FROM groups") == [(f"appchat:{chat}", "staff", "ok")]
    assert program.rows("SELECT count(*) FROM audit_log WHERE action = 'groups.open'") == [(1,)]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"--members": "zhao"}, 2), ({"--members": "zhao,bad id"}, 2), ({"--community": "nowhere"}, 2), ({"--members": "zhao,nobody"}, 2)],
)  # fmt: skip
async def test_a_group_that_wecom_would_not_open_leaves_nothing(
    program: WecomProgram, server: WecomServer, change: dict[str, str], code: int
) -> None:
    wanted = {"--name": "值班群", "--members": "zhao,li", "--community": "桂花苑"} | change
    server.colleague("li")
    await program.command("wecom", "group", *(each for pair in wanted.items() for each in pair), code=code)
    assert server.appchats == {}
    assert program.rows("SELECT count(*) FROM groups") == [(0,)]

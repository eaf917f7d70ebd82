"""The commands on an Official Account: doctor, menu, codes on slips; against a platform on loopback."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.settings import ConfigError, load
from bot.wechat_account import MENU, read_menu
from domain.clock import SystemClock
from tests.channels.program import WechatProgram
from tests.wechat_server.server import WechatServer

TEMPLATE = "TPL-0001"


@pytest.fixture
async def server() -> AsyncIterator[WechatServer]:
    async with WechatServer() as running:
        running.templates[TEMPLATE] = "房号：{{thing1.DATA}}\n金额：{{amount2.DATA}}"
        yield running


@pytest.fixture
async def program(tmp_path: Path, server: WechatServer) -> WechatProgram:
    program = WechatProgram(tmp_path, server)
    program.configure(f'templates = {{ reminder = "{TEMPLATE}" }}\n')
    await program.import_estate()
    return program


async def looked_over(program: WechatProgram, code: int = 0) -> dict[str, dict[str, str]]:
    """What `doctor` says of the account, by the name of the check."""
    checks = json.loads(await program.command("doctor", "--json", code=code))
    return {each["name"].removeprefix("wechat").strip(): each for each in checks if each["name"].startswith("wechat")}


async def test_doctor_calls_the_running_bot_as_wechat_would(program: WechatProgram, server: WechatServer) -> None:
    await program.command("wechat", "menu")
    async with program.running():
        checks = await looked_over(program)
    assert {each["state"] for each in checks.values()} == {"ok"}, checks
    assert set(checks) == {"", "clock", "templates", "menu", "callback"}
    assert program.rows("SELECT DISTINCT handler FROM inbox") == [("nothing",)]
    assert program.rows("SELECT count(*) FROM outbox") == [(0,)]
    secrets = (server.secret, server.callback_token, server.aes_key, *server.tokens)
    assert [each for each in secrets if each in json.dumps(checks)] == []


async def test_doctor_names_what_is_missing(program: WechatProgram, server: WechatServer) -> None:
    del server.templates[TEMPLATE]
    checks = await looked_over(program, code=1)
    assert (checks["templates"]["state"], checks["menu"]["state"], checks["callback"]["state"]) == (
        "fail",
        "warn",
        "warn",
    )
    assert "python -m bot wechat menu" in checks["menu"]["cure"]
    server.allowed_ips = set()
    checks = await looked_over(program, code=1)
    assert checks[""]["state"] == "fail"
    assert "add 127.0.0.1 to the IP allow-list" in checks[""]["cure"]


async def test_the_menu_is_set_and_each_button_is_a_command(program: WechatProgram, server: WechatServer) -> None:
    await program.command("wechat", "menu")
    assert server.menu is not None
    assert [len(each["sub_button"]) for each in server.menu["button"]] == [5, 2, 5]
    assert server.menu["button"][0]["sub_button"][0] == {"name": "我的账单", "type": "click", "key": "bill"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "one to 3 buttons"),
        ('[[button]]\nname = "栏"\n' * 4, "one to 3 buttons"),
        ('[[button]]\nname = "一二三四五六"\nkey = "bill"\n', "1 to 16 bytes"),
        ('[[button]]\nname = "账单"\nkey = "no such"\n', "one of the bot's commands"),
        ('[[button]]\nname = "账单"\n' + '[[button.sub_button]]\nname = "账单"\nkey = "bill"\n' * 6, "at most 5"),
        ("[[button", "Expected"),
    ],
)
def test_a_menu_wechat_would_refuse_is_refused_here(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "menu.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=complaint):
        read_menu(file)
    assert read_menu(MENU)["button"]


async def test_doctor_wants_a_page_for_notices_and_finds_their_templates(
    program: WechatProgram, server: WechatServer
) -> None:
    server.notice_templates["NOTICE-1"] = "房号：{{thing1.DATA}}"
    program.configure('[wechat.templates.reminder]\nnotice_id = "NOTICE-1"\n')
    checks = await looked_over(program, code=1)
    assert (checks["templates"]["state"], checks["notices"]["state"]) == ("ok", "fail")
    assert "web.link_keys" in checks["notices"]["cure"]
    file = program.folder / "config.toml"
    links = f'[web]\npublic_url = "{program.url}"\nlink_keys = ["k3Vb9qLxWw7TzR5dk3Vb9qLxWw7TzR5d"]\n'
    file.write_text(file.read_text(encoding="utf-8").replace("[web]\n", links), encoding="utf-8")
    notices = (await looked_over(program))["notices"]
    assert (notices["state"], "JS接口安全域名" in notices["detail"]) == ("ok", True)
    server.notice_templates.clear()
    assert "NOTICE-1" in (await looked_over(program, code=1))["templates"]["detail"]


async def test_the_menu_offers_notices_only_where_there_are_any(program: WechatProgram, server: WechatServer) -> None:
    def keys() -> set[str]:
        assert server.menu is not None
        return {each["key"] for top in server.menu["button"] for each in top["sub_button"]}

    await program.command("wechat", "menu")
    assert "notices" not in keys()
    program.configure('[wechat.templates.reminder]\nnotice_id = "NOTICE-1"\n')
    await program.command("wechat", "menu")
    assert "notices" in keys()


async def test_slips_carry_a_code_that_binds_by_scanning(program: WechatProgram, server: WechatServer) -> None:
    out = program.folder / "slips.csv"
    await program.command("invite", "--all", "--out", str(out))
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert [server.codes[row["wechat"].rpartition("/")[2]] for row in rows] == [row["token"] for row in rows]
    server.fail("qrcode/create", 45009, times=9)
    invitation = json.loads(await program.command("invite", "S-1", "--json"))
    assert invitation["links"] == {"wechat": None}


async def test_status_shows_codes_that_nobody_knows(program: WechatProgram, server: WechatServer) -> None:
    wang = server.person()
    async with program.running():
        server.fail("message/template/send", 61450, times=9)
        invitation = json.loads(await program.command("invite", "S-2", "--json"))
        wang.scan(invitation["links"]["wechat"])
        await server.wait_for(wang, 1)
        await program.until("SELECT count(*) FROM bindings", 1)
    today = SystemClock().now().date()
    bill = f"account_code,item,period,amount_yuan,due_on\nS-2,停车费,2026-10,120.00,{today}\n"
    (program.folder / "due.csv").write_text(bill, encoding="utf-8")
    await program.command("import", "bills", str(program.folder / "due.csv"))
    await program.command("tick")
    channel = json.loads(await program.command("status", "--json"))["channels"]["wechat"]
    assert channel["unknown_errors"] == {"61450": 1}
    assert channel["quota"] == {"templates_today": 0}
    assert "61450" in await program.command("status")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"APP_ID": ""}, "wechat.app_id is missing"),
        ({"AES_KEY": "short"}, "43 letters and digits"),
        ({"BASE_URL": "api.weixin.qq.com"}, "wechat.base_url is not an address"),
        ({"SDK_URL": "res.wx.qq.com/open/js"}, "wechat.sdk_url is not an address"),
    ],
)
def test_a_wrong_section_is_named(change: dict[str, str], complaint: str) -> None:
    account = WechatServer().settings("http://127.0.0.1")
    good = {key.upper(): str(value) for key, value in account.items()}
    environment = {f"NUANLING_WECHAT__{key}": value for key, value in (good | change).items()}
    with pytest.raises(ConfigError, match=complaint):
        load(None, environment)


def test_more_notices_than_wechat_asks_for_at_once_are_refused(tmp_path: Path) -> None:
    account = WechatServer().settings("http://127.0.0.1")
    lines = [f"{key} = {json.dumps(value)}" for key, value in account.items()]
    lines += [f'[wechat.templates.kind{number}]\nnotice_id = "N{number}"' for number in range(4)]
    file = tmp_path / "config.toml"
    file.write_text("[wechat]\n" + "\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigError, match="asks people for 3 notices at once"):
        load(file, {})

"""An office's days on WeChat with real processes: one log and one board, a restart in the midst of talk, a crash, three programs."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import signal
import sys
import zipfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from domain.clock import SystemClock
from tests.channels.program import PHONE, ROOT, WechatProgram
from tests.wechat_server.callbacks import Person
from tests.wechat_server.server import WechatServer

CUSTOMER = "message/custom/send"


@pytest.fixture
async def server() -> AsyncIterator[WechatServer]:
    async with WechatServer() as running:
        running.callbacks.patience_seconds = 4.0
        yield running


@pytest.fixture
async def program(tmp_path: Path, server: WechatServer) -> WechatProgram:
    program = WechatProgram(tmp_path, server)
    program.configure()
    await program.import_estate()
    due_on = SystemClock().now().date() - timedelta(days=4)
    late = f"account_code,item,period,amount_yuan,due_on\nS-1,停车费,2026-10,120.00,{due_on}\n"
    (tmp_path / "late.csv").write_text(late, encoding="utf-8")
    await program.command("import", "bills", str(tmp_path / "late.csv"))
    return program


async def bound(program: WechatProgram, person: Person) -> int:
    """Bind a person to S-1; how many messages they have by now."""
    invitation = json.loads(await program.command("invite", "S-1", "--json"))
    person.scan(invitation["links"]["wechat"])
    await program.server.wait_for(person, 1)
    person.say(PHONE[-4:])
    await program.server.wait_for(person, 2)
    return 2


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while True:
            if happened():
                return
            await asyncio.sleep(0.02)


async def test_the_board_the_card_and_the_export_know_what_was_said_on_wechat(
    program: WechatProgram, server: WechatServer
) -> None:
    wang, zhao = server.person(), server.person()
    words = ("--channel", "wechat", "--user", zhao.openid, "--name", "赵", "--role", "manager")
    await program.command("staff", "add", *words)
    async with program.running():
        await bound(program, wang)
        wang.say("这个月欠多少")
        assert "360.00" in (await server.wait_for(wang, 3)).text
        zhao.follow()
        await server.wait_for(zhao, 1)
        zhao.say("/account S-1")
        card = await server.wait_for(zhao, 2)
        assert "360.00" in card.text
        zhao.say("状态")
        board = await server.wait_for(zhao, 3)
        assert "待缴 120.00" in board.text  # what is due by now
        wang.say("/account S-2")  # no colleague
        refused = await server.wait_for(wang, 4)
        assert "268.50" not in refused.text
        await server.callbacks.settled()
    status = json.loads(await program.command("status", "--json"))
    assert (status["channels"]["wechat"]["ok"], status["open_fen"], status["unknown"]) == (True, 12000, 0)
    await program.command("export", "account", "S-1", "--out", str(program.folder / "s1.zip"))
    with zipfile.ZipFile(program.folder / "s1.zip") as archive:
        talk = list(csv.DictReader(io.StringIO(archive.read("conversation.csv").decode("utf-8-sig"))))
    said = [line["text"] for line in talk]
    assert [text for text in said if "这个月欠多少" in text]
    assert [text for text in said if "360.00" in text]
    assert not [text for text in said if "268.50" in text]


async def test_what_is_said_during_a_restart_is_answered_once(program: WechatProgram, server: WechatServer) -> None:
    wang = server.person()
    async with program.running():
        await bound(program, wang)
    told = len(wang.got)  # on a busy machine a late answer comes in more messages than one in the same breath
    wang.say("这个月欠多少")  # nobody listens; the platform tries again
    await until(lambda: bool(server.callbacks.tries) and not server.callbacks.tries[-1].status)
    async with program.running():
        answer = await server.wait_for(wang, told + 1)
        assert "360.00" in answer.text
        await server.callbacks.settled()
        assert wang.follower.broken == 0
        assert len(wang.got) == told + 1
    assert program.rows("SELECT count(*) FROM inbox WHERE text LIKE '%欠多少%'") == [(1,)]


async def test_a_crash_in_the_midst_of_a_customer_message_never_gives_its_quota_back(
    program: WechatProgram, server: WechatServer
) -> None:
    wang = server.person()
    async with program.running():
        told = await bound(program, wang)
        await server.callbacks.settled()
    left = 'SELECT sum("left") FROM allowances'
    (before,) = program.rows(left)[0]
    server.faults.add("hang_after", method=CUSTOMER, delay_ms=20_000, times=1)
    words = ("-m", "bot", "--config", str(program.folder / "config.toml"), "tick")
    tick = await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT, stdout=DEVNULL, stderr=DEVNULL)
    await until(lambda: bool(server.accepted(CUSTOMER)))
    tick.send_signal(signal.SIGKILL)
    assert await tick.wait() == -signal.SIGKILL
    assert "360.00" in (await server.wait_for(wang, told + 1)).text
    assert program.rows(left) == [(before - 1,)]
    await program.command("tick")
    assert program.rows(left) == [(before - 1,)]
    assert len(wang.got) == told + 1  # said once
    assert program.rows("SELECT state, count(*) FROM outbox WHERE state <> 'sent' GROUP BY state") == [("unknown", 1)]
    assert json.loads(await program.command("status", "--json"))["unknown"] == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_three_programs_on_one_database_share_one_token(
    tmp_path: Path, server: WechatServer, database_url: str
) -> None:
    program = WechatProgram(tmp_path, server)
    program.configure()
    config = tmp_path / "config.toml"
    own = json.dumps(f"sqlite:///{tmp_path / 'nuanling.db'}")
    config.write_text(config.read_text("utf-8").replace(own, json.dumps(database_url)), encoding="utf-8")
    await program.command("db", "upgrade")
    await program.import_estate()
    assert server.token_calls == []
    await asyncio.gather(*(program.command("tick") for _ in range(3)))
    assert server.token_calls == [False]

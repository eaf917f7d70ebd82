"""An office's days on WeChat with real processes: one log and one board, a restart in the midst of talk, a crash, three programs."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import signal
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.channels.program import PHONE, WechatProgram
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
    return program


async def bound(program: WechatProgram, person: Person) -> int:
    """Bind a person to S-1; how many messages they have by now."""
    invitation = json.loads(await program.command("invite", "S-1", "--json"))
    person.scan(invitation["links"]["wechat"])
    await program.server.wait_for(person, 1)
    person.say(PHONE[-4:])
    await program.server.wait_for(person, 2)
    return 2


async def test_the_board_the_card_and_the_export_know_what_was_said_on_wechat(
    program: WechatProgram, server: WechatServer
) -> None:
    wang, zhao = server.person(), server.person()
    words = ("--channel", "wechat", "--user", zhao.openid, "--name", "赵", "--role", "manager")
    await program.command("staff", "add", *words)
    async with program.running():
        await bound(program, wang)
        wang.say("这个月欠多少")
        assert "240.00" in (await server.wait_for(wang, 3)).text
        zhao.follow()
        await server.wait_for(zhao, 1)
        zhao.say("/account S-1")
        card = await server.wait_for(zhao, 2)
        assert "240.00" in card.text
        zhao.say("状态")
        board = await server.wait_for(zhao, 3)
        assert "240.00" in board.text or "508.50" in board.text
        wang.say("/account S-2")  # no colleague
        refused = await server.wait_for(wang, 4)
        assert "268.50" not in refused.text
        await server.callbacks.settled()
    status = json.loads(await program.command("status", "--json"))
    assert (status["channels"]["wechat"]["ok"], status["open_fen"]) == (True, 24000 if status["due_fen"] else 0)
    assert status["unknown"] == 0
    await program.command("export", "account", "S-1", "--out", str(program.folder / "s1.zip"))
    with zipfile.ZipFile(program.folder / "s1.zip") as archive:
        talk = list(csv.DictReader(io.StringIO(archive.read("conversation.csv").decode("utf-8-sig"))))
    said = [line["text"] for line in talk]
    assert [text for text in said if "这个月欠多少" in text]
    assert [text for text in said if "240.00" in text]
    assert not [text for text in said if "268.50" in text]


async def test_what_is_said_during_a_restart_is_answered_once(program: WechatProgram, server: WechatServer) -> None:
    wang = server.person()
    async with program.running():
        told = await bound(program, wang)
    wang.say("这个月欠多少")  # nobody listens; the platform tries again
    while not server.callbacks.tries or server.callbacks.tries[-1].status:
        await asyncio.sleep(0.05)
    async with program.running():
        answer = await server.wait_for(wang, told + 1)
        assert "240.00" in answer.text
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
        server.callbacks.patience_seconds = 0.01  # the answer in the same breath comes too late: it goes as a message
        server.faults.add("hang_after", method=CUSTOMER, delay_ms=20_000, times=1)
        wang.say("怎么缴费")
        answer = await server.wait_for(wang, told + 1)
        while not server.accepted(CUSTOMER):
            await asyncio.sleep(0.02)
        assert await program.end(signal.SIGKILL) == -signal.SIGKILL
    left = "SELECT kind, \"left\" FROM allowances ORDER BY kind"
    assert program.rows(left) == [("follow", 2), ("message", 5)]  # 3 for the scan, of which one is spent
    server.callbacks.patience_seconds = 4.0
    async with program.running():
        await program.until("SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending')", 0)
        await server.callbacks.settled()
    assert program.rows(left) == [("follow", 2), ("message", 5)]
    assert [message.text for message in wang.got].count(answer.text) == 1  # said once, listed as unknown
    assert program.rows("SELECT count(*) FROM outbox WHERE state = 'unknown'") == [(1,)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_three_programs_on_one_database_share_one_token(
    program: WechatProgram, server: WechatServer, database_url: str
) -> None:
    config = program.folder / "config.toml"
    own = json.dumps(f"sqlite:///{program.folder / 'nuanling.db'}")
    config.write_text(config.read_text("utf-8").replace(own, json.dumps(database_url)), encoding="utf-8")
    await asyncio.gather(*(program.command("doctor", code=code) for code in (0, 0, 0)))
    assert server.token_calls == [False]

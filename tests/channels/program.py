"""The program as an office runs it: its commands and `run` as processes of their own, on a fresh SQLite file."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import httpx

from domain.clock import SystemClock
from domain.messages import Address
from models.base import Database
from models.log import of_chat
from tests.telegram_server.server import TelegramServer
from tests.wechat_server.server import WechatServer
from tests.wechat_server.wecom import WecomServer

ROOT = Path(__file__).parents[2]
PHONE = "13800005678"
ACCOUNTS = f"""code,kind,community,building,address,payer_name,phone,area_m2
S-1,property,桂花苑,3栋,1201,王建国,{PHONE},89.5
S-2,property,桂花苑,3栋,1202,李秀英,,100
"""
BILLS = """account_code,item,period,amount_yuan,due_on
S-1,物业费,2026-11,240.00,2026-12-10
S-2,物业费,2026-11,268.50,2026-12-10
"""


@dataclass
class Processes:
    """A folder with a configuration, and the program's processes on it. `log`: all that every run wrote, so far."""

    folder: Path
    port: int = field(default_factory=lambda: _free_port(), init=False)
    log: str = field(default="", init=False)
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def write_config(self, channel: str) -> None:
        """The office's configuration, with the section of its channel."""
        zone = f"Etc/GMT{SystemClock().now().astimezone(UTC).hour - 12:+d}"  # there it is noon: no quiet hours
        url = json.dumps(f"sqlite:///{self.folder / 'nuanling.db'}")
        (self.folder / "config.toml").write_text(
            f'[organisation]\nname = "桂花物业"\nhotline = "021-5555 0101"\ntimezone = "{zone}"\n'
            f"[database]\nurl = {url}\n[web]\nport = {self.port}\n{channel}",
            encoding="utf-8",
        )

    async def command(self, *arguments: str, code: int = 0) -> str:
        """Run one command to its end; what it printed. Another exit code than `code` fails the test."""
        process = await self._process(*arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        out, err = await process.communicate()
        assert process.returncode == code, err.decode()
        return out.decode()

    async def import_estate(self) -> None:
        for what, content in (("accounts", ACCOUNTS), ("bills", BILLS)):
            file = self.folder / f"{what}.csv"
            file.write_text(content, encoding="utf-8")
            await self.command("import", what, str(file))

    async def invite(self, code: str) -> str:
        return str(json.loads(await self.command("invite", code, "--json"))["token"])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """`run`, until the block ends; then SIGTERM, unless the block has ended it already."""
        with (self.folder / "log").open("w+", encoding="utf-8") as log:
            self.process = await self._process("run", stdout=log, stderr=log)
            try:
                await self._ready()
                yield
                if self.process.returncode is None:
                    assert await self.end(signal.SIGTERM) == 0
            finally:
                if self.process.returncode is None:
                    await self.end(signal.SIGKILL)
                log.seek(0)
                self.log += log.read()

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        async with asyncio.timeout(30):
            return await self.process.wait()

    async def _ready(self) -> None:
        assert self.process is not None
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            async with asyncio.timeout(60):
                while self.process.returncode is None:
                    try:
                        if (await client.get("/readyz")).status_code == 200:
                            return
                    except httpx.TransportError:
                        pass
                    await asyncio.sleep(0.1)
        raise AssertionError("it ended by itself: " + (self.folder / "log").read_text(encoding="utf-8"))

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.folder / "nuanling.db")
        try:
            return list(connection.execute(query, values))
        finally:
            connection.close()

    async def until(self, query: str, wanted: object, *values: object) -> None:
        """Wait until a query's only value is this one."""
        async with asyncio.timeout(20):
            while True:
                if self.rows(query, *values) == [(wanted,)]:
                    return
                await asyncio.sleep(0.05)

    async def _process(self, *arguments: str, **streams: Any) -> asyncio.subprocess.Process:
        words = ("-m", "bot", "--config", str(self.folder / "config.toml"), *arguments)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NUANLING_")}
        return await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT, env=environment, **streams)


@dataclass
class Program(Processes):
    """The program whose Telegram is `server`."""

    server: TelegramServer

    def configure(self, **telegram: str) -> None:
        self.write_config(
            f'[telegram]\nenabled = true\ntoken = "{self.server.token}"\n'
            f'base_url = "{self.server.base_url}"\nbase_file_url = "{self.server.base_file_url}"\n'
            + "".join(f"{key} = {json.dumps(value)}\n" for key, value in telegram.items())
        )


@dataclass
class WechatProgram(Processes):
    """The program whose WeChat is `server`; the platform calls it back."""

    server: WechatServer

    def configure(self, more: str = "") -> None:
        account = self.server.settings(self.server.url)
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in account.items()]
        self.write_config("[wechat]\n" + "".join(lines) + more)
        self.server.callbacks.url = f"{self.url}/wechat/callback"


@dataclass
class WecomProgram(Processes):
    """The program whose WeCom is `server`; the platform calls it back."""

    server: WecomServer

    def configure(self) -> None:
        company = self.server.settings(self.server.url)
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in company.items()]
        robot = f'[[wecom.robots]]\nname = "duty"\nkey = "{self.server.robot()}"\n'
        self.write_config("[wecom]\n" + "".join(lines) + robot)
        self.server.callbacks.url = f"{self.url}/wecom/callback"

    @property
    def today(self) -> date:
        """In the office's time zone, where it is noon."""
        hours = int(re.search(r"Etc/GMT([+-]\d+)", (self.folder / "config.toml").read_text(encoding="utf-8"))[1])  # type: ignore[index]
        return (SystemClock().now() - timedelta(hours=hours)).date()

    async def logged(self, chat: str) -> list[tuple[str, str, str]]:
        """The message log of a chat: text, state, reason."""
        database = Database(f"sqlite:///{self.folder / 'nuanling.db'}")
        async with database.read() as session:
            lines = await of_chat(session, Address("wecom", chat))
        await database.close()
        return [(line.text, line.state, line.reason) for line in lines]

    async def status(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(await self.command("status", "--json"))
        return told

    def posts(self) -> dict[str, tuple[str, str]]:
        """State and reason of what was written to each customers' group."""
        query = "SELECT chat, state, reason FROM outbox WHERE kind = 'announcement'"
        return {str(chat): (str(state), str(reason)) for chat, state, reason in self.rows(query)}

    def tasks(self) -> list[str]:
        return [str(state) for (state,) in self.rows("SELECT state FROM confirmations ORDER BY id")]

    async def add_group(self, chat: str, audience: str = "residents") -> None:
        words = ("--channel", "wecom", "--chat", chat, "--community", "桂花苑", "--audience", audience)
        await self.command("groups", "add", *words)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])

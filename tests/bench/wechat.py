"""The Official Account against its stand-in: template messages a second, how long the loop was held up, answers in time."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from bot.app import build
from bot.channels.channel import Sendable
from bot.channels.wechat import LIMITS, WechatChannel
from bot.database import upgrade
from bot.settings import Settings, Wechat
from bot.wechat_memory import DatabaseMemory
from domain.clock import SystemClock, monotonic
from domain.messages import Kind
from models.base import Database
from tests.telegram_server.loopback import Loopback
from tests.wechat_server.callbacks import Callbacks
from tests.wechat_server.world import Follower, World

ROOT = Path(__file__).resolve().parents[2]
CONTENT = "房号：{{thing1.DATA}}\n金额：{{amount2.DATA}}\n日期：{{time3.DATA}}"
FIELDS = {"room": "3栋12**", "total": "240.00", "due_on": "2026-12-10"}
LOOK_SECONDS = 0.002


@asynccontextmanager
async def platform() -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, Any]]]:
    """The stand-in as a process of its own: (a client of its control, the account)."""
    server = str(ROOT / "tests/wechat_server")
    process = await asyncio.create_subprocess_exec(sys.executable, server, "--port", "0", stdout=subprocess.PIPE)
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    account = json.loads(await process.stdout.readline())
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:
        try:
            await http.post("/_control/templates", json={"TPL": CONTENT})
            yield http, account
        finally:
            process.terminate()
            await process.wait()


async def fresh_database(directory: Path, name: str) -> Database:
    database = Database(f"sqlite:///{directory / name}.db")
    await upgrade(database)
    return database


class Watch:
    """How late the event loop woke somebody up, at worst."""

    def __init__(self) -> None:
        self.latest = 0.0

    async def __aenter__(self) -> Watch:
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _look(self) -> None:
        while True:
            began = monotonic()
            await asyncio.sleep(LOOK_SECONDS)
            self.latest = max(self.latest, monotonic() - began - LOOK_SECONDS)


async def templates(directory: Path, number: int) -> tuple[float, float]:
    """(template messages a second through the channel, the longest the loop was held up, in seconds)."""
    database = await fresh_database(directory, "wechat-templates")
    async with platform() as (http, account):
        people = [f"oPerson-{n:05}" for n in range(200)]
        for openid in people:
            await http.post(f"/_control/people/{openid}/follow", json={})
        settings = Wechat.model_validate(account | {"templates": {"reminder": "TPL"}})
        clock = SystemClock()
        channel = WechatChannel(settings, clock, DatabaseMemory(database, clock, "wechat", settings.app_id))
        await channel.start()
        waiting = iter(range(number))

        async def work() -> None:
            for n in waiting:
                message = Sendable(
                    people[n % len(people)], "您好", kind=Kind.REMINDER, template="reminder.gentle", fields=FIELDS
                )
                await channel.send(message)

        async with Watch() as watch:
            began = monotonic()
            await asyncio.gather(*(work() for _ in range(LIMITS.concurrency)))
            seconds = monotonic() - began
        await channel.stop()
    await database.close()
    return number / seconds, watch.latest


async def answers(directory: Path, number: int, per_second: float) -> tuple[float, float, int]:
    """(median and 99th percentile of a callback with its reply, in seconds, how many had none), at a steady rate."""
    database = await fresh_database(directory, "wechat-answers")
    async with platform() as (_, account):
        settings = Settings.model_validate({"wechat": account})
        app = await build(settings, database)
        world = World()
        platform_side = Callbacks(world)
        routes = [route for name, each in app.channels.items() for route in each.routes(app.inbound.store_for(name))]
        seconds: list[float] = []
        silent = 0

        async def ask(n: int) -> None:
            nonlocal silent
            person = Follower(f"oAsker-{n:05}")
            fields = {"MsgType": "text", "Content": "你好，我想问一下物业费", "MsgId": 10**9 + n}
            query, body = platform_side.request(platform_side.xml(person, fields))
            began = monotonic()
            try:
                answer = await platform_side._http.post(platform_side.url, params=query, content=body.encode())
                silent += not answer.content or answer.status_code != 200
            except httpx.TransportError:  # the platform hangs up after five seconds, too
                silent += 1
            seconds.append(monotonic() - began)

        async with app.running(), Loopback(Starlette(routes=routes)) as door:
            platform_side.url = f"{door.url}/wechat/callback"
            tasks = []
            for n in range(number):
                tasks.append(asyncio.create_task(ask(n)))
                await asyncio.sleep(1 / per_second)
            await asyncio.gather(*tasks)
        await platform_side.close()
    await database.close()
    seconds.sort()
    return seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.99)], silent


async def slow_loris(directory: Path, number: int) -> tuple[int, int]:
    """(connections that never finish their body, answers of 5xx to them or to a good call meanwhile)."""
    database = await fresh_database(directory, "wechat-loris")
    async with platform() as (_, account):
        app = await build(Settings.model_validate({"wechat": account}), database)
        world = World()
        platform_side = Callbacks(world)
        routes = [route for name, each in app.channels.items() for route in each.routes(app.inbound.store_for(name))]
        bad = 0
        async with app.running(), Loopback(Starlette(routes=routes)) as door:
            platform_side.url = f"{door.url}/wechat/callback"

            async def drip() -> bytes:
                reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
                head = f"POST /wechat/callback?timestamp={int(world.now())}&nonce=n HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
                writer.write(head.encode())
                for _ in range(20):
                    writer.write(b"x")
                    await asyncio.sleep(0.3)
                    if reader.at_eof():
                        break
                writer.close()
                return await reader.read(100)

            dripping = [asyncio.create_task(drip()) for _ in range(number)]
            await asyncio.sleep(1.0)
            assert await platform_side.check_url()
            for answer in await asyncio.gather(*dripping, return_exceptions=True):
                bad += isinstance(answer, bytes) and answer.startswith(b"HTTP/1.1 5")
        await platform_side.close()
    await database.close()
    return number, bad

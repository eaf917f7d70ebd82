"""The demo as people meet it: the whole bot and its page on a loopback port, in a directory of the test's own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from bot.channels.sandbox_platform import BOT, Line, Profile
from bot.content import CONTENT
from bot.demo_stage import Demo
from bot.web.sandbox import application
from bot.web.server import server_config
from domain.clock import monotonic
from understanding.reader import Reader

TOKEN = "a-token-for-this-test"
WAIT_SECONDS = 20
JOURNEY_SECONDS = 300  # for a week to pass, on a busy machine


@dataclass
class ServedDemo:
    """`client` holds the cookie and the token; `outside` is somebody without either."""

    demo: Demo
    address: str
    client: httpx.AsyncClient
    outside: httpx.AsyncClient

    @property
    def entrance(self) -> str:
        return f"{self.address}/sandbox?token={TOKEN}"

    def person(self, name: str) -> Profile:
        [found] = [profile for profile in self.demo.platform.profiles.values() if profile.name == name]
        return found

    def lines(self, chat: str) -> list[Line]:
        return self.demo.platform.chats.get(chat, [])

    def said_by_bot(self, chat: str) -> list[str]:
        return [line.text for line in self.lines(chat) if line.sender == BOT]

    async def get(self, path: str) -> Any:
        answer = await self.client.get(f"/sandbox/api{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, **body: Any) -> Any:
        answer = await self.client.post(f"/sandbox/api{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def say(self, name: str, text: str) -> str:
        """Say something as a person, in private; what the bot answers."""
        person = self.person(name)
        await self.demo.settle()
        before = len(self.said_by_bot(person.id))
        await self.post("/say", **{"as": person.id, "chat": person.id, "text": text})
        await self.demo.settle()
        return "\n".join(self.said_by_bot(person.id)[before:])

    async def pass_time(self, action: str) -> None:
        """Move the clock as the page does, and wait until it has arrived."""
        await self.post("/clock", action=action)
        await self.at_rest()

    async def at_rest(self) -> None:
        """Wait until the clock is not on its way."""
        deadline = monotonic() + JOURNEY_SECONDS
        while (await self.get("/state"))["clock"]["moving"]:
            assert monotonic() < deadline, "the clock did not arrive"
            await asyncio.sleep(0.05)


@cache
def reader() -> Reader:
    """Loaded once for all tests: it keeps no state."""
    return Reader.load(CONTENT)


@asynccontextmanager
async def served(directory: Path, scenario: str = "clean-month") -> AsyncIterator[ServedDemo]:
    demo = Demo(directory, reader())
    await demo.start(scenario)
    server = uvicorn.Server(server_config(application(demo, TOKEN), "127.0.0.1", 0))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        serving = asyncio.create_task(server._serve([listening]))  # without the signal handlers of a main program
        try:
            async with (
                httpx.AsyncClient(base_url=address, headers={"x-sandbox-token": TOKEN}, timeout=WAIT_SECONDS) as client,
                httpx.AsyncClient(base_url=address, timeout=WAIT_SECONDS) as outside,
            ):
                await client.get("/sandbox", params={"token": TOKEN})
                yield ServedDemo(demo, address, client, outside)
        finally:
            demo.hub.shut()
            server.should_exit = True
            await serving
            await demo.stop()

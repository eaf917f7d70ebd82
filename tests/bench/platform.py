"""The fake Telegram server as a process of its own, with many people who once pressed Start."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Platform:
    url: str
    token: str
    http: httpx.AsyncClient

    async def people(self, number: int) -> list[int]:
        """The chats of new people who all pressed Start."""
        answer = await self.http.post(f"{self.url}/_control/crowd", json={"number": number})
        chats: list[int] = answer.json()
        return chats

    async def accepted(self, method: str, since: int = 0) -> list[dict[str, Any]]:
        """The calls of a method that were carried out, after the first `since` calls of any kind."""
        answer = await self.http.get(f"{self.url}/_control/calls", params=self._asked(method, since))
        calls: list[dict[str, Any]] = answer.json()
        return calls

    async def count(self, method: str = "", since: int = 0) -> int:
        """How many these are. It costs the platform and us next to nothing, however often it is asked."""
        answer = await self.http.get(f"{self.url}/_control/count", params=self._asked(method, since))
        return int(answer.json())

    async def so_far(self) -> int:
        """The number of calls of any kind until now."""
        return int((await self.http.get(f"{self.url}/_control/count")).json())

    def _asked(self, method: str, since: int) -> dict[str, str | int]:
        return {"method": method, "since": since, "accepted": 1}

    async def limits(self) -> dict[str, Any]:
        limits: dict[str, Any] = (await self.http.get(f"{self.url}/_control/limits")).json()
        return limits


@asynccontextmanager
async def platform(*options: str) -> AsyncIterator[Platform]:
    """Start the server, stop it at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "tests/telegram_server"), "--port", "0", *options, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    token = (await process.stdout.readline()).decode().strip()
    async with httpx.AsyncClient(timeout=60) as http:
        try:
            yield Platform(url, token, http)
        finally:
            process.terminate()
            await process.wait()

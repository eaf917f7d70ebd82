"""The test's end of the nursery in worker.py: orders a sender, waits for its word, kills it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from tests.fire.worker import Order

WORKER = Path(__file__).with_name("worker.py")
WAIT_SECONDS = 1800


class Nursery:
    """One sender at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._child = 0

    async def start(self, order: Order) -> None:
        """A sender that owns the database and is about to begin."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        said = {await self._line(), await self._line()}  # the child may speak before its birth is told
        self._child = next(int(line.split()[1]) for line in said if line.startswith("started"))
        assert "ready" in said, said

    async def ended(self) -> tuple[int, str]:
        """Wait for its end: the exit code (−9 when killed) and its last word."""
        last = ""
        while not (line := await self._line()).startswith("ended"):
            last = line
        return int(line.split()[1]), last

    async def killed_after(self, seconds: float) -> bool:
        """Kill it, unless it has ended by then; whether it was killed."""
        ending = asyncio.create_task(self.ended())
        await asyncio.wait({ending}, timeout=seconds)
        if not ending.done():
            os.kill(self._child, signal.SIGKILL)
        code, last = await ending
        assert code in (0, -signal.SIGKILL), last
        return code != 0

    async def _line(self) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(WAIT_SECONDS):
            line = await self._process.stdout.readline()
        assert line, "the nursery ended"
        return line.decode().strip()


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(WORKER), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()

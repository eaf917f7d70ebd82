"""The bot's loops under the demo's own hand: worlds come and go within one process, so each loop ends between two
pieces of work, never inside one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bot.app import App
from bot.channels.sandbox import SandboxChannel

log = structlog.get_logger(__name__)
LOOK_AGAIN_SECONDS = 0.5


class Running:
    """Receives, answers and delivers for one app until `stop`; `live` is done again and again in between."""

    def __init__(self, app: App, channel: SandboxChannel, live: Callable[[], Awaitable[None]]) -> None:
        self._app = app
        self._channel = channel
        self._do_live = live
        self._heard = asyncio.Event()
        self._ending = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self._app.open(self._channel)
        self._receiving = asyncio.create_task(self._channel.receive(self._store), name="receive")
        self._loops = [asyncio.create_task(lane.run(), name=f"lane {name}") for name, lane in self._app.lanes.items()]
        self._loops += [asyncio.create_task(self._answer()), asyncio.create_task(self._live())]

    async def stop(self) -> None:
        """Call when all is quiet: nothing is waiting then, and receiving can be cut off."""
        self._ending.set()
        self._heard.set()
        self._receiving.cancel()
        for lane in self._app.lanes.values():
            await lane.stop()
        await asyncio.gather(self._receiving, *self._loops, return_exceptions=True)
        await self._channel.stop()

    async def _store(self, external_id: str, payload: str) -> None:
        await self._app.inbound.store_for(self._channel.name)(external_id, payload)
        self._heard.set()

    async def _answer(self) -> None:
        while not self._ending.is_set():
            self._heard.clear()
            if not await self._app.inbound.handle_waiting():
                await _either(self._heard)

    async def _live(self) -> None:
        while True:
            await _either(self._ending)
            if self._ending.is_set():
                return
            try:
                await self._do_live()
            except Exception as wrong:
                log.error("the demo stumbled", exc_info=wrong)


async def _either(event: asyncio.Event) -> None:
    """Until something happens, or a moment later."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_AGAIN_SECONDS):
            await event.wait()

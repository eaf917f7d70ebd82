"""Updates in: stored and committed first, then handled one after the other; nothing stored is forgotten."""

from __future__ import annotations

import asyncio

import structlog

from bot.channels.channel import Store
from bot.dispatch import Dispatcher
from domain.clock import Clock
from models import inbox
from models.base import Database

log = structlog.get_logger(__name__)
RETRY_SECONDS = 1.0


class Inbound:
    """The queue between the channels and the dispatcher. The database is the queue; memory only holds the news."""

    def __init__(self, database: Database, dispatcher: Dispatcher, clock: Clock) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._clock = clock
        self._news = asyncio.Event()
        self._stopping = False

    def store_for(self, channel: str) -> Store:
        """Where a channel puts what it receives: kept once, committed before this returns."""

        async def store(external_id: str, payload: str) -> None:
            async with self._database.write() as session:
                await inbox.store(session, channel, external_id, payload, self._clock.now())
            self._news.set()

        return store

    def stop(self) -> None:
        """End between two updates: nothing is torn off in the middle."""
        self._stopping = True
        self._news.set()

    async def run(self) -> None:
        """Handle what is stored, oldest first, until stopped."""
        while not self._stopping:
            self._news.clear()
            if not await self.handle_waiting():
                await asyncio.gather(asyncio.wait_for(self._news.wait(), RETRY_SECONDS), return_exceptions=True)

    async def handle_waiting(self) -> int:
        """Handle everything stored by now; returns how many were looked at."""
        async with self._database.read() as session:
            ids = [row.id for row in await inbox.waiting(session)]
        failed = 0
        for inbox_id in ids:
            if self._stopping:
                break
            try:
                handled = await self._dispatcher.handle(inbox_id)
            except Exception as wrong:
                # The dispatcher keeps its own faults; what reaches us is a database that fails. The row waits.
                log.error("update not handled", inbox_id=inbox_id, exc_info=wrong)
                handled = False
            failed += not handled
        if failed:
            await asyncio.sleep(RETRY_SECONDS)
        return len(ids)

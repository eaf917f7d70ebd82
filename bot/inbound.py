"""Updates in: stored and committed first, then handled one after the other; nothing stored is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.channels.channel import Store
from bot.dispatch import Dispatcher
from domain.clock import Clock
from models import inbox
from models.base import Database, chunks

log = structlog.get_logger(__name__)
RETRY_SECONDS = 1.0
TOGETHER = 16  # updates answered in one transaction: it stays well under a fifth of a second


@dataclass(frozen=True)
class Arrival:
    """An update on its way into the inbox, and the promise to say when it is there."""

    update: tuple[str, str, str, datetime]  # channel, external id, payload, moment
    kept: asyncio.Future[None]

    def tell(self, wrong: Exception | None) -> None:
        if self.kept.done():
            return  # nobody waits any more
        if wrong is None:
            self.kept.set_result(None)
        else:
            self.kept.set_exception(wrong)


class Inbound:
    """The queue between the channels and the dispatcher. The database is the queue; memory only holds the news."""

    def __init__(self, database: Database, dispatcher: Dispatcher, clock: Clock) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._clock = clock
        self._news = asyncio.Event()
        self._arrivals: list[Arrival] = []
        self._storing: asyncio.Task[None] | None = None
        self._stopping = False

    def store_for(self, channel: str) -> Store:
        """Where a channel puts what it receives: kept once, committed before this returns."""

        async def store(external_id: str, payload: str) -> None:
            kept = asyncio.get_running_loop().create_future()
            self._arrivals.append(Arrival((channel, external_id, payload, self._clock.now()), kept))
            if self._storing is None or self._storing.done():
                self._storing = asyncio.create_task(self._store_arrivals(), name="store")
            await kept
            self._news.set()

        return store

    async def _store_arrivals(self) -> None:
        """What came while the last ones were committed goes into one transaction: the disk is waited for once."""
        while self._arrivals:
            some, self._arrivals = self._arrivals, []
            if len(some) == 1 or not await self._stored(some):
                for each in some:  # one that can't be stored keeps nobody else out
                    await self._stored([each], last=True)

    async def _stored(self, some: Sequence[Arrival], *, last: bool = False) -> bool:
        """Whether they are kept. Who waits for them hears of it; of a failure only when it is the `last` try."""
        try:
            async with self._database.write() as session:
                await inbox.store_all(session, [each.update for each in some])
        except Exception as wrong:
            if last:
                for each in some:
                    each.tell(wrong)
            return False
        for each in some:
            each.tell(None)
        return True

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
        async with self._database.glance() as session:
            rows = await inbox.waiting(session)
        failed = 0
        for some in chunks(rows, TOGETHER):
            if self._stopping:
                break
            try:
                failed += await self._dispatcher.handle_all(some)
            except Exception as wrong:
                # The dispatcher keeps its own faults; what reaches us is a database that fails. The rows wait.
                log.error("updates not handled", inbox_ids=[row.id for row in some], exc_info=wrong)
                failed += 1
        if failed:
            await asyncio.sleep(RETRY_SECONDS)
        return len(rows)

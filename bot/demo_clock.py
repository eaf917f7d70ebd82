"""The demo's clock, and the hub that tells open pages what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.clock import monotonic

News = tuple[str, Mapping[str, Any]]


class DemoClock:
    """Moves on with real time, unless paused; can be moved forward, never back."""

    def __init__(self, start: datetime) -> None:
        self._moment = start.astimezone(UTC)
        self._zero = monotonic()
        self.running = True

    def now(self) -> datetime:
        if not self.running:
            return self._moment
        return self._moment + timedelta(seconds=monotonic() - self._zero)

    def jump(self, to: datetime) -> None:
        self._moment, self._zero = max(self.now(), to.astimezone(UTC)), monotonic()

    def run(self, running: bool) -> None:
        self.jump(self.now())
        self.running = running


class Hub:
    """Tells every open page what changed."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[News]] = set()

    def open(self) -> asyncio.Queue[News]:
        page: asyncio.Queue[News] = asyncio.Queue(maxsize=2000)
        self._pages.add(page)
        return page

    def close(self, page: asyncio.Queue[News]) -> None:
        self._pages.discard(page)

    def tell(self, what: str, fields: Mapping[str, Any]) -> None:
        for page in list(self._pages):
            if page.full():  # a page that nobody reads: it will load everything anew
                self._pages.discard(page)
            else:
                page.put_nowait((what, fields))

    def shut(self) -> None:
        """End every page's stream."""
        for page in list(self._pages):
            while page.full():
                page.get_nowait()
            page.put_nowait(("bye", {}))

"""Days that pass in seconds: the timetable ticks and the lane works on a clock that only moves when told."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

import scheduler
from bot.channels.channel import Sendable
from bot.lanes import Lane
from domain.clock import ManualClock
from domain.errors import DeliveryError
from domain.messages import Address, Kind, OutgoingMessage, Receipt
from domain.office import Office
from models.base import Database
from models.outbox import Context, Outbox
from models.posting import post
from tests.channel_double import Scripted

TICK = timedelta(minutes=30)


@dataclass(frozen=True)
class Request:
    """One request as the platform saw it, by the office's clock."""

    at: datetime
    chat: str
    text: str
    accepted: bool


@dataclass
class Platform(Scripted):
    """A platform that notes every request. `down`: how it fails at present."""

    name: str = "telegram"
    clock: ManualClock = field(kw_only=True)
    log: list[Request] = field(default_factory=list)
    down: DeliveryError | None = None

    async def send(self, message: Sendable) -> Receipt:
        self.log.append(Request(self.clock.now(), message.chat, message.text, self.down is None))
        if self.down is not None:
            raise self.down
        return Receipt(f"m{len(self.log)}")

    def copies(self) -> Counter[tuple[str, str]]:
        """How often each text arrived in each chat."""
        return Counter((request.chat, request.text) for request in self.log if request.accepted)


@dataclass
class Days:
    """The bot at work. `seconds`: the machine's own count, which no change of the clock touches."""

    database: Database
    office: Office
    platform: Platform
    clock: ManualClock
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.ticked_at: datetime | None = None
        self.restart()

    def hold_time(self, monkeypatch: pytest.MonkeyPatch) -> Days:
        """From now on the program's waits are measured by `seconds`."""
        monkeypatch.setattr("domain.clock._time", SimpleNamespace(monotonic=lambda: self.seconds))
        return self

    def restart(self) -> None:
        """A new process, which knows only what the database knows."""
        self.lane = Lane(self.database, self.platform, self.office, self.clock)
        self.started = False

    def at(self, hour: int, minute: int = 0, *, day: int = 0) -> datetime:
        """A wall-clock time of today, or of a later day."""
        local = self.clock.now().astimezone(self.office.zone) + timedelta(days=day)
        return local.replace(hour=hour, minute=minute, second=0, microsecond=0)

    def pass_by(self, time: timedelta) -> None:
        self.clock.advance(time)
        self.seconds += time.total_seconds()

    async def say(self, key: str, chat: str, kind: Kind = Kind.REPLY, *, not_before: datetime | None = None) -> None:
        """Put a message into the outbox; its text is its key."""
        to, message = Address(self.platform.name, chat), OutgoingMessage("test", key, kind=kind)
        now = self.clock.now()
        async with self.database.write() as session:
            await post(session, to, message, key=key, now=now, context=Context(), not_before=not_before)

    async def until(self, end: datetime, step: timedelta = timedelta(seconds=10)) -> None:
        while self.clock.now() < end:
            await self.work()
            self.pass_by(step)

    async def work(self) -> None:
        """One moment: what the timetable has for it, and everything that may go out."""
        if not self.started:
            await self.lane.start()
            self.started = True
        now = self.clock.now()
        if self.ticked_at is None or now - self.ticked_at >= TICK or now < self.ticked_at:
            ran = await scheduler.tick(self.database, self.office, now)
            assert [each for each in ran if each.error] == []
            self.ticked_at = now
        while await self.lane._step() or self.lane._in_flight:
            await self.settled()

    async def settled(self) -> None:
        """Until every request under way has been answered."""
        while self.lane._in_flight:
            await asyncio.wait(set(self.lane._in_flight))


def by_text(rows: list[Outbox]) -> dict[tuple[str, str], Outbox]:
    return {(row.chat, row.text): row for row in rows}

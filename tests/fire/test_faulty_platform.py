"""A platform that fails in every way at once, over real HTTP and in hurried time: all ends, nothing goes out twice."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.channels.channel import Sendable
from bot.channels.telegram import TelegramChannel
from bot.lanes import Lane
from bot.settings import Telegram
from domain.clock import ManualClock, StartedClock, monotonic
from domain.messages import Receipt
from models.outbox import TERMINAL, Outbox
from tests.fire.hurry import hurried
from tests.fire.scene import SEED, Town, dice, fresh, judge, size
from tests.telegram_server.server import TelegramServer
from tests.telegram_server.world import Call

Measured = Callable[[str, object], None]
FAULTS: dict[str, dict[str, int]] = {
    "too_many_requests": {"retry_after_seconds": 3},
    "server_error": {"status": 500},
    "server_error_after": {"status": 502},
    "reset_before": {},
    "reset_after": {},
    "hang_before": {},
    "hang_after": {},
    "garbage": {},
    "empty": {},
}
SHARE = 0.3
PATIENCE_SECONDS = size(600, 7200)  # hurried ones


class Astray(TelegramChannel):
    """Telegram's channel, some of whose requests go where nobody answers the door."""

    lost = 0.0

    def __init__(self, settings: Telegram, clock: StartedClock, astray: TelegramChannel) -> None:
        super().__init__(settings, clock)
        self.astray = astray
        self.went_astray = 0
        self._dice = dice("astray")

    async def send(self, message: Sendable) -> Receipt:
        if self._dice.random() < self.lost:
            self.went_astray += 1
            return await self.astray.send(message)
        return await super().send(message)


@dataclass
class Scene:
    """A town, and the lane that serves it."""

    town: Town
    channel: Astray
    lane: Lane

    async def play(self) -> None:
        """Run the lane until nothing waits any more."""
        running = asyncio.create_task(self.lane.run())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self._waiting():  # noqa: ASYNC110 (the outbox tells nobody that it is empty)
                await asyncio.sleep(2)
        await self.lane.stop()
        await running

    async def _waiting(self) -> int:
        async with self.town.database.read() as session:
            query = select(func.count()).select_from(Outbox).where(Outbox.state.not_in(TERMINAL))
            return await session.scalar(query) or 0


@asynccontextmanager
async def scene(
    template: Path, folder: Path, start: datetime, reminders: int, replies: int, *, lost: float = 0.0
) -> AsyncIterator[Scene]:
    """`lost`: the share of requests whose connection is never made."""
    async with TelegramServer(seed=SEED) as server:
        server.limits.clock = monotonic
        town = Town(fresh(template, folder), server, start)
        await town.settle_in(reminders, replies)
        await town.answer(range(reminders + 1, reminders + replies + 1))
        clock = StartedClock(start, monotonic())
        settings = Telegram(enabled=True, token=server.token, base_url=server.base_url)
        with black_hole() as nowhere:
            channel = Astray(settings, clock, TelegramChannel(settings.model_copy(update={"base_url": nowhere}), clock))
            channel.lost = lost
            yield Scene(town, channel, Lane(town.database, channel, town.office, clock))
            await channel.stop()
            await channel.astray.stop()
        await town.database.close()


@contextmanager
def black_hole() -> Iterator[str]:
    """The address of a listener whose queue is full: the kernel leaves the next ones unanswered."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        yield f"http://127.0.0.1:{full.getsockname()[1]}/bot"
        for each in waiting:
            each.close()


def test_a_third_of_all_requests_fails(
    sqlite_template: Path,
    tmp_path: Path,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Measured,
) -> None:
    """6: 30 % mixed faults (429, 500, 502, reset, time-out, garbage, empty 200; carried out or not): all ends."""
    reminders, replies = size((90, 60), (6000, 4000))

    async def work() -> None:
        async with scene(sqlite_template, tmp_path, clock.now(), reminders, replies) as it:
            for number, (kind, options) in enumerate(FAULTS.items()):
                share = SHARE / len(FAULTS)
                it.town.server.faults.add(
                    kind, method="sendMessage", probability=share / (1 - number * share), **options
                )
            await it.play()
            calls = [call for call in it.town.server.calls if call.method == "sendMessage"]
            struck = sum(1 for call in calls if call.fault)
            assert struck > len(calls) * SHARE / 2
            found = await judge(it.town, most_unknown=struck, most_extra=struck)
            assert found.states["dead"] == found.states["cancelled"] == 0, f"seed {SEED}: {found}"
            early = most_early(calls)
            assert early < it.channel.limits.concurrency, f"seed {SEED}: {early} requests within a RetryAfter"
            record_property("measured", f"{len(calls)} requests, {struck} struck: {found}; {early} under way at a 429")

    with hurried(monkeypatch) as runner:
        runner.run(work())


def most_early(calls: list[Call]) -> int:
    """The most requests in a row that met a platform which had told us to wait: those under way when it did."""
    most = run = 0
    for call in calls:
        run = run + 1 if call.status == 429 and call.fault is None else 0
        most = max(most, run)
    return most


def test_timeouts_after_the_platform_accepted(
    sqlite_template: Path,
    tmp_path: Path,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Measured,
) -> None:
    """7: 10 % of the answers never come though the message arrived: no reminder twice."""
    reminders, replies = size((60, 30), (2000, 1000))

    async def work() -> None:
        async with scene(sqlite_template, tmp_path, clock.now(), reminders, replies) as it:
            it.town.server.faults.add("hang_after", method="sendMessage", probability=0.1)
            await it.play()
            hung = sum(1 for call in it.town.server.calls if call.fault)
            found = await judge(it.town, most_unknown=hung, most_extra=hung)
            arrived = {call.chat for call in it.town.server.accepted("sendMessage")}
            assert len(arrived) == reminders + replies, f"seed {SEED}"
            assert found.states["unknown"] + found.extra.total() > 0
            record_property("measured", f"{hung} time-outs: {found}; all {len(arrived)} arrived")

    with hurried(monkeypatch) as runner:
        runner.run(work())


def test_timeouts_before_the_connection_was_made(
    sqlite_template: Path,
    tmp_path: Path,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Measured,
) -> None:
    """8: 10 % of the connections are never made: all delivered, each once."""
    reminders, replies = size((60, 30), (2000, 1000))

    async def work() -> None:
        async with scene(sqlite_template, tmp_path, clock.now(), reminders, replies, lost=0.1) as it:
            await it.play()
            found = await judge(it.town, most_unknown=0, most_extra=0)
            assert found.states == {"sent": reminders + replies}, f"seed {SEED}: {found}"
            assert it.channel.went_astray > 0
            record_property("measured", f"{it.channel.went_astray} connections never made: {found}")

    with hurried(monkeypatch) as runner:
        runner.run(work())

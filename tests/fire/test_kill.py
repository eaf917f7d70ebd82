"""Kill -9 while sending: no reminder twice, nothing lost in silence, whatever the moment. The platform's log is the judge."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from domain.clock import ManualClock
from domain.messages import Address, Kind, OutgoingMessage
from jobs import plan
from models.base import Database
from models.outbox import Context, Outbox, State
from models.posting import Draft, post_all
from tests.cast import World, office
from tests.fire.worker import POINTS
from tests.telegram_server.server import TelegramServer

WORKER = Path(__file__).with_name("worker.py")
FULL = bool(os.environ.get("NUANLING_FULL"))
SEED = int(os.environ.get("NUANLING_SEED", "0")) or random.randrange(1, 10**6)
REMINDERS, REPLIES, KILLS = (2000, 500, 200) if FULL else (40, 20, 5)


@pytest.fixture
async def world(sqlite_template: Path, tmp_path: Path, clock: ManualClock) -> AsyncIterator[World]:
    shutil.copy(sqlite_template, tmp_path / "fire.db")
    database = Database(f"sqlite:///{tmp_path}/fire.db")
    yield World(database, office(), clock.now())
    await database.close()


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


async def fill(world: World, server: TelegramServer, reminders: int, replies: int) -> None:
    """Households with one reminder each, and people who wait for an answer; all of them chats of the platform."""
    people = [server.user(f"住户{n}") for n in range(reminders + replies)]
    for person in people:
        person.start()
    for person in people[:reminders]:
        account = await world.account(str(person.id), code=f"c{person.id}")
        await world.bound(account, "telegram", str(person.id))
        await world.bill(account, world.today - timedelta(days=3))
    await plan.run(world.database, world.office, world.now)
    async with world.database.write() as session:
        drafts = [
            Draft(Address("telegram", str(person.id)), OutgoingMessage("test", "您好"), f"reply/{person.id}", Context())
            for person in people[reminders:]
        ]
        await post_all(session, drafts, world.now)


class Run:
    """Workers one after the other, each at a later minute."""

    def __init__(self, world: World, server: TelegramServer) -> None:
        self.world = world
        self.server = server
        self.number = 0

    async def start(self, point: str = "", nth: int = 1) -> asyncio.subprocess.Process:
        now = self.world.now + timedelta(minutes=self.number % 500)
        self.number += 1
        arguments = [self.world.database.url, self.server.base_url, self.server.token, now.isoformat(), point, str(nth)]
        return await asyncio.create_subprocess_exec(
            sys.executable, str(WORKER), *arguments, stdout=asyncio.subprocess.PIPE
        )

    async def to_the_end(self) -> None:
        async with asyncio.timeout(120):
            worker = await self.start()
            assert await worker.wait() == 0

    async def dies_at(self, point: str, nth: int) -> None:
        """The point must really be reached."""
        async with asyncio.timeout(120):
            worker = await self.start(point, nth)
            said, _ = await worker.communicate()
        assert worker.returncode == -signal.SIGKILL, point
        assert f"killed {point}" in said.decode()

    async def killed_after(self, seconds: float) -> None:
        async with asyncio.timeout(120):
            worker = await self.start()
            assert worker.stdout is not None
            assert await worker.stdout.readline() == b"ready\n"
            try:
                await asyncio.wait_for(worker.wait(), seconds)
            except TimeoutError:
                worker.kill()
                await worker.wait()


async def judge(world: World, server: TelegramServer, most_unknown: int) -> Counter[str]:
    """Each row against what the platform carried out."""
    copies = Counter(str(call.chat) for call in server.accepted("sendMessage"))
    states: Counter[str] = Counter()
    async with world.database.read() as session:
        rows = list(await session.scalars(select(Outbox)))
        assert await session.scalar(select(func.count(func.distinct(Outbox.key)))) == len(rows)
    for row in rows:
        states[row.state] += 1
        number = copies[row.chat]
        assert number <= (1 if row.kind == Kind.REMINDER else 2), f"seed {SEED}: {row.key} went out {number} times"
        assert row.state in (State.SENT, State.UNKNOWN), f"seed {SEED}: {row.key} is {row.state} ({row.reason})"
        if row.state == State.SENT:
            assert number, f"seed {SEED}: {row.key} is called sent and never arrived"
    assert states[State.UNKNOWN] <= most_unknown, f"seed {SEED}"
    return states


@pytest.mark.parametrize("point", POINTS)
async def test_dying_at_each_point(world: World, server: TelegramServer, point: str) -> None:
    await fill(world, server, 12, 6)
    if point == "after_write":
        server.faults.add("slow", method="sendMessage", delay_ms=400)
    run, dice = Run(world, server), random.Random(f"{SEED}/{point}")
    for _ in range(25 if FULL else 1):
        await run.dies_at(point, dice.randint(1, 5) if point in ("before_write", "after_reply") else 1)
        if FULL:
            await fill(world, server, 6, 3)
    server.faults.clear()
    await run.to_the_end()
    states = await judge(world, server, most_unknown=10_000 if FULL else 12)
    if point in ("before_claim_commit", "after_settle") and not FULL:
        assert states[State.SENT] >= 6  # nothing of those was in doubt when it died
    if point == "before_claim_commit":
        assert states[State.UNKNOWN] == 0


async def test_killed_again_and_again(world: World, server: TelegramServer) -> None:
    await fill(world, server, REMINDERS, REPLIES)
    run, dice = Run(world, server), random.Random(SEED)
    for _ in range(KILLS):
        await run.killed_after(dice.uniform(0.0, 1.2))
    await run.to_the_end()
    states = await judge(world, server, most_unknown=KILLS * 16)
    assert states.total() == REMINDERS + REPLIES
    print(f"seed {SEED}: {dict(states)}")  # noqa: T201

"""A sender that may die: one lane over a SQLite file and a Telegram server, killed by itself at a named point, or from outside.

python tests/fire/worker.py DATABASE BASE_URL TOKEN NOW [POINT NTH]
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.channel import Sendable
from bot.channels.telegram import TelegramChannel
from bot.database import Ownership
from bot.lanes import Lane
from bot.settings import Telegram
from domain.clock import StartedClock
from domain.messages import Receipt
from models import outbox
from models.base import Database
from tests.cast import office

POINTS = (
    "before_claim_commit",
    "after_claim_commit",
    "before_write",
    "after_write",
    "after_reply",
    "before_settle",
    "before_settle_commit",
    "after_settle",
)


class Fuse:
    """Kills the process, without any clean-up, at the n-th passing of one point."""

    def __init__(self, point: str, nth: int) -> None:
        self.point = point
        self.left = nth

    def passes(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                sys.stdout.write(f"killed {point}\n")
                sys.stdout.flush()
                os.kill(os.getpid(), signal.SIGKILL)


class Channel(TelegramChannel):
    """Telegram's channel with three points to die at."""

    fuse: Fuse

    async def send(self, message: Sendable) -> Receipt:
        self.fuse.passes("before_write")
        sending = asyncio.create_task(super().send(message))
        if self.fuse.point == "after_write":
            await asyncio.wait({sending}, timeout=0.15)  # the test lets the server answer later than that
            self.fuse.passes("after_write")
        receipt = await sending
        self.fuse.passes("after_reply")
        return receipt


class FusedLane(Lane):
    """A lane with the other points."""

    fuse: Fuse

    async def _claim(self) -> int:
        claimed = await super()._claim()
        if claimed:
            self.fuse.passes("after_claim_commit")
        return claimed

    async def _settle(self) -> int:
        if self._done:
            self.fuse.passes("before_settle")
        settled = await super()._settle()
        if settled:
            self.fuse.passes("after_settle")
        return settled


def arm(fuse: Fuse) -> None:
    """The points inside a transaction: its last statement was carried out, its commit was not."""
    claim, settle, settle_sent = outbox.claim, outbox.settle, outbox.settle_sent

    async def claim_and_die(session: AsyncSession, *args: object) -> None:
        await claim(session, *args)  # type: ignore[arg-type]
        fuse.passes("before_claim_commit")

    async def settle_and_die(session: AsyncSession, *args: object, **values: object) -> bool:
        settled = await settle(session, *args, **values)  # type: ignore[arg-type]
        fuse.passes("before_settle_commit")
        return settled

    async def settle_sent_and_die(session: AsyncSession, *args: object) -> None:
        await settle_sent(session, *args)  # type: ignore[arg-type]
        fuse.passes("before_settle_commit")

    vars(outbox).update(claim=claim_and_die, settle=settle_and_die, settle_sent=settle_sent_and_die)


async def main(url: str, base_url: str, token: str, now: str, point: str = "", nth: str = "1") -> None:
    fuse = Fuse(point, int(nth))
    arm(fuse)
    clock = StartedClock(datetime.fromisoformat(now))
    database = Database(url)
    channel = Channel(Telegram(enabled=True, token=token, base_url=base_url), clock)
    channel.fuse = fuse
    lane = FusedLane(database, channel, office(), clock)
    lane.fuse = fuse
    with Ownership(url):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await lane.drain()
        await channel.stop()
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

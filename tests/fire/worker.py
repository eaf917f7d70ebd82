"""Senders that may die: each drains one lane over a SQLite file, records payments beside it, and can be killed at any moment.

Started as a program it is a nursery: it has imported everything, and forks one sender for each order on its stdin.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.channel import Sendable
from bot.channels.telegram import TelegramChannel
from bot.database import Ownership
from bot.lanes import Lane
from bot.settings import Telegram
from domain.clock import StartedClock
from domain.messages import Receipt
from domain.office import Office
from jobs import thanks
from models import outbox
from models.accounts import Account
from models.base import Database
from models.bills import Payment, record_payment
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
    "mid_ledger",
)
PAID_FEN = 28640
THANKS_EVERY = 5  # payments


@dataclass(frozen=True)
class Order:
    """What one sender shall do. It dies at the `nth` passing of `point`. Households from `payer_from` on pay."""

    url: str
    base_url: str
    token: str
    now: str
    per_second: float
    point: str = ""
    nth: int = 1
    payer_from: int | None = None
    payments_max: int | None = None


class Fuse:
    """Kills the process, without any clean-up, at the n-th passing of one point."""

    def __init__(self, point: str, nth: int) -> None:
        self.point = point
        self.left = nth

    def passes(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                say(f"killed {point}")
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


async def collect(order: Order, database: Database, words: Office, clock: StartedClock, fuse: Fuse) -> None:
    """Each household from `payer_from` on pays under one reference, and is thanked. Begun anew, it goes on."""
    if order.payer_from is None:
        return
    paid = select(Payment.account_id)
    async with database.read() as session:
        due = list(
            await session.scalars(
                select(Account.id)
                .where(Account.id >= order.payer_from, Account.id.not_in(paid))
                .order_by(Account.id)
                .limit(order.payments_max)
            )
        )
    for number, account in enumerate(due, start=1):
        now = clock.now()
        today = words.today(now)
        async with database.write() as session:
            await record_payment(session, account, PAID_FEN, today, "bank", f"r{account}", now, on=today)
            fuse.passes("mid_ledger")
        if number % THANKS_EVERY == 0:
            await thanks.run(database, words, now)
        await asyncio.sleep(0.02)
    await thanks.run(database, words, clock.now())


async def main(order: Order) -> None:
    fuse = Fuse(order.point, order.nth)
    arm(fuse)
    clock, words = StartedClock(datetime.fromisoformat(order.now)), office()
    database = Database(order.url)
    channel = Channel(Telegram(enabled=True, token=order.token, base_url=order.base_url), clock)
    channel.fuse, channel.limits = fuse, replace(channel.limits, global_per_second=order.per_second)
    lane = FusedLane(database, channel, words, clock)
    lane.fuse = fuse
    with Ownership(order.url):
        say("ready")
        cashier = asyncio.create_task(collect(order, database, words, clock, fuse))
        await lane.drain()
        await cashier
        await lane.drain()  # those who were thanked at last
        await channel.stop()
        await database.close()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def nursery() -> None:
    """One sender after the other: a file has one owner."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                asyncio.run(main(Order(**json.loads(line))))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        say(f"started {child}")
        say(f"ended {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")


if __name__ == "__main__":
    nursery()

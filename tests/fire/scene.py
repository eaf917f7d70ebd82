"""What all fire tests share: their size and seed, the town that burns, and the judge who stands outside."""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import func, select, update

from domain.messages import AT_MOST_ONCE, Address, Kind, OutgoingMessage
from domain.office import Office
from jobs import plan
from models.base import Database, chunks
from models.bills import Bill, LedgerEntry, Payment
from models.invariants import findings
from models.outbox import TERMINAL, Context, Outbox, State, unknown_rows
from models.people import Contact
from models.posting import Draft, post_all
from models.reminders import ContactCount, Reminder
from tests.bench.world import fill
from tests.cast import office
from tests.telegram_server.server import TelegramServer

FULL = bool(os.environ.get("NUANLING_FULL"))
SEED = int(os.environ.get("NUANLING_SEED") or random.randrange(1, 10**6))
REMINDED_AFTER = timedelta(days=3)  # the gentle stage
NOT_YET = timedelta(days=100)
Value = TypeVar("Value")


def size(small: Value, full: Value) -> Value:
    """The ordinary size, or the full one of `make fire`."""
    return full if FULL else small


def dice(name: str) -> random.Random:
    """The chance of one test: the same seed plays it again."""
    return random.Random(f"{SEED}/{name}")


@dataclass
class Town:
    """An estate on Telegram. Its first `reminded` households are due for a reminder, the others pay in time."""

    database: Database
    server: TelegramServer
    now: datetime
    office: Office = field(default_factory=office)
    reminded: int = 0

    async def settle_in(self, reminded: int, others: int = 0) -> None:
        """Build the households, each with a chat of its own that once pressed Start, and plan the day."""
        people = [self.server.user(f"住户{n}") for n in range(reminded + others)]
        for person in people:
            person.start()
        today = self.office.today(self.now)
        await fill(self.database, len(people), today - REMINDED_AFTER, first_chat=people[0].id - 1)
        async with self.database.write() as session:
            later = update(Bill).where(Bill.account_id > reminded).values(due_on=today + NOT_YET)
            await session.execute(later)
        self.reminded = reminded
        if reminded:
            await plan.run(self.database, self.office, self.now)
        async with self.database.read() as session:
            assert await session.scalar(select(func.count()).select_from(Reminder)) == reminded

    async def answer(self, accounts: Sequence[int], key: str = "reply") -> None:
        """Put one answer for each of these households into the outbox."""
        async with self.database.read() as session:
            chats = {row.id: row.chat for row in await session.execute(select(Contact.id, Contact.chat))}
        for some in chunks(accounts, 500):
            drafts = [
                Draft(Address("telegram", chats[n]), OutgoingMessage("test", f"您好 {n}"), f"{key}/{n}", Context())
                for n in some
            ]
            async with self.database.write() as session:
                await post_all(session, drafts, self.now)

    async def rows(self) -> list[Outbox]:
        async with self.database.read() as session:
            return list(await session.scalars(select(Outbox).order_by(Outbox.id)))


def fresh(template: Path, folder: Path, name: str = "fire") -> Database:
    """A migrated SQLite database of this test's own."""
    shutil.copy(template, folder / f"{name}.db")
    return Database(f"sqlite:///{folder}/{name}.db")


@dataclass
class Judgement:
    """How often each state came, and how many copies too many went out."""

    states: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        extra = f", second copies {dict(self.extra)}" if self.extra.total() else ", no second copy"
        return ", ".join(f"{number} {state}" for state, number in sorted(self.states.items())) + extra


async def judge(town: Town, *, most_unknown: int, most_extra: int) -> Judgement:
    """Each row of the outbox against what the platform carried out, and the books of the office.

    `most_extra`: second copies of answers and receipts; of a reminder and its like there is never one.
    """
    found = Judgement()
    accepted = Counter((str(call.chat), call.text) for call in town.server.accepted("sendMessage"))
    rows = await town.rows()
    said = {(row.chat, row.text) for row in rows}
    assert len(said) == len(rows), "the judge tells messages apart by chat and text"
    assert set(accepted) <= said, f"seed {SEED}: the platform got what no row tells of"
    for row in rows:
        copies = accepted[row.chat, row.text]
        story = f"seed {SEED}: {row.key} is {row.state} ({row.reason}) and went out {copies} times"
        found.states[row.state] += 1
        assert row.state in TERMINAL, story
        assert copies <= (1 if row.kind in AT_MOST_ONCE else 2), story
        if row.state == State.SENT:
            assert copies >= 1, story
        if row.state in (State.CANCELLED, State.DEAD):
            assert copies == 0, story
        if copies > 1:
            found.extra[row.kind] += copies - 1
    assert found.states[State.UNKNOWN] <= most_unknown, f"seed {SEED}: {found}"
    assert found.extra.total() <= most_extra, f"seed {SEED}: {found}"
    async with town.database.read() as session:
        listed = {row.id for row in await unknown_rows(session, None, limit=len(rows) + 1)}
        contacted = await session.scalar(select(func.sum(ContactCount.number)).where(ContactCount.scope == "account"))
    assert listed == {row.id for row in rows if row.state == State.UNKNOWN}, f"seed {SEED}: staff don't see them all"
    counted = [row for row in rows if row.kind == Kind.REMINDER and row.state in (State.SENT, State.UNKNOWN)]
    assert (contacted or 0) == len(counted), f"seed {SEED}: the caps count something else than what went out"
    assert await findings(town.database) == [], f"seed {SEED}"
    return found


async def ledger_of_payments(database: Database) -> Counter[str]:
    """How many ledger entries each payment's reference has; each should have one of its own and one for its bill."""
    async with database.read() as session:
        rows = await session.execute(
            select(Payment.reference, LedgerEntry.kind)
            .join(LedgerEntry, LedgerEntry.account_id == Payment.account_id)
            .where(LedgerEntry.kind != "charge")
        )
        return Counter(f"{reference} {kind}" for reference, kind in rows)

"""Give what was earned: points and discounts from the ledger's new entries, late fees where the office has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.ledger import EntryKind
from domain.office import Office
from models.base import Database, chunks
from models.bills import LedgerEntry, bill_lines
from models.late_fees import DAYS_TO_PAY, charge_late_fees
from models.rewards import (
    Due,
    PointsEntry,
    due_points,
    earn,
    give_discounts,
    mark_of,
    receipts,
    set_mark,
    take_back,
    take_discounts_back,
)

MARK = "rewards"
# Entries that another process wrote earlier and committed later are looked at, too. SQLite has one writer at a time, so
# that its entries appear in the order of their numbers.
OVERLAP = 2000
ACCOUNTS_AT_ONCE = 300
WRITTEN_AT_ONCE = 20
# What can change what a household has earned. A new charge alone can't.
MOVING = tuple(kind.value for kind in (EntryKind.ALLOCATION, EntryKind.RELEASE, EntryKind.VOID, EntryKind.REVERSAL))


async def run(database: Database, office: Office, now: datetime) -> dict[str, int]:
    """Look at the households whose money moved since the last time; what was given, by sort."""
    rules, done = office.rewards, defaultdict[str, int](int)
    async with database.read() as session:
        last = await mark_of(session, MARK)
        top = int(await session.scalar(select(func.max(LedgerEntry.id))) or 0)
        accounts = await _moved(session, last if database.is_sqlite else last - OVERLAP) if top > last else []
    for some in chunks(accounts, ACCOUNTS_AT_ONCE):
        if rules.discounts:
            await _discounts(database, office, some, now, done)
        if rules.points.on:
            await _points(database, office, some, now, done)
        if rules.late_fees:
            await _late_fees(database, office, some, now, done)
    if top > last:
        async with database.write() as session:
            await set_mark(session, MARK, top)
    return {name: number for name, number in done.items() if number}


async def _moved(session: AsyncSession, last: int) -> list[int]:
    """Sorted here: asked to sort, SQLite would read the whole ledger along its index of accounts."""
    query = select(LedgerEntry.account_id).where(LedgerEntry.id > last, LedgerEntry.kind.in_(MOVING))
    return sorted(set(await session.scalars(query)))


async def _discounts(
    database: Database, office: Office, accounts: Sequence[int], now: datetime, done: dict[str, int]
) -> None:
    today = office.today(now)
    for some in chunks(accounts, WRITTEN_AT_ONCE):
        async with database.write() as session:
            for account_id in some:
                done["discounts back"] += await take_discounts_back(session, account_id, "payment", today, now)
                done["discounts"] += await give_discounts(session, office.rewards, account_id, today, now)


async def _points(
    database: Database, office: Office, accounts: Sequence[int], now: datetime, done: dict[str, int]
) -> None:
    today = office.today(now)
    async with database.read() as session:
        due = await _due(session, office, accounts, now)
    earned = [{**row, "account_id": account_id} for account_id, each in due.items() for row in each.earned]
    undone = [entry.id for each in due.values() for entry in each.undone]
    for rows in chunks(earned, ACCOUNTS_AT_ONCE):
        async with database.write() as session:
            done["points"] += await earn(session, rows, today, now)
    for some in chunks(undone, WRITTEN_AT_ONCE):
        async with database.write() as session:
            for entry_id in some:
                await take_back(session, entry_id, "payment", today, now)
                done["points back"] += 1


async def _due(session: AsyncSession, office: Office, accounts: Sequence[int], now: datetime) -> dict[int, Due]:
    lines, entries = defaultdict(list), defaultdict(list)
    for line in await bill_lines(session, accounts):
        lines[line.bill.account_id].append(line)
    query = select(PointsEntry).where(PointsEntry.account_id.in_(accounts)).order_by(PointsEntry.id)
    for entry in await session.scalars(query):
        entries[entry.account_id].append(entry)
    events = await receipts(session, accounts)
    today = office.today(now)
    return {
        account_id: due_points(office.rewards.points, lines[account_id], events, entries[account_id], today)
        for account_id in accounts
        if lines[account_id] or entries[account_id]
    }


async def _late_fees(
    database: Database, office: Office, accounts: Sequence[int], now: datetime, done: dict[str, int]
) -> None:
    today = office.today(now)
    for some in chunks(accounts, WRITTEN_AT_ONCE):
        async with database.write() as session:
            for account_id in some:
                due_on = today + timedelta(days=DAYS_TO_PAY)
                done["late fees"] += await charge_late_fees(session, office.rewards, account_id, today, now, due_on)

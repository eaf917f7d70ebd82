"""The counters behind the caps: atomic, by local day, over windows of one, seven and thirty days."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from models.base import Database
from models.reminders import contact_sums, count_contacts, larger

TODAY = date(2026, 11, 23)


async def test_counts_of_many_at_once_are_exact(database: Database) -> None:
    async def count(by: int) -> None:
        async with database.write() as session:
            await count_contacts(session, [("account", 1), ("account", 2), ("person", 1)], TODAY, by)

    await asyncio.gather(*(count(1) for _ in range(20)), *(count(-1) for _ in range(5)))
    async with database.read() as session:
        assert await contact_sums(session, "account", [1, 2, 3], TODAY) == {1: (15, 15, 15), 2: (15, 15, 15)}
        assert await contact_sums(session, "person", [1], TODAY) == {1: (15, 15, 15)}


async def test_windows_include_today_and_end_sharply(database: Database) -> None:
    async with database.write() as session:
        for days in (0, 6, 7, 29, 30, -1):
            await count_contacts(session, [("account", 1)], TODAY - timedelta(days=days))
    async with database.read() as session:
        assert await contact_sums(session, "account", [1], TODAY) == {1: (1, 2, 4)}


def test_the_stricter_of_two_counts_is_taken() -> None:
    found = larger((1, 0, 5), (0, 3, 4), TODAY)
    assert (found.today, found.last_7_days, found.last_30_days, found.last_reminder_on) == (1, 3, 5, TODAY)

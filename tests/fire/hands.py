"""One of several processes that work on the same database at the same moment.

python tests/fire/hands.py tick DATABASE NOW      plan the day, whoever else does
python tests/fire/hands.py add DATABASE TIMES     four tasks that read, think and write one counter
"""

from __future__ import annotations

import asyncio
import sys
from datetime import date, datetime
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from sqlalchemy import select

import scheduler
from models.base import Database
from models.reminders import ContactCount
from tests.cast import office

DAY = date(2026, 11, 23)
TASKS = 4


async def tick(database: Database, now: str) -> None:
    ran = await scheduler.tick(database, office(), datetime.fromisoformat(now), only="plan", on_demand=True)
    assert [each.error for each in ran] == [""]


async def add(database: Database, times: str) -> None:
    async def one() -> None:
        for _ in range(int(times)):
            async with database.write() as session:
                row = (await session.scalars(select(ContactCount).with_for_update())).one()
                await asyncio.sleep(0)
                row.number += 1

    await asyncio.gather(*(one() for _ in range(TASKS)))


async def main(work: str, url: str, argument: str) -> None:
    database = Database(url)
    async with database.read() as session:
        await session.execute(select(ContactCount.id).limit(1))  # warm: all begin at the same moment
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    await {"tick": tick, "add": add}[work](database, argument)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

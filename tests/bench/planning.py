"""How long planning a day takes for a large office, how much memory, and how it grows."""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

from bot.content import load_office
from bot.database import upgrade
from bot.settings import Settings
from domain.clock import monotonic
from jobs import plan
from models.base import Database
from tests.bench.world import fill

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
DUE_ON = date(2026, 11, 30)


async def measure(households: int, directory: Path) -> tuple[float, float, float, int]:
    """(seconds to preview, seconds to plan and write, of a processor, reminders) where every household is due."""
    path = directory / f"plan-{households}.db"
    path.unlink(missing_ok=True)
    database = Database(f"sqlite:///{path}")
    await upgrade(database)
    await fill(database, households, DUE_ON)
    office = load_office(Settings(), ("telegram",))
    start = monotonic()
    await plan.preview(database, office, office.today(NOW), NOW)
    looked, worked = monotonic(), time.process_time()
    rows = await plan.run(database, office, NOW)
    done, worked = monotonic(), time.process_time() - worked
    await database.close()
    path.unlink()
    return looked - start, done - looked, worked, sum(1 for row in rows if row.decision == "remind")


def main() -> None:
    households, directory = int(sys.argv[1]), Path(sys.argv[2])
    looking, writing, processor, reminders = asyncio.run(measure(households, directory))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{households}\t{looking:.2f}\t{writing:.2f}\t{processor:.2f}\t{reminders}\t{peak_mb:.0f}")  # noqa: T201


if __name__ == "__main__":
    main()

"""Nightly: queries that should find nothing; staff hear when they do."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import keys
from domain.office import Office
from models.base import Database
from models.invariants import findings
from models.staff import open_task

CLOCK = timedelta(days=1)


async def run(database: Database, office: Office, now: datetime) -> list[str]:
    """The findings; each day with any becomes one staff task."""
    found = await findings(database)
    if found:
        async with database.write() as session:
            await open_task(
                session,
                key=keys.task("invariants", office.today(now).isoformat()),
                kind="fault",
                account=None,
                summary="\n".join(found[:10]),
                at=now,
                due_at=now + CLOCK,
            )
    return found

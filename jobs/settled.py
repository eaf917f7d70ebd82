"""Tasks about money that nobody owes any more: closed, so that no colleague rings or visits a household that has paid."""

from __future__ import annotations

from datetime import datetime

from domain.office import Office
from models.base import Database
from models.queue import close_needless, needless_tasks
from models.staff import audit

AT_ONCE = 500
ACTOR = "timetable"


async def run(database: Database, office: Office, now: datetime) -> int:
    """Close what a payment, a correction or a void made needless; returns how many tasks."""
    async with database.read() as session:
        found = await needless_tasks(session, now, AT_ONCE)
    if not found:
        return 0
    async with database.write() as session:
        closed = await close_needless(session, found, now)
        for task_id in closed:
            await audit(session, ACTOR, "task.settled", f"task/{task_id}", now)
    return len(closed)

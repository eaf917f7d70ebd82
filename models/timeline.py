"""One line of time for a household: what was written, calls, visits, notes, tasks that were closed, newest last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import log
from models.calls import calls_of
from models.notes import notes_of
from models.staff import Staff, StaffTask
from models.visits import visits_of


class What(StrEnum):
    WROTE = "wrote"  # the household
    TOLD = "told"  # the bot, or a colleague in its chat
    CALL = "call"
    VISIT = "visit"
    NOTE = "note"
    TASK = "task"


@dataclass(frozen=True)
class Event:
    """`code`: the outcome, the result, the kind of message or of task; `name`: the colleague, where one did it."""

    at: datetime
    what: What
    code: str
    text: str
    name: str = ""


async def of_household(session: AsyncSession, account_id: int, *, limit: int = 10, skip: int = 0) -> list[Event]:
    """The latest events, newest last; `skip` leaves out that many of the newest."""
    most = limit + skip
    found = [
        Event(line.at, What.TOLD if line.out else What.WROTE, line.kind, line.text)
        for line in await log.of_household(session, account_id, limit=most)
    ]
    found += await deeds(session, account_id, most)
    found += await _tasks(session, account_id, most)
    newest = sorted(found, key=lambda event: event.at, reverse=True)[skip:most]
    return newest[::-1]


async def deeds(session: AsyncSession, account_id: int, limit: int | None = None) -> list[Event]:
    """Calls, visits and notes with their colleagues, in no order: the latest `limit` of each, or all of them."""
    found = [
        Event(call.at, What.CALL, call.outcome, call.note, name)
        for call, name in await calls_of(session, account_id, limit)
    ]
    for visit, name in await visits_of(session, account_id, limit):
        at = visit.closed_at or visit.starts_at or visit.offered_at
        found.append(Event(at, What.VISIT, visit.result or visit.state, visit.note, name))
    for note, name in await notes_of(session, account_id, limit):
        found.append(Event(note.at, What.NOTE, "", note.text, name))
    return found


async def _tasks(session: AsyncSession, account_id: int, limit: int) -> list[Event]:
    query = (
        select(StaffTask, Staff.name)
        .outerjoin(Staff, Staff.id == StaffTask.assignee_id)
        .where(StaffTask.account_id == account_id, StaffTask.closed_at.is_not(None))
        .order_by(StaffTask.closed_at.desc())
        .limit(limit)
    )
    return [
        Event(task.closed_at, What.TASK, task.kind, task.note, name or "")
        for task, name in await session.execute(query)
        if task.closed_at is not None
    ]

"""The hours of one visit: which are free, how they are worded, and giving one away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain import visits as rules
from domain.clock import at_local
from domain.messages import Choice
from domain.wording import day_words
from handlers.turn import Turn
from models.staff import StaffTask
from models.visits import Visit, book, taken_hours

SHOWN = 4


async def free_hours(turn: Turn, visit: Visit) -> list[datetime]:
    """The hours at which the visitor can come; the one that is booked already is left out."""
    office = turn.office
    taken = await taken_hours(turn.session, visit.staff_id, turn.now - timedelta(days=1))
    return rules.free(rules.slots(office.visiting, office.desk, office.zone, turn.now), taken)


def moment_words(turn: Turn, moment: datetime) -> str:
    local = moment.astimezone(turn.office.zone)
    return f"{day_words(local.date(), turn.language)} {local:%H:%M}"


def buttons(turn: Turn, visit: Visit, moments: Sequence[datetime], action: str) -> list[list[Choice]]:
    """One button an hour, two a row."""
    found = [
        Choice(moment_words(turn, each), action, {"visit": str(visit.id), "at": each.isoformat()}, reusable=True)
        for each in moments
    ]
    return [found[n : n + 2] for n in range(0, len(found), 2)]


async def give(turn: Turn, visit: Visit, moment: datetime, agreed_by: str) -> bool:
    """Book it, if it still is free; its task waits for the visit."""
    if moment not in await free_hours(turn, visit) or not await book(turn.session, visit, moment, agreed_by):
        return False
    task = await turn.session.get(StaffTask, visit.task_id) if visit.task_id else None
    if task is not None:
        day = moment.astimezone(turn.office.zone).date()
        task.due_at = at_local(day, turn.office.calling.closes_at, turn.office.zone)
        task.escalated_at = None
    return True

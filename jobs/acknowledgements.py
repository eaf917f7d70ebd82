"""A reminder that asked for a tap and got silence: a colleague calls. Who paid, wrote or tapped is left in peace."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from domain import keys
from domain.clock import at_local
from domain.office import Office
from models.accounts import Account
from models.base import Database
from models.reminders import unanswered
from models.staff import open_task

AT_ONCE = 200


async def run(database: Database, office: Office, now: datetime) -> int:
    """Open the call tasks whose hours have run out; returns how many."""
    opened = 0
    async with database.write() as session:
        for waiting in await unanswered(session, now, AT_ONCE):
            reminder = waiting.reminder
            if waiting.answered:
                reminder.answered_at = now
                continue
            account = (await session.scalars(select(Account).where(Account.id == reminder.account_id))).one()
            policy = office.policy(account.kind)
            due_on = office.today(now) + timedelta(days=policy.holds.task_days)
            task = await open_task(
                session,
                key=keys.task("unanswered", str(reminder.id)),
                kind="call",
                account=account,
                summary=office.wording.text("task.unanswered", "zh", {"hours": str(reminder.answer_hours)}),
                at=now,
                due_at=at_local(due_on, policy.window_until, office.zone),
                source=f"reminder/{reminder.id}",
                blocks=True,
            )
            if task is not None:
                reminder.task_id = task.id
                opened += 1
    return opened

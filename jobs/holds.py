"""A hold that has run out becomes a staff task with a clock: nothing resumes in silence, nobody is silent for good."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, cast, literal, select

from domain import keys
from domain.clock import at_local
from domain.ladder import Reason
from domain.office import Office
from models.accounts import Account
from models.agreements import Hold, Plan
from models.base import Database
from models.bills import bill_lines
from models.staff import open_task


async def run(database: Database, office: Office, now: datetime) -> int:
    """Close the holds that ended before today and hand each household to staff; returns how many tasks."""
    today = office.today(now)
    opened = 0
    async with database.read() as session:
        ended = list(
            await session.scalars(
                select(Hold.id).where(
                    Hold.released_at.is_(None),
                    Hold.until_on < today,
                    # Promises and running plans have jobs of their own that look at the money first.
                    Hold.reason != Reason.PROMISED,
                    Hold.source.not_in(select(literal("plan/") + cast(Plan.id, String)).where(Plan.state == "active")),
                )
            )
        )
    for hold_id in ended:
        async with database.write() as session:
            hold = await session.get_one(Hold, hold_id)
            if hold.released_at is not None:
                continue
            hold.released_at = now
            account = await session.get_one(Account, hold.account_id)
            open_bills = {line.bill.id for line in await bill_lines(session, [account.id], only_open=True)}
            if hold.bill_id is not None and hold.bill_id not in open_bills:
                continue  # it was paid meanwhile: nothing is left to ask about
            policy = office.policy(account.kind)
            why = office.wording.text(f"why.{hold.reason}", office.language)
            task = await open_task(
                session,
                key=keys.task("hold", hold.source),
                kind="hold",
                account=account,
                summary=office.wording.text("hold.ended_task", office.language, {"reason": why}),
                at=now,
                due_at=at_local(today + timedelta(days=policy.holds.task_days), policy.window_until, office.zone),
                source=hold.source,
                blocks=True,
            )
            opened += task is not None
    return opened

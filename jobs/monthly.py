"""Once a month, to every manager: the last month as a report, with what to change and why."""

from __future__ import annotations

from datetime import datetime

from domain.billing import Period
from domain.clock import at_local
from domain.office import Office
from domain.plans import add_months
from domain.roles import Right, Role, may
from models.base import Database
from models.papers import PaperKind, ask_for, was_asked
from models.staff import staff_for

LAST_DAY = 7  # after a standstill: later it is no news any more


async def run(database: Database, office: Office, now: datetime) -> int:
    """Ask for the reports that are due, on the first working morning of a month; returns how many. Nobody gets two."""
    today = office.today(now)
    if today.day > LAST_DAY or not office.desk.works_on(today):
        return 0
    if now < at_local(today, office.desk.digest_at, office.zone):
        return 0
    subject = f"period/{Period(add_months(today.replace(day=1), -1), 'month')}"
    asked = 0
    async with database.write() as session:
        for member in await staff_for(session, None):
            if not may(Role(member.role), Right.APPROVE) or member.channel not in office.channels:
                continue
            if not await was_asked(
                session,
                PaperKind.REPORT,
                subject,
                member.id,
                at_local(today.replace(day=1), office.desk.opens_at, office.zone),
            ):
                await ask_for(session, PaperKind.REPORT, subject, member.id, office.language, now)
                asked += 1
    return asked

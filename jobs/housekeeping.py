"""Nightly: forget what is no longer needed."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.office import Office
from models.base import Database
from models.dialogue import forget_buttons, quiet_takeovers
from models.inbox import PAYLOAD_KEPT, forget_payloads
from models.staff import close_task

TAKEOVER_QUIET = timedelta(hours=24)  # a talk in which nobody wrote for so long is over
BUTTONS_KEPT_AFTER_EXPIRY = timedelta(days=7)  # so that an old button can still say that it is old


async def run(database: Database, office: Office, now: datetime) -> str:
    async with database.write() as session:
        for takeover in await quiet_takeovers(session, now - TAKEOVER_QUIET):
            takeover.state, takeover.closed_at = "closed", now
            await close_task(session, f"takeover/{takeover.id}", now, staff_id=None, outcome="quiet")
        await forget_payloads(session, now - PAYLOAD_KEPT)
        await forget_buttons(session, now - BUTTONS_KEPT_AFTER_EXPIRY)
    return "done"

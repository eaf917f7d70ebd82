"""Nightly: forget what is no longer needed."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.office import Office
from models.base import Database
from models.dialogue import forget_buttons
from models.inbox import PAYLOAD_KEPT, forget_payloads

BUTTONS_KEPT_AFTER_EXPIRY = timedelta(days=7)  # so that an old button can still say that it is old


async def run(database: Database, office: Office, now: datetime) -> str:
    async with database.write() as session:
        await forget_payloads(session, now - PAYLOAD_KEPT)
        await forget_buttons(session, now - BUTTONS_KEPT_AFTER_EXPIRY)
    return "done"

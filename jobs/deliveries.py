"""Brings late reports of a platform to the messages they speak of, and forgets what is no longer needed for callbacks."""

from __future__ import annotations

from datetime import datetime

from domain.office import Office
from models import deliveries, platforms
from models.base import Database


async def run(database: Database, office: Office, now: datetime) -> int:
    """Returns how many reports found their message."""
    async with database.write() as session:
        await platforms.forget_old(session, now)
        return await deliveries.apply(session, office, now)

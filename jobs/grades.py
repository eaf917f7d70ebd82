"""Nightly: every household's payer grade, from its ledger and its promises; what changed is written down with the reason."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.office import Office
from models.base import Database, chunks
from models.profiles import WORDS_COUNT_DAYS, graded_accounts, keep_grades

CHANGES_PER_TRANSACTION = 250


async def run(database: Database, office: Office, now: datetime) -> dict[str, int]:
    """Grade everybody who has given evidence; returns how many are graded and how many changed."""
    today = office.today(now)
    graded = changed = 0
    async with database.read() as session:
        async for batch in graded_accounts(session, today, today - timedelta(days=WORDS_COUNT_DAYS)):
            known = [each for each in batch if each.graded is not None]
            graded += len(known)
            news = [each for each in known if each.news]
            for some in chunks(news, CHANGES_PER_TRANSACTION):
                async with database.write() as writing:
                    changed += await keep_grades(writing, some, today)
    return {"graded": graded, "changed": changed}

"""A family's tier moves by an answer, and back when that answer is taken back, unless something else moved it since."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.clock import ManualClock
from domain.tiers import Evidence, Tier
from models.accounts import Account
from models.base import Database
from models.profiles import note_evidence, set_tier, take_evidence_back, tier_changes
from tests.cast import World, office


@pytest.mark.parametrize(
    ("before", "moved_since", "after"),
    [("D", False, "D"), ("", False, "C"), ("B", True, "D")],
    ids=["as it was", "nobody had placed it", "moved since"],
)
async def test_an_answer_taken_back_leaves_the_tier_as_it_was(
    database: Database, clock: ManualClock, before: str, moved_since: bool, after: str
) -> None:
    world = World(database, office(), clock.now())
    number = await world.household(kind="training")
    said_at = world.now
    async with database.write() as session:
        account = await session.get_one(Account, number)
        account.tier = before
        await note_evidence(session, account, Evidence.SAID_YES, "person/1", said_at)
        assert account.tier == "A"
        if moved_since:
            await set_tier(session, account, Tier.LEAVING, Evidence.STAFF, "staff/1", said_at + timedelta(minutes=1))
    async with database.write() as session:
        account = await session.get_one(Account, number)
        later = said_at + timedelta(minutes=5)
        change = await take_evidence_back(session, account, Evidence.SAID_YES, "person/1", said_at, later)
        assert (change is None) is moved_since
        assert account.tier == after
        newest = (await tier_changes(session, number, 1))[0]
        assert newest.evidence == (Evidence.STAFF if moved_since else Evidence.TAKEN_BACK)

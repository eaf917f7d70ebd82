"""After 24 months the words and files go; the rows that say when something was said stay."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.clock import ManualClock
from domain.messages import Attachment, Kind
from domain.retention import kept_since
from jobs import retention
from models import retaining
from models.agreements import Complaint
from models.base import Database
from models.inbox import Inbox
from models.invariants import findings
from models.outbox import Outbox, State
from tests.cast import CHEN, World, office

YEARS = timedelta(days=731)


async def test_old_words_go_and_young_ones_stay(
    database: Database, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaining, "ROWS_AT_ONCE", 2)
    world = World(database, office(), clock.now() - YEARS)
    account_id = await world.household(CHEN)
    file = tmp_path / "bill.pdf"
    file.write_bytes(b"x")
    await _talk(world, account_id, str(file))
    world.now = clock.now()
    await _talk(world, account_id, "")
    emptied = await retention.run(database, world.office, clock.now())
    assert emptied == {"heard": 5, "said": 5, "complaints": 1}
    assert not file.exists()
    async with database.read() as session:
        heard = list(await session.scalars(select(Inbox).order_by(Inbox.id)))
        said = list(await session.scalars(select(Outbox).order_by(Outbox.id)))
        complaints = list(await session.scalars(select(Complaint).order_by(Complaint.id)))
    assert [row.text for row in heard] == [""] * 5 + ["问一下"] * 5
    assert [row.text for row in said] == [""] * 5 + ["等着的"] + ["答复"] * 5 + ["等着的"]  # what still waits is kept
    assert said[0].state == State.SENT
    assert [row.text for row in complaints] == ["", "电梯", "电梯", "电梯"]  # an open one is answered first
    assert await retention.run(database, world.office, clock.now()) == {}
    assert await findings(database) == []


async def test_the_search_ends_at_the_first_young_row(database: Database, clock: ManualClock) -> None:
    world = World(database, office(), clock.now() - YEARS)
    account_id = await world.household(CHEN)
    await _talk(world, account_id, "")
    since = kept_since(clock.now())
    async with database.write() as session:
        (await session.get_one(Inbox, 3)).received_at = clock.now()
    async with database.read() as session:
        assert await retaining.old_rows(session, "heard", since, after=0) == [1, 2]
        assert await retaining.old_rows(session, "heard", since, after=3) == [4, 5]
        assert await retaining.old_rows(session, "heard", since, after=5) == []


async def _talk(world: World, account_id: int, path: str) -> None:
    """Five sentences, five answers, one message that still waits, an answered complaint and an open one."""
    attachment = Attachment("document", "", "bill.pdf", 1, path)
    async with world.database.write() as session:
        for n in range(5):
            moment = world.now + timedelta(minutes=n)
            key = f"{world.now:%Y}/{n}"
            values = {"channel": "sandbox", "external_id": key, "payload": "", "state": "done"}
            session.add(Inbox(**values, received_at=moment, text="问一下", account_id=account_id))
        for state in ("answered", "open"):
            session.add(Complaint(account_id=account_id, text="电梯", state=state, created_at=world.now))
    for n in range(6):
        await world.say(f"{world.now:%Y}/{n}", "chat-chen", Kind.REPLY, text="答复" if n < 5 else "等着的")
    async with world.database.write() as session:
        rows = list(await session.scalars(select(Outbox).where(Outbox.text == "答复", Outbox.state == State.QUEUED)))
        for row in rows:
            row.state, row.sent_at = State.SENT, world.now
            row.attachment = json.dumps(vars(attachment)) if path else ""

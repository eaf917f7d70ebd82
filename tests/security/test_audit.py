"""The audit log: whoever edits, removes, inserts or moves an entry is found, and writers at the same moment take turns."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from domain.clock import ManualClock
from models.base import Database
from models.staff import audit, broken_audit_entries, chain

ENTRIES = 8
MOMENT = datetime(2026, 11, 23, tzinfo=UTC)
Damage = list[tuple[str, dict[str, Any]]]
EDITS = ("at", "actor", "action", "subject", "detail", "hash")


class Undone(Exception):
    """Takes the damage back."""


@pytest.fixture
async def log(database: Database, clock: ManualClock) -> Database:
    """Eight entries, in order."""
    for number in range(ENTRIES):
        async with database.write() as session:
            now = clock.now() + timedelta(minutes=number)
            await audit(session, f"staff/{number % 3}", "account.read", f"account/{number}", now, {"skip": number})
    assert await found(database, []) == []
    return database


async def found(database: Database, damage: Damage) -> list[int]:
    """What the check says after some statements, which are then taken back."""
    broken: list[int] = []
    try:
        async with database.write() as session:
            for statement, values in damage:
                await session.execute(text(statement), values)
            broken = await broken_audit_entries(session)
            raise Undone
    except Undone:
        return broken


async def test_every_edit_of_every_entry_is_found(log: Database) -> None:
    for number in range(1, ENTRIES + 1):
        for column in EDITS:
            value = "2026-01-01T00:00:00.000000Z" if column == "at" else "x"
            edit = (f"UPDATE audit_log SET {column} = :value WHERE id = :id", {"value": value, "id": number})
            assert await found(log, [edit]) != [], (number, column)


async def test_every_removed_entry_is_found_the_last_ones_too(log: Database) -> None:
    for number in range(1, ENTRIES + 1):
        assert await found(log, [("DELETE FROM audit_log WHERE id = :id", {"id": number})]) != [], number
        assert await found(log, [("DELETE FROM audit_log WHERE id >= :id", {"id": number})]) != [], number


async def test_every_inserted_entry_is_found(log: Database) -> None:
    """Also one whose hash follows from the entry before it, at any place and at the end."""
    insert = "INSERT INTO audit_log (id, at, actor, action, subject, detail, hash) "
    for number in range(1, ENTRIES + 2):
        room: Damage = [("UPDATE audit_log SET id = -id - 1 WHERE id >= :id", {"id": number})]
        back: Damage = [("UPDATE audit_log SET id = -id WHERE id < 0", {})]
        values: dict[str, Any] = {"id": number, "copied": 1 if number > 1 else -2}
        copy = f"{insert} SELECT :id, at, actor, action, subject, detail, hash FROM audit_log WHERE id = :copied"
        assert await found(log, [*room, (copy, values), *back]) != [], number
    async with log.read() as session:
        last = await session.scalar(text("SELECT hash FROM audit_log ORDER BY id DESC LIMIT 1"))
    assert last
    forged = chain(last, MOMENT, "staff/1", "payment.recorded", "payment/1", "{}")
    entry = f"{insert} VALUES (:id, :at, 'staff/1', 'payment.recorded', 'payment/1', '{{}}', :hash)"
    values = {"id": ENTRIES + 1, "at": MOMENT.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "hash": forged}
    assert await found(log, [(entry, values)]) != []


async def test_every_two_entries_that_changed_places_are_found(log: Database) -> None:
    for first in range(1, ENTRIES):
        for second in range(first + 1, ENTRIES + 1):
            moves = [(first, -1), (second, first), (-1, second)]
            swap = [("UPDATE audit_log SET id = :to WHERE id = :id", {"id": one, "to": to}) for one, to in moves]
            assert await found(log, swap) != [], (first, second)


async def test_two_entries_at_the_same_moment_never_follow_the_same_one(database: Database, clock: ManualClock) -> None:
    """Twenty transactions that all begin before any of them ends; the very first entries of a log among them."""
    begun = asyncio.Barrier(4) if not database.is_sqlite else None  # SQLite lets one writer in at a time anyway

    async def write(number: int) -> None:
        async with database.write() as session:
            if begun is not None:
                await session.execute(text("SELECT 1"))
                await begun.wait()
            await audit(session, f"staff/{number}", "account.read", "account/1", clock.now())

    for round_ in range(5):
        await asyncio.gather(*(write(4 * round_ + n) for n in range(4)))
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM audit_log")) == 20
        assert await session.scalar(text("SELECT count(DISTINCT hash) FROM audit_log")) == 20
        assert await broken_audit_entries(session) == []


async def test_a_log_from_before_there_was_a_head_goes_on(log: Database, clock: ManualClock) -> None:
    async with log.write() as session:
        await session.execute(text("DELETE FROM audit_head"))
    async with log.write() as session:
        await audit(session, "staff/1", "account.read", "account/1", clock.now())
    assert await found(log, []) == []
    assert await found(log, [("DELETE FROM audit_log WHERE id = :id", {"id": ENTRIES + 1})]) != []


async def test_an_entry_keeps_its_moment_whatever_zone_it_was_told_in(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        await audit(session, "staff/1", "pause", "", clock.now().astimezone(ZoneInfo("America/St_Johns")))
    assert await found(database, []) == []

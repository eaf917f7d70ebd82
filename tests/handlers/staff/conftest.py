"""A small office on a fresh SQLite file for each test."""

from __future__ import annotations

import pytest

from bot.content import CONTENT
from models.base import Database
from tests.handlers.staff.world import World, world_in
from understanding.reader import Reader


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.load(CONTENT)


@pytest.fixture
async def world(sqlite: Database, reader: Reader) -> World:
    return await world_in(sqlite, reader)


@pytest.fixture
async def large(sqlite: Database, reader: Reader) -> World:
    """More households than go without approval."""
    return await world_in(sqlite, reader, households=53)

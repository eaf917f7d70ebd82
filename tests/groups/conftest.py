"""An estate large enough for totals, its groups and its staff on a fresh SQLite file."""

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
    return await world_in(sqlite, reader, households=25)

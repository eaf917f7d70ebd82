"""A small office on a fresh SQLite file for each test."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.content import CONTENT
from models.base import Database
from tests.handlers.staff.world import World, world_in
from understanding.reader import Reader


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.load(CONTENT)


@pytest.fixture
async def sqlite(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "nuanling.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    await database.close()


@pytest.fixture
async def world(sqlite: Database, reader: Reader) -> World:
    return await world_in(sqlite, reader)


@pytest.fixture
async def large(sqlite: Database, reader: Reader) -> World:
    """More households than go without approval."""
    return await world_in(sqlite, reader, households=53)

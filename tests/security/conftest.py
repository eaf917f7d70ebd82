"""The staff's small office, and one where everybody has tried everything once, for those who want in."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from models.base import Database
from tests.handlers.staff.conftest import reader, sqlite, world
from tests.security.door import Door, lived_in, open_door
from understanding.reader import Reader

__all__ = ["reader", "sqlite", "world"]


@pytest.fixture(scope="session")
def lived_in_office(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, reader: Reader
) -> tuple[Path, datetime]:
    """A database file to copy, and the moment it was left."""
    file = tmp_path_factory.mktemp("office") / "nuanling.db"
    shutil.copy(sqlite_template, file)
    with ThreadPoolExecutor(1) as elsewhere:  # a loop of its own
        at = elsewhere.submit(asyncio.run, lived_in(file, reader)).result()
    return file, at


@pytest.fixture
async def door(lived_in_office: tuple[Path, datetime], tmp_path: Path, reader: Reader) -> AsyncIterator[Door]:
    file, at = lived_in_office
    shutil.copy(file, tmp_path / "nuanling.db")
    database = Database(f"sqlite:///{tmp_path / 'nuanling.db'}")
    yield await open_door(database, reader, at)
    await database.close()

"""The staff's small office, and one where everybody has tried everything once, for those who want in."""

from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from models.base import Database, sqlite_path
from tests.handlers.staff.conftest import reader, world
from tests.security.door import Door, lived_in, open_door
from understanding.reader import Reader

__all__ = ["reader", "world"]


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
async def door(lived_in_office: tuple[Path, datetime], sqlite: Database, reader: Reader) -> Door:
    file, at = lived_in_office
    path = sqlite_path(sqlite.url)
    assert path is not None
    shutil.copy(file, path)
    return await open_door(sqlite, reader, at)

"""The platform and the town of the fire tests, and the seed that replays a failure."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.clock import ManualClock
from tests.cast import World, office
from tests.fire.scene import SEED, Town, fresh
from tests.telegram_server.server import TelegramServer


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> object:
    report = yield
    if report.failed:
        report.sections.append(("fire", f"play it again: make fire SEED={SEED} ARGS='{item.nodeid}'"))
    return report


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer(seed=SEED) as running:
        yield running


@pytest.fixture
async def town(sqlite_template: Path, tmp_path: Path, server: TelegramServer, clock: ManualClock) -> AsyncIterator[Town]:
    """On a SQLite file; empty until it settles in."""
    database = fresh(sqlite_template, tmp_path)
    yield Town(database, server, clock.now())
    await database.close()


@pytest.fixture
async def world(sqlite_template: Path, tmp_path: Path, clock: ManualClock) -> AsyncIterator[World]:
    """A few households on the sandbox's channel, on a SQLite file."""
    database = fresh(sqlite_template, tmp_path, "world")
    yield World(database, office(), clock.now())
    await database.close()

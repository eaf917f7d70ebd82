"""The platform and the town of the fire tests, and the seed that replays a failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

from domain.clock import ManualClock
from tests.cast import World, office
from tests.fire.scene import FULL, SEED, Town, fresh
from tests.telegram_server.server import TelegramServer


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections.append(("fire", f"play it again: make fire SEED={SEED} ARGS='{item.nodeid}'"))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the tests measured, each in a line."""
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)]
    told = {each.nodeid: value for each in reports for name, value in each.user_properties if name == "measured"}
    if told and FULL:
        terminalreporter.section(f"measured, seed {SEED}")
        for test, value in told.items():
            terminalreporter.write_line(f"{test.rpartition('/')[2]}: {value}")


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer(seed=SEED) as running:
        yield running


@pytest.fixture
async def town(
    sqlite_template: Path, tmp_path: Path, server: TelegramServer, clock: ManualClock
) -> AsyncIterator[Town]:
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

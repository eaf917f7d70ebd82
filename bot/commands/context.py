"""What a command works with: the settings, a database in this version's shape, the clock and the zone."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import typer

from bot.settings import ConfigError, Settings, load
from domain.clock import Clock, SystemClock, local_date, monotonic

if TYPE_CHECKING:  # SQLAlchemy takes half a second to import: only commands that open the database pay for it
    from models.base import Database

Result = TypeVar("Result")
DEFAULT_CONFIG = Path("config.toml")
NO_CHANNEL = (
    'no channel is enabled: write three lines into config.toml, [telegram] and enabled = true and token = "…" (WeChat, WeCom, e-mail:'
    " docs/quickstart.md), or let `python -m bot init` ask for them; to look first: `make demo`"
)
MIGRATION_WAIT = timedelta(seconds=30)  # how long to wait while another command creates the same database


class CommandError(Exception):
    """Wrong use of a command: the message is the one line that the person sees, and names the cure."""


@dataclass(frozen=True)
class Desk:
    """All that a command on data needs."""

    settings: Settings
    database: Database
    clock: Clock
    actor: str

    @property
    def zone(self) -> ZoneInfo:
        return self.settings.organisation.zone

    @cached_property
    def now(self) -> datetime:
        """The moment of this command, read once: everything it writes and prints agrees on it."""
        return self.clock.now()

    @property
    def today(self) -> date:
        return local_date(self.now, self.zone)


def settings_of(context: typer.Context) -> Settings:
    """The settings of `--config`, else of config.toml, else the defaults. Raises ConfigError."""
    return load(configuration(context.find_root().params.get("config")))


def configuration(chosen: Path | None) -> Path | None:
    """The file of `--config`, else config.toml where it exists."""
    return DEFAULT_CONFIG if chosen is None and DEFAULT_CONFIG.exists() else chosen


def at_desk(context: typer.Context, work: Callable[[Desk], Awaitable[Result]]) -> Result:
    """Run a command's work on an open database, and close it at the end."""
    settings = settings_of(context)

    async def main() -> Result:
        async with opened(settings) as database:
            return await work(Desk(settings, database, SystemClock(), actor()))

    return asyncio.run(main())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database of these settings. An empty one gets its tables first."""
    database = database_of(settings)
    try:
        await _prepare(database)
        yield database
    finally:
        await database.close()


def database_of(settings: Settings) -> Database:
    """The database of these settings, whatever its shape. Raises ConfigError when its address is none."""
    from sqlalchemy.exc import ArgumentError

    from models.base import Database, sqlite_path

    try:
        path = sqlite_path(settings.database.url)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        return Database(settings.database.url)
    except (ArgumentError, ValueError):
        raise ConfigError(
            "database.url is not an address: write one such as sqlite:///data/nuanling.db or postgresql://user@host/name"
        ) from None


async def _prepare(database: Database) -> None:
    """Give an empty database its tables. Raises CommandError when the database has another version's shape."""
    from sqlalchemy.exc import OperationalError

    from bot.database import OwnedElsewhere, is_current

    deadline = monotonic() + MIGRATION_WAIT.total_seconds()
    while True:
        try:
            if await _is_empty(database):
                await _create_tables(database)
            if await is_current(database):
                return
        except (OwnedElsewhere, OperationalError) as wrong:  # another first command is creating the tables
            if monotonic() > deadline or (not isinstance(wrong, OwnedElsewhere) and "locked" not in str(wrong.orig)):
                raise
            await asyncio.sleep(0.1)
        else:
            raise CommandError("the database has the shape of another version: run `python -m bot db upgrade`")


async def _is_empty(database: Database) -> bool:
    """A SQLite file without tables. One that isn't there is not opened: whoever creates it must own it first."""
    from sqlalchemy import inspect

    from models.base import sqlite_path

    path = sqlite_path(database.url)
    if path is None:
        return False
    if not path.exists() or path.stat().st_size == 0:
        return True
    async with database.engine.connect() as connection:
        return not await connection.run_sync(lambda sync: inspect(sync).get_table_names())


async def _create_tables(database: Database) -> None:
    from bot.database import Ownership, upgrade

    with Ownership(database.url):
        await upgrade(database)


def actor() -> str:
    """Who gives the command, for the audit log."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user may have no name
        return "cli"

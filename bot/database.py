"""The database as a file or a server: migrations, and who owns it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import IO, ClassVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.settings import ROOT
from models.base import Database, sqlite_path


class OwnedElsewhere(RuntimeError):
    """Another process owns this database file: `owner` is its number, or "unknown"."""

    def __init__(self, path: Path, owner: str) -> None:
        super().__init__(
            f"{path} is in use by another nuanling process (pid {owner}): stop it first, or use PostgreSQL"
        )
        self.owner = owner


class Ownership:
    """Held by `run`, `tick`, `demo`, `db restore` and `db upgrade`: two of them on one SQLite file would send twice.

    The kernel releases the lock when the process dies, however it dies. PostgreSQL needs none: lanes are claimed there.
    Inside the same process it may be taken again: an owner creates its own tables.
    """

    _held: ClassVar[set[Path]] = set()

    def __init__(self, url: str) -> None:
        self._path = sqlite_path(url)
        self._file: IO[str] | None = None

    def __enter__(self) -> Ownership:
        if self._path is None or self._path.resolve() in self._held:
            return self
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = Path(f"{self._path}.lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            file.close()
            raise OwnedElsewhere(self._path, owner) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        self._held.add(self._path.resolve())
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None and self._path is not None:
            self._held.discard(self._path.resolve())
            self._file.close()
            self._file = None


def damage(url: str) -> str:
    """What is wrong with the pages of a SQLite file, in SQLite's words; empty when nothing is."""
    path = sqlite_path(url)
    if path is None or not path.exists():
        return ""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as file:
            found = str(file.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as wrong:
        found = str(wrong)
    return "" if found == "ok" else " ".join(found.split())


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database) -> None:
    """Bring the tables to this version's shape; nothing happens when they already are."""
    path = sqlite_path(database.url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)

    def run(connection: Connection) -> None:
        command.upgrade(alembic_config(connection), "head")

    async with database.engine.begin() as connection:
        await connection.run_sync(run)


async def is_current(database: Database) -> bool:
    """Whether the tables have this version's shape."""

    def revision(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with database.engine.connect() as connection:
        present = await connection.run_sync(revision)
    return present == await asyncio.to_thread(_head)


@cache
def _head() -> str | None:
    """The newest migration; reading them all takes a while, and they don't change while a program runs."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()

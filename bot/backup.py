"""Copies of a SQLite database: made while it is in use, checked before anyone relies on them, put back when needed."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.commands.context import CommandError
from bot.database import Ownership
from domain.clock import SystemClock
from models.base import Database, sqlite_path
from models.invariants import findings

HEADER = b"SQLite format 3\x00"
COMPANIONS = ("", "-wal", "-shm")  # what SQLite keeps beside a database


def backup(url: str, file: Path, *, overwrite: bool = False) -> list[str]:
    """Copy the database to `file` while it is in use; what is wrong with the copy. Only a sound copy gets the name.

    A backup that is there already is kept unless `overwrite` is set; a file that is none is never touched.
    Raises CommandError.
    """
    source = _source(url)
    if not source.exists():
        raise CommandError(f"{source}: there is no database yet")
    if file.exists() and (file.samefile(source) or not _is_sqlite(file)):
        raise CommandError(f"{file}: is there and is no backup: choose another name")
    if file.exists() and not overwrite:
        raise CommandError(f"{file}: is there already: choose another name, or overwrite it with --force")
    if not file.parent.is_dir():
        raise CommandError(f"{file.parent}: no such folder")
    return _checked_copy(source, file)


def restore(url: str, file: Path, zone: ZoneInfo) -> tuple[list[str], Path | None]:
    """Put `file` in the database's place; what is wrong with it (nothing is touched then), and where the old one is.

    Raises CommandError; OwnedElsewhere while the bot runs.
    """
    target = _source(url)
    if not file.exists() or not _is_sqlite(file):
        raise CommandError(f"{file}: is no backup of a database")
    if target.exists() and file.samefile(target):
        raise CommandError(f"{file}: is the database itself")
    with Ownership(url):
        fresh = target.with_name(f"{target.name}.restoring")
        found = _checked_copy(file, fresh)
        if found:
            return found, None
        kept = None
        if target.exists():
            old = target.stat()
            os.chmod(fresh, old.st_mode)
            os.chown(fresh, old.st_uid, old.st_gid)
            kept = _put_aside(target, SystemClock().now().astimezone(zone))
        fresh.replace(target)
        _sync_folder(target.parent)
        return [], kept


def _checked_copy(source: Path, file: Path) -> list[str]:
    copy = file.with_name(f".{file.name}.partial")
    try:
        found = _copy(source, copy) or asyncio.run(_look(copy))
        if not found:
            os.chmod(copy, 0o600)
            copy.replace(file)
            _sync_folder(file.parent)
        return found
    finally:
        for companion in COMPANIONS:
            Path(f"{copy}{companion}").unlink(missing_ok=True)


def _copy(source: Path, copy: Path) -> list[str]:
    """SQLite's online backup: whole even while others write. The copy is one file, without a journal beside it.

    In one step: between steps each write of another process would make it begin anew, for ever in a busy office. Who
    writes meanwhile waits for nothing; it goes into the journal.
    """
    copy.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True)) as old,
            closing(sqlite3.connect(copy)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as wrong:
        return [f"file: {wrong}"]
    with copy.open("rb") as written:
        os.fsync(written.fileno())
    return []


async def _look(copy: Path) -> list[str]:
    """The findings on a copy, which stays one file."""
    from sqlalchemy.exc import DatabaseError

    database = Database(f"sqlite:///{copy}")
    try:
        return await findings(database)
    except DatabaseError as wrong:
        return [f"file: no database of this bot, or of a newer version ({wrong.orig})"]
    finally:
        await database.close()
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")


def _put_aside(target: Path, now: datetime) -> Path:
    """Move the old database away with its companions, which may hold its last writes."""
    kept = target.with_name(f"{target.name}.before-{now:%Y%m%d-%H%M%S}")
    number = 1
    while kept.exists():
        number += 1
        kept = target.with_name(f"{target.name}.before-{now:%Y%m%d-%H%M%S}-{number}")
    for companion in COMPANIONS:
        old = Path(f"{target}{companion}")
        if old.exists():
            old.rename(f"{kept}{companion}")
    return kept


def _source(url: str) -> Path:
    path = sqlite_path(url)
    if path is None:
        raise CommandError("this is PostgreSQL: use pg_dump and pg_restore")
    return path


def _is_sqlite(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(HEADER)) == HEADER


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

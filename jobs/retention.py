"""Nightly: words and files older than the law lets us keep go; that something was said, when and how it ended, stays."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from domain.office import Office
from domain.retention import kept_since
from models.base import Database
from models.retaining import SORTS, forget, old_rows


async def run(database: Database, office: Office, now: datetime) -> dict[str, int]:
    """Empty what is too old, some hundred rows at a time; how many rows of each sort."""
    since = kept_since(now)
    emptied = dict.fromkeys(SORTS, 0)
    for sort in SORTS:
        last = 0
        while True:
            async with database.read() as session:
                ids = await old_rows(session, sort, since, after=last)
            if not ids:
                break
            async with database.write() as session:
                files = await forget(session, sort, ids)
            await asyncio.to_thread(_remove, files)
            emptied[sort] += len(ids)
            last = ids[-1]
    return {sort: number for sort, number in emptied.items() if number}


def _remove(paths: Sequence[str]) -> None:
    for path in paths:
        Path(path).unlink(missing_ok=True)

"""The database's doors: long work takes small steps while others wait."""

from __future__ import annotations

import asyncio
from pathlib import Path

from models.base import PATIENCE, Database

SIZE = 8 * PATIENCE


async def test_work_in_parts_takes_smaller_ones_while_another_transaction_is_open(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'parts.db'}")
    items = list(range(3 * SIZE))
    parts = iter(database.parts(items, SIZE))
    first = next(parts)
    async with database.write():
        second, third = next(parts), next(parts)
    rest = list(parts)

    assert [len(each) for each in (first, second, third)] == [SIZE, SIZE // PATIENCE, SIZE // PATIENCE]
    assert len(rest[0]) == SIZE, "as before as soon as nobody waits"
    assert [item for part in (first, second, third, *rest) for item in part] == items, "each item once, in order"
    await database.close()


async def test_a_transaction_that_fails_no_longer_counts_as_waiting(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'parts.db'}")

    async def fails() -> None:
        async with database.write():
            raise LookupError

    await asyncio.gather(*(fails() for _ in range(3)), return_exceptions=True)

    assert [len(part) for part in database.parts(range(SIZE), SIZE)] == [SIZE]
    await database.close()

"""SQLite without a thread in between: a short statement runs where it is asked for, only what may wait leaves the loop.

A driver that hands every statement to a thread spends more on the handing over than SQLite on a small statement. In a
write transaction only three things take long: its BEGIN (another process may be writing), its COMMIT (the disk), and a
statement over many rows.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from sqlalchemy import URL, pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import await_only

from domain.clock import monotonic

BUSY_SECONDS = 10.0  # how long a transaction waits for another process's
ASK_AGAIN_SECONDS = 0.002
MANY = 200  # parameters: from here on a statement is sent to a thread


class _AtOnce(Awaitable[None]):
    """Awaited where nothing has to be waited for: an AsyncConnection insists on one await in each of its calls."""

    def __await__(self) -> Generator[Any, None, None]:
        yield from ()


AT_ONCE = _AtOnce()


class _Cursor(sqlite3.Cursor):
    """Has all its rows when a statement ends, as the drivers have that SQLAlchemy's async side knows."""

    _rows: deque[Any]

    def execute(self, sql: str, parameters: Any = (), /) -> _Cursor:
        super().execute(sql, parameters)
        self._rows = deque(super().fetchall())
        return self

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return [self._rows.popleft() for _ in range(min(len(self._rows), size or self.arraysize))]

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, deque()
        return list(rows)

    async def _async_soft_close(self) -> None:
        """Nothing is left open."""


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


class InPlace(SQLiteDialect_pysqlite):
    """Python's own sqlite3 under an AsyncEngine. `immediate`: each transaction takes the write lock at once.

    `alone`: nobody else uses the file or waits for the loop, so that nothing has to leave it.
    """

    driver = "in_place"
    is_async = True
    supports_statement_cache = True

    def __init__(self, immediate: bool = False, alone: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self._immediate = immediate
        self._many = sys.maxsize if alone else MANY
        self._alone = alone

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        return pool.AsyncAdaptedQueuePool

    def create_connect_args(self, url: URL) -> Any:
        """`cached_statements`: the turn of a conversation and its handlers use more than the usual 128."""
        arguments, named = super().create_connect_args(url)
        return arguments, {**named, "factory": _Connection, "cached_statements": 512}

    def do_begin(self, dbapi_connection: Any) -> None:
        """Without `immediate` nothing is begun: each statement stands alone."""
        if self._immediate and not _begun(dbapi_connection):
            await_only(_begin_when_free(dbapi_connection))

    def do_commit(self, dbapi_connection: Any) -> None:
        if self._alone:
            await_only(AT_ONCE)
            dbapi_connection.commit()
        elif dbapi_connection.in_transaction:
            await_only(_away(dbapi_connection.commit))

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        if len(parameters) < self._many:
            await_only(AT_ONCE)
            cursor.execute(statement, parameters)
        else:
            await_only(_away(lambda: cursor.execute(statement, parameters)))

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        if len(parameters) * len(parameters[0]) < self._many:
            await_only(AT_ONCE)
            cursor.executemany(statement, parameters)
        else:
            await_only(_away(lambda: cursor.executemany(statement, parameters)))


def _begun(connection: Any) -> bool:
    """Whether the write lock could be had at once. Raises what else goes wrong."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as wrong:
        if wrong.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


async def _begin_when_free(connection: Any) -> None:
    """Ask until the lock is free; often, for SQLite's own waiting grows so patient that it starves."""
    until = monotonic() + BUSY_SECONDS
    while not _begun(connection):
        if monotonic() > until:
            raise sqlite3.OperationalError("database is locked")
        await asyncio.sleep(ASK_AGAIN_SECONDS)


async def _away(work: Callable[[], object]) -> None:
    """In a thread, to its end: who is cancelled meanwhile finds the connection at rest."""
    under_way = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        await asyncio.shield(under_way)
    except asyncio.CancelledError:
        await asyncio.wait([under_way])
        raise


registry.register("sqlite.in_place", __name__, "InPlace")

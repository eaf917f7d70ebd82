"""The table base, the column types that refuse nonsense, and the database's two doors: `read` and `write`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Dialect, Integer, MetaData, String, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.types import TypeDecorator

import models.sqlite_in_place  # noqa: F401 (names the dialect)

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
Item = TypeVar("Item")
as_json = json.JSONEncoder(ensure_ascii=False).encode  # made once: json.dumps would make one for every row
BUSY_TIMEOUT_MS = 10_000
POOL_SECONDS = 60
PATIENCE = 8  # times smaller is what is written at once while others wait
RUN = 4  # so many times as far apart as they would stand side by side, some ids are still read as a run
LOCK_TIMEOUT = "10s"
CACHE_KIB, SCRATCH_CACHE_KIB = 16_000, 6_000  # a connection; three of a year's simulation fill theirs and grow no more


@lru_cache(maxsize=4096)  # a plan writes the same few moments a hundred thousand times
def _utc_words(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {moment!r}")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Kept as UTC and refused when naive: SQLite would silently keep the wall clock of whatever zone."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return _utc_words(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class ExactDecimal(TypeDecorator[Decimal]):
    """An area or a rate, kept as typed: binary floats would change it."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


# Sums can exceed 2³¹ fen (21 million yuan) for a whole estate.
Fen = BigInteger().with_variant(Integer(), "sqlite")
Id = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


class Database:
    """One database, two doors. On SQLite each `write` begins IMMEDIATE, so no update is ever lost.

    `scratch`: a SQLite file for this process alone, thrown away afterwards; neither the disk nor a thread is waited for.
    """

    def __init__(self, url: str, *, scratch: bool = False) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._writer = _engine(url, Door.WRITE, scratch=scratch)
        self._reader = _engine(url, Door.READ, scratch=scratch)
        self._glancer = _engine(url, Door.GLANCE, scratch=scratch) if self.is_sqlite else self._reader
        self._write = async_sessionmaker(self._writer, expire_on_commit=False)
        self._read = async_sessionmaker(self._reader, expire_on_commit=False)
        self._glance = async_sessionmaker(self._glancer, expire_on_commit=False)
        self.writable = True  # the last write reached the disk, or failed for a reason of its own
        self._writing = 0  # transactions at work or waiting for their turn, in this process

    @property
    def engine(self) -> AsyncEngine:
        return self._writer

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction that commits when the block ends well and rolls back when it raises."""
        self._writing += 1
        try:
            async with self._write.begin() as session:
                yield session
        except DatabaseError as wrong:
            self.writable = isinstance(wrong, OF_THE_VALUES)
            raise
        finally:
            self._writing -= 1
        self.writable = True

    def parts(self, items: Sequence[Item], size: int) -> Iterable[Sequence[Item]]:
        """`items` in parts of `size` for one transaction each; in smaller ones while others, who answer people, want to
        write, too: on SQLite they wait for the whole of ours.
        """
        start = 0
        while start < len(items):
            end = start + (max(1, size // PATIENCE) if self._writing else size)
            yield items[start:end]
            start = end

    @asynccontextmanager
    async def write_together(self) -> AsyncIterator[Callable[[], AbstractAsyncContextManager[AsyncSession]]]:
        """One commit for several pieces of work, none of which sees objects of another: all are kept at the end, or none."""
        async with self.write() as session:

            @asynccontextmanager
            async def each() -> AsyncIterator[AsyncSession]:
                yield session
                await session.flush()
                session.expunge_all()

            yield each

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A consistent view; nothing written in it is kept."""
        async with self._read() as session:
            yield session

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncSession]:
        """For one or two small looks at the hour's work: cheaper than `read`, and with no view of one moment."""
        async with self._glance() as session:
            yield session

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[Callable[[], Awaitable[None]] | None]:
        """The right to be the only one who does `name`, among all processes on this database; None: another has it.

        What it yields is to be awaited now and then: it raises when the right was lost with its connection. A SQLite
        file has one owner already.
        """
        if self.is_sqlite:
            yield _nothing
            return
        key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
        async with self._writer.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")

            async def check() -> None:
                await connection.scalar(select(1))

            taken = await connection.scalar(select(func.pg_try_advisory_lock(key)))
            try:
                yield check if taken else None
                if taken:  # free at once: the server notices a moment later that a session has ended
                    with suppress(DBAPIError):
                        await connection.scalar(select(func.pg_advisory_unlock(key)))
            finally:
                # Its session ends here, and with it the lock: a pooled connection would keep it.
                await connection.invalidate()

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()
        await self._glancer.dispose()


async def _nothing() -> None:
    """The check of a right that can't be lost."""


def async_url(url: str) -> str:
    """`sqlite:///x` and `postgresql://…` as people write them, with the async driver named."""
    parsed = make_url(url)
    driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}.get(parsed.get_backend_name())
    if driver is None:
        raise ValueError(f"database.url: {parsed.get_backend_name()} is not supported: use sqlite or postgresql")
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


def sqlite_path(url: str) -> Path | None:
    """The database file, or None when it is not a SQLite file."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


# A statement that the database refused for what it held; anything else it refuses is a disk or a server at fault.
OF_THE_VALUES = (IntegrityError, DataError, ProgrammingError)


class Door(Enum):
    """What a connection is for."""

    WRITE = "write"
    READ = "read"
    GLANCE = "glance"


def _engine(url: str, door: Door, *, scratch: bool = False) -> AsyncEngine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_async_engine(
            async_url(url),
            hide_parameters=True,  # names and chat texts don't belong in an error's text
            pool_size=10,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED" if door is Door.WRITE else "REPEATABLE READ",
            connect_args={"options": f"-c lock_timeout={LOCK_TIMEOUT} -c idle_in_transaction_session_timeout=60s"},
        )
    if door is Door.READ and not scratch:  # a report may take seconds: in a thread
        engine = create_async_engine(
            async_url(url), hide_parameters=True, pool_size=5, max_overflow=0, pool_timeout=POOL_SECONDS
        )
    else:
        engine = create_async_engine(
            make_url(url).set(drivername="sqlite+in_place"),
            hide_parameters=True,
            pool_size=5 if door is Door.READ else 1,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            immediate=door is Door.WRITE,
            alone=scratch,
        )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN is deferred and loses updates under load; we begin ourselves.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'OFF' if scratch else 'FULL'}",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS if door is Door.READ else 0}",
            "temp_store=MEMORY",
            f"cache_size=-{SCRATCH_CACHE_KIB if scratch else CACHE_KIB}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    if door is Door.READ:

        @event.listens_for(engine.sync_engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN")

    return engine


def upsert(session: AsyncSession, table: Any) -> Any:
    """`INSERT` that knows ON CONFLICT, in the words of this session's database."""
    return upserting(dialect_of(session), table)


def upserting(dialect: str, table: Any) -> Any:
    """The same, for statements that are put together once and used often."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def dialect_of(session: AsyncSession) -> str:
    assert session.bind is not None
    return session.bind.dialect.name


def among(column: InstrumentedAttribute[Any], ids: Sequence[int]) -> ColumnElement[bool]:
    """Whether a column holds one of these ascending ids: a run of them by its ends, which may take in a few others, a
    scattered few by name. A thousand parameters are slow to send, and between two far ends lies everybody else.
    """
    if ids and ids[-1] - ids[0] < RUN * len(ids):
        return column.between(ids[0], ids[-1])
    return column.in_(ids)


def chunks(items: Sequence[Item], size: int) -> Iterable[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]

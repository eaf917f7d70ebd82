"""What is asked all day long finds its rows by an index: a table that grows for ever is not read from end to end."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.settings import Settings
from bot.simulation.running import Simulation

DAYS, HOUSEHOLDS = 5, 60
TIMES_A_DAY = 3  # asked oftener than the jobs of the night and of the morning
GROWING = frozenset(
    {"outbox", "inbox", "reminders", "reminder_bills", "offer_steps", "ledger_entries", "payments", "bills", "holds"}
    | {"waits", "points_entries", "contact_counts", "audit_log", "calls", "household_notes", "buttons"}
)
SCAN = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")


@contextmanager
def every_statement() -> Iterator[tuple[Counter[str], dict[str, tuple[str, Any]]]]:
    """How often each was asked, and one example of each with its parameters."""
    times: Counter[str] = Counter()
    examples: dict[str, tuple[str, Any]] = {}

    def keep(_c: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool) -> None:
        shape = re.sub(r"\(\?(, \?)*\)", "(…)", statement)
        times[shape] += 1
        if not many and statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            examples.setdefault(shape, (statement, parameters))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield times, examples
    finally:
        event.remove(Engine, "before_cursor_execute", keep)


async def test_what_is_asked_all_day_reads_no_growing_table_whole(tmp_path: Path) -> None:
    with every_statement() as (times, examples):
        await Simulation(Settings(), tmp_path, days=DAYS, accounts=HOUSEHOLDS, seed=5).run()
    looked = sqlite3.connect(tmp_path / "simulation.db")
    # An index of a few rows of a table may well be read whole.
    partial = {
        name for (name,) in looked.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE%INDEX% WHERE %'")
    }
    found = []
    for shape, (statement, parameters) in examples.items():
        if times[shape] <= TIMES_A_DAY * DAYS:
            continue
        plan = looked.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        scans = [match.groups() for row in plan if (match := SCAN.match(row[3]))]
        found += [f"{table}: {statement}" for table, index in scans if table in GROWING and index not in partial]
    looked.close()
    assert len(examples) > 100  # the days were played
    assert found == []

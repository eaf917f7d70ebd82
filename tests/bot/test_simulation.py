"""The simulation: equal for equal seeds, clean as the program is, and loud as soon as a rule of the gate is missing."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.content import CONTENT
from bot.settings import Settings
from bot.simulation.estate import HABITS, residents
from bot.simulation.running import Result, Simulation
from domain.gate import RULES, Caps, Hours, Pause, Rule
from domain.messages import Kind
from understanding.reader import Reader

FULL = bool(os.environ.get("NUANLING_FULL"))
BEFORE_THE_FESTIVAL = date(2027, 1, 20)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load(CONTENT)


def simulation(directory: Path, *, days: int = 19, accounts: int = 20) -> Simulation:
    return Simulation(Settings(), directory, days=days, accounts=accounts, seed=3, start=BEFORE_THE_FESTIVAL)


async def played(directory: Path, reader: Reader, *, days: int = 19) -> Result:
    return await simulation(directory, days=days).run(reader=reader)


async def found_out(playing: Simulation, reader: Reader) -> bool:
    """Whether a rule was broken on one of the days; none is played after the first such day."""

    def look(_: int) -> None:
        if playing.result.invariant_breaks:
            raise LookupError

    try:
        await playing.run(look, reader)
    except LookupError:
        return True
    return False


def test_all_sorts_of_people_live_there() -> None:
    people = residents(1000, 1)
    assert {each.habit for each in people} == {habit for habit, _ in HABITS}
    assert {each.kind for each in people} == {"property", "training"}
    assert [each.habit for each in people] == [each.habit for each in residents(1000, 1)]
    assert [each.habit for each in people] != [each.habit for each in residents(1000, 2)]


async def test_the_same_seed_plays_the_same_days_and_breaks_nothing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, reader: Reader
) -> None:
    one, two = await played(tmp_path, reader), await played(tmp_path_factory.mktemp("b"), reader)
    assert json.dumps(one.to_json()) == json.dumps(two.to_json())
    assert one.invariant_breaks == []
    assert (one.days, one.accounts) == (19, 20)
    assert one.contacts > 0
    assert one.collected_fen > 0
    assert {"reminder", "offer", "receipt", "announcement", "broadcast", "service"} <= one.sent.keys()


# Each row of the gate's table without what it obeys.
MISSING = [
    kind for kind, rule in RULES.items() if rule != Rule() and rule.hours is not Hours.WARN
]  # that stops nothing
# Cells that can't be found out by themselves, for another cell of their row says the same: a silent household's bills are
# all held (models/facts.py), and whatever silences a household is something of it that rests. Nor can a promise's bills: its
# word is written anew as it goes out, and of bills that are paid there is nothing left to say (jobs/promises.anew).
DOUBLED = [
    (Kind.PROMISE, "household"),
    (Kind.REMINDER, "household"),
    (Kind.COURTESY, "household"),
    (Kind.PROMISE, "bills"),
]
# Each other cell by itself.
CELLS = [
    (kind, field, off)
    for kind in MISSING
    for field, off in (
        ("hours", Hours.ANY),
        ("caps", Caps.FREE),
        ("stop", False),
        ("pause", Pause.IGNORES),
        ("bills", False),
        ("offer", False),
        ("household", False),
        ("festival", False),
        ("rest", False),
    )
    if getattr(RULES[kind], field) != off and (kind, field) not in DOUBLED
]
QUICK = [cell for cell in CELLS if cell[:2] in ((Kind.RECEIPT, "hours"), (Kind.OFFER, "festival"))]


@pytest.mark.parametrize("kind", MISSING)
async def test_a_gate_without_one_rule_is_found_out(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    monkeypatch.setitem(RULES, kind, Rule())
    assert await found_out(simulation(tmp_path), reader)


@pytest.mark.parametrize(("kind", "field", "off"), CELLS if FULL else QUICK)
async def test_a_gate_without_one_cell_is_found_out(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch, kind: Kind, field: str, off: object
) -> None:
    monkeypatch.setitem(RULES, kind, replace(RULES[kind], **{field: off}))  # type: ignore[arg-type]
    assert await found_out(simulation(tmp_path, days=60, accounts=40), reader)


@pytest.mark.parametrize(("kind", "field"), DOUBLED if FULL else DOUBLED[:1])
async def test_a_cell_that_another_one_doubles_changes_nothing(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    reader: Reader,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    field: str,
) -> None:
    whole = await played(tmp_path, reader)
    monkeypatch.setitem(RULES, kind, replace(RULES[kind], **{field: False}))  # type: ignore[arg-type]
    assert (await played(tmp_path_factory.mktemp("b"), reader)).to_json() == whole.to_json()


async def test_a_kind_without_any_row_is_a_finding_not_a_crash(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(RULES, Kind.REMINDER)
    result = await played(tmp_path, reader, days=2)
    assert {each.rule for each in result.invariant_breaks} >= {"fault"}

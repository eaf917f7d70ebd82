"""The sample world: the size that was promised, seven in ten paid, books that balance, equal for equal seeds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.channels.sandbox_platform import Platform
from bot.database import upgrade
from bot.demo_homes import homes, raw, scenario_named
from bot.demo_world import build
from bot.settings import ConfigError
from models.accounts import Account
from models.base import Database
from models.bills import Bill
from models.invariants import findings
from models.status import board


@pytest.mark.parametrize(("scenario", "lowest", "highest"), [("clean-month", 0.66, 0.74), ("arrears", 0.35, 0.5)])
async def test_it_is_written_whole(tmp_path: Path, scenario: str, lowest: float, highest: float) -> None:
    database, platform, played = Database(f"sqlite:///{tmp_path / 'demo.db'}"), Platform(), scenario_named(scenario)
    await upgrade(database)
    await build(database, platform, played)
    assert await findings(database) == []
    async with database.read() as session:
        kinds = dict.fromkeys(("property", "training"), 0)
        for kind, number in await session.execute(select(Account.kind, func.count()).group_by(Account.kind)):
            kinds[kind] = number
        periods = set(await session.scalars(select(Bill.period).where(Bill.item == "物业费")))
        rate = (await board(session, played.starts_at, played.starts_at.tzinfo)).rate  # type: ignore[arg-type]
    assert kinds == {"property": 120, "training": 40}
    assert periods == {"2026-09", "2026-10", "2026-11"}
    assert lowest < rate < highest
    people = platform.profiles.values()
    assert Counter(person.kind for person in people) == {"owner": 120, "parent": 40, "staff": 4, "guest": 1}
    assert all(person.slip for person in people if person.account and not person.started)
    assert {room.kind for room in platform.rooms.values()} == {"residents", "staff"}
    assert all(member in platform.profiles for room in platform.rooms.values() for member in room.members)
    await database.close()


def test_equal_seeds_make_equal_worlds() -> None:
    def shown(name: str) -> list[tuple[str, str, str, str, bool]]:
        return [(home.code, home.payer, home.phone, home.habit, home.bound) for home in homes(scenario_named(name))]

    assert shown("clean-month") == shown("clean-month")
    assert shown("clean-month") != shown("arrears")


def test_nobody_is_real() -> None:
    """Numbers of a range that is not given out, and no name twice."""
    world = homes(scenario_named("clean-month"))
    assert all(home.phone.startswith("1990000") and len(home.phone) == 11 for home in world)
    names = Counter(home.payer for home in world)
    assert [name for name, number in names.items() if number > 1] == []


def test_every_story_has_its_home() -> None:
    seats = {home.seat for home in homes(scenario_named("clean-month"))}
    told = {"/".join(each["place"]) for each in [*raw("residents")["resident"], *raw("residents")["chatter"]]}
    shown = {step[key] for step in raw("tour")["step"] for key in ("chat", "as") if "/" in step.get(key, "")}
    assert told <= seats
    assert shown <= seats
    groups = {group["title"] for group in raw("world")["group"]}
    assert {
        step["in"] for each in raw("residents")["resident"] for step in each.get("step", []) if "in" in step
    } <= groups


def test_an_unknown_scenario_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="no-such-month: no such scenario: one of clean-month, arrears"):
        scenario_named("no-such-month")

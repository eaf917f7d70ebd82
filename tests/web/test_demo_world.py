"""The sample world: the size that was promised, seven in ten paid, books that balance, equal for equal seeds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.channels.sandbox_platform import Platform
from bot.database import upgrade
from bot.demo import chosen
from bot.demo_homes import homes, raw, scenario_named
from bot.demo_world import build
from bot.settings import ConfigError
from domain.renewals import Terms, unlawful
from models.accounts import Account
from models.agreements import Offer
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
    assert Counter(person.kind for person in people) == {"owner": 120, "parent": 40, "staff": 5, "guest": 1}
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


@pytest.mark.parametrize("scenario", ["clean-month", "renewal"])
def test_every_story_has_its_home(scenario: str) -> None:
    played = scenario_named(scenario)
    seats = {home.seat for home in homes(played)}
    residents, world = played.told("residents"), played.told("world")
    told = {"/".join(each["place"]) for each in [*residents["resident"], *residents["chatter"]]}
    groups = {group["title"] for group in world["group"]}
    steps = [step for each in residents["resident"] for step in each.get("step", [])]
    known = seats | groups | {member["id"] for member in world["staff"]}
    cycle = played.told("cycle")["step"]
    acted = [action for step in cycle for action in step.get("do", ())]
    assert told <= seats
    assert {step["in"] for step in steps if "in" in step} <= groups
    assert {step["chat"] for step in cycle} <= known
    assert {action[key] for action in acted for key in ("as", "in", "pay") if key in action} <= known


def test_the_tour_knows_its_people() -> None:
    seats = {home.seat for home in homes(scenario_named("clean-month"))}
    shown = {step[key] for step in raw("property/tour")["step"] for key in ("chat", "as") if "/" in step.get(key, "")}
    assert shown <= seats


async def test_the_school_is_about_to_open_its_renewals(tmp_path: Path) -> None:
    """Thirty families of every tier, each with a lawful offer and this term paid; a group and a teacher for each class."""
    database, platform, played = Database(f"sqlite:///{tmp_path / 'demo.db'}"), Platform(), scenario_named("renewal")
    await upgrade(database)
    await build(database, platform, played)
    assert await findings(database) == []
    async with database.read() as session:
        rows = await session.execute(select(Account, Offer).join(Offer, Offer.account_id == Account.id))
        pairs = [(account, offer) for account, offer in rows]
        figures = await board(session, played.starts_at, played.starts_at.tzinfo)  # type: ignore[arg-type]
    assert len(pairs) == 30
    assert {account.tier for account, _ in pairs} == {"A", "B", "C", "D"}
    assert figures.open_fen == 0
    for _, offer in pairs:
        terms = Terms(
            offer.opens_on, offer.closes_on, offer.amount_fen, offer.lessons, offer.covers_from, offer.covers_until
        )
        assert unlawful(terms) is None
    classes = {account.class_name: account for account, _ in pairs}
    rooms = {room.title: room for room in platform.rooms.values() if room.kind == "residents"}
    assert len(classes) == len(rooms) == 3
    for title, room in rooms.items():
        seats = {platform.profiles[member].seat.split("/")[1] for member in room.members if member[0] == "1"}
        assert len(seats) == 1, title
    assert Counter(person.note for person in platform.profiles.values() if person.kind == "staff")["teacher"] == 2
    await database.close()


def test_an_unknown_scenario_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="no-such-month: no such scenario: one of clean-month, arrears"):
        scenario_named("no-such-month")


def test_an_unknown_world_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="no-such-world: no such world: one of property, school"):
        chosen("", "no-such-world")
    with pytest.raises(ConfigError, match="--scenario arrears: not of --world school: one of renewal"):
        chosen("arrears", "school")
    assert (chosen("", "school"), chosen("", ""), chosen("arrears", "")) == ("renewal", "clean-month", "arrears")

"""The households and families of the sample world, made up from a seed: equal for equal seeds."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from bot.content import CONTENT
from bot.settings import ConfigError

DEMO = CONTENT / "demo"
DEFAULT_WORLD = "property"
BOUND_SHARE = 0.86  # of households whose payer already chats with the bot
PARKING_SHARE = 0.42
PARKING_NEW_SHARE = 0.2  # of those, whose parking is new this month
AUTO_PAY_SHARE = 0.12  # of those who pay on time


@dataclass(frozen=True)
class Scenario:
    """A month to play: when it starts, how people pay, which chat is shown first.

    `on_wechat`: residents are on the 公众号 and their groups on 企微, with the rules of both.
    `world`: whose estates, schools and people it is about, a folder of content/demo.
    """

    name: str
    starts_at: datetime
    seed: int
    early: float
    share: Mapping[str, float]
    opens: str
    on_wechat: bool = False
    world: str = DEFAULT_WORLD

    def told(self, what: str) -> dict[str, Any]:
        """A file of its world: "world", "residents", "cycle"."""
        return raw(f"{self.world}/{what}")


@cache
def raw(name: str) -> dict[str, Any]:
    return tomllib.loads((DEMO / f"{name}.toml").read_text(encoding="utf-8"))


def scenario_named(name: str) -> Scenario:
    """Raises ConfigError when there is none of this name."""
    table = raw("scenarios").get(name)
    if table is None:
        raise ConfigError(f"--scenario {name}: no such scenario: one of {', '.join(raw('scenarios'))}")
    return Scenario(name, **{**table, "starts_at": datetime.fromisoformat(table["starts_at"])})


def scenarios_of(world: str) -> list[str]:
    """The scenarios of a world; with the first it begins. Raises ConfigError when there is no such world."""
    found = [name for name, table in raw("scenarios").items() if table.get("world", DEFAULT_WORLD) == world]
    if not found:
        raise ConfigError(f"--world {world}: no such world: one of {', '.join(worlds())}")
    return found


def worlds() -> list[str]:
    return list(dict.fromkeys(table.get("world", DEFAULT_WORLD) for table in raw("scenarios").values()))


@dataclass
class Home:
    """One household or pupil's family before it is written down."""

    community: str
    kind: str
    code: str
    building: str
    address: str
    payer: str
    title: str
    phone: str
    habit: str
    area: Decimal | None = None
    pupil: str = ""
    class_name: str = ""
    lessons: int | None = None
    tier: str = ""  # how likely the family is to stay, where the world has a renewal window
    traits: str = ""
    language: str = "zh"
    bound: bool = True
    cast: str = ""  # the name of the story this household plays
    behind: int = 0  # periods not paid, where a story says so
    parking: str = ""  # "", "always", "new"
    seat: str = ""  # "桂花苑/3栋/1201"
    random: random.Random = field(default_factory=random.Random)

    @property
    def place(self) -> str:
        return f"{self.building}{self.address}" if self.building else self.class_name


def homes(scenario: Scenario) -> list[Home]:
    """Every household of the world; equal for equal seeds."""
    cast = {"/".join(each["place"]): each for each in scenario.told("residents")["resident"]}
    names = _Names(scenario)
    found = [*_flats(names, scenario), *_pupils(names, scenario)]
    for home in found:
        if (part := cast.get(home.seat)) is not None:
            home.payer, home.title, home.habit = part["name"], part["title"], part["habit"]
            home.language, home.cast = part.get("language", "zh"), part["story"]
            home.bound, home.behind = part.get("bound", True), part.get("behind", 0)
            home.traits, home.parking = part.get("traits", ""), "always" if part["story"] in PARKED else home.parking
    return found


PARKED = ("dispute", "plan")  # stories that need a parking fee


class _Names:
    """Names that don't repeat."""

    def __init__(self, scenario: Scenario) -> None:
        self._rng = random.Random(scenario.seed)
        self._people = {key: words.split() for key, words in raw("names").items()}
        self._used = {part["name"] for part in scenario.told("residents")["resident"]}

    def adult(self) -> tuple[str, str]:
        """(name, title)."""
        while True:
            woman = self._rng.random() < 0.52
            given = self._rng.choice(self._people["women" if woman else "men"])
            # Common surnames come first in the list and more often in life.
            surnames = self._people["surnames"]
            name = surnames[min(int(self._rng.expovariate(1 / 14)), len(surnames) - 1)] + given
            if name not in self._used:
                self._used.add(name)
                return name, "女士" if woman else "先生"

    def child(self) -> str:
        child: str = self._rng.choice(self._people["children"])
        return child


def _flats(names: _Names, scenario: Scenario) -> Iterator[Home]:
    for estate in scenario.told("world").get("estate", ()):
        for building in estate["buildings"]:
            for floor in range(1, estate["floors"] + 1):
                for number in range(1, estate["rooms_per_floor"] + 1):
                    room = f"{floor}{number:02d}"
                    home = _home(names, scenario, f"{estate['code']}-{building[:-1]}-{int(room):04d}")
                    home.community, home.kind, home.building, home.address = estate["name"], "property", building, room
                    home.area = Decimal(estate["areas_m2"][number - 1])
                    home.seat = f"{estate['name']}/{building}/{room}"
                    yield home


def _pupils(names: _Names, scenario: Scenario) -> Iterator[Home]:
    school = scenario.told("world")["school"]
    number = 0
    for course in school["class"]:
        for place in range(1, course["pupils"] + 1):
            number += 1
            home = _home(names, scenario, f"{school['code']}-{number:03d}")
            home.community, home.kind, home.class_name = school["name"], "training", course["name"]
            home.pupil, home.lessons, home.parking = names.child(), home.random.randint(2, 9), ""
            home.tier = course["tiers"][place - 1] if "tiers" in course else ""
            home.seat = f"{school['name']}/{course['name']}/{place}"
            yield home


def _home(names: _Names, scenario: Scenario, code: str) -> Home:
    rng = random.Random(f"{scenario.seed}/{code}")
    name, title = names.adult()
    habit = rng.choices(list(scenario.share), list(scenario.share.values()))[0]
    parking = "" if rng.random() > PARKING_SHARE else "new" if rng.random() < PARKING_NEW_SHARE else "always"
    home = Home(
        "", "", code, "", "", name, title, f"1990000{rng.randint(1000, 9999)}", habit, random=rng, parking=parking
    )
    home.bound = rng.random() < BOUND_SHARE
    if habit == "prompt" and rng.random() < AUTO_PAY_SHARE:
        home.traits = "auto_pay"
    return home

"""Practice (R45): a resident who answers as set. Nothing of it is kept: where it stands travels with the conversation."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.wording import LANGUAGES

TRIES = 2  # at one turn; then the resident goes on all the same


class PracticeError(ValueError):
    """A scenario that can't be played; the message names the place and the cure."""


@dataclass(frozen=True)
class Exchange:
    """What the colleague's words should hold (one of `wants`), and what the resident says then, or else."""

    wants: tuple[str, ...]
    good: Mapping[str, str]
    bad: Mapping[str, str]


@dataclass(frozen=True)
class Scenario:
    """`case`: the solved case whose words are shown at the end as a good answer."""

    name: str
    title: Mapping[str, str]
    opening: Mapping[str, str]
    case: str
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True)
class Played:
    """Where a practice stands: at which exchange, how often it was tried, and how it went so far."""

    at: int = 0
    tries: int = 0
    good: int = 0
    unkind: int = 0


@dataclass(frozen=True)
class Heard:
    """What the resident says to the colleague's words. `hurt`: they were unkind, and the same turn comes once more."""

    played: Played
    says: Mapping[str, str]
    over: bool
    hurt: bool = False
    well: bool = False


def hear(scenario: Scenario, played: Played, words: str, *, unkind: bool) -> Heard:
    """One step: kind words that hold what this turn needs lead on; others get a second try, then the talk goes on."""
    exchange = scenario.exchanges[played.at]
    if unkind:
        return Heard(replace(played, unkind=played.unkind + 1), exchange.bad, over=False, hurt=True)
    well = any(want.casefold() in words.casefold() for want in exchange.wants)
    if not well and played.tries + 1 < TRIES:
        return Heard(replace(played, tries=played.tries + 1), exchange.bad, over=False)
    after = replace(played, at=played.at + 1, tries=0, good=played.good + well)
    return Heard(after, exchange.good, over=after.at >= len(scenario.exchanges), well=well)


def read_scenarios(text: str, name: str) -> dict[str, Scenario]:
    """Raises PracticeError naming the place and the cure."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise PracticeError(f"{name}: {wrong}") from None
    found: dict[str, Scenario] = {}
    for number, row in enumerate(raw.get("scenario", []), start=1):
        place = f"{name}: scenario {number}"
        exchanges = tuple(_exchange(f"{place}: turn {n}", each) for n, each in enumerate(row.get("turn", []), start=1))
        if not exchanges or not row.get("name") or row["name"] in found:
            raise PracticeError(f"{place}: a scenario needs a name of its own and at least one [[scenario.turn]]")
        found[row["name"]] = Scenario(
            row["name"], _both(place, row, "title"), _both(place, row, "opening"), str(row.get("case", "")), exchanges
        )
    return found


def _exchange(place: str, row: Mapping[str, Any]) -> Exchange:
    wants: Sequence[str] = row.get("wants", [])
    if not wants:
        raise PracticeError(f"{place}: wants must name words that a good answer holds")
    return Exchange(tuple(wants), _both(place, row, "good"), _both(place, row, "bad"))


def _both(place: str, row: Mapping[str, Any], key: str) -> Mapping[str, str]:
    value = row.get(key)
    if not isinstance(value, dict) or set(value) != set(LANGUAGES):
        raise PracticeError(f"{place}: {key} needs words in each of {', '.join(LANGUAGES)}")
    return {language: str(value[language]) for language in LANGUAGES}

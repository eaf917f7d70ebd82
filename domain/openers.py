"""How to begin a call (交谈切入点): a festival's greeting, an invitation, how the pupil does; chosen by the day and the household."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.calendar import SPRING_FESTIVAL
from domain.wording import LANGUAGES, fields_of, tongue

SPRING = "spring"
NEEDS = ("summary", "wish", "lessons")  # what must be known of the household
FIELDS = frozenset({"summary", "wish", "lessons", "class_name"})
KINDS = ("property", "training")


class OpenerError(ValueError):
    """An opener that can't be used; the message names the place and the cure."""


@dataclass(frozen=True)
class Opener:
    """One way to begin. `first`, `last`: (month, day) of its season; they may run over the turn of the year.

    With `days_before`, `days_after` of the Spring Festival instead, or with no season at all.
    """

    name: str
    words: Mapping[str, str]  # by language
    kinds: tuple[str, ...] = KINDS
    needs: tuple[str, ...] = ()
    first: tuple[int, int] | None = None
    last: tuple[int, int] | None = None
    spring: tuple[int, int] | None = None  # days before and after

    def days_on(self, day: date) -> int | None:
        """How many days its season has when it holds on this day; None: it doesn't. Openers without a season always hold."""
        if self.spring is not None:
            first = SPRING_FESTIVAL.get(day.year)
            before, after = self.spring
            holds = first is not None and first - timedelta(days=before) <= day <= first + timedelta(days=after)
            return before + after + 1 if holds else None
        if self.first is None or self.last is None:
            return 366
        now, first_on, last_on = (day.month, day.day), self.first, self.last
        holds = first_on <= now <= last_on if first_on <= last_on else now >= first_on or now <= last_on
        return (_of_year(last_on) - _of_year(first_on)) % 365 + 1 if holds else None


def choose(openers: Sequence[Opener], day: date, kind: str, known: Mapping[str, str], number: int = 2) -> list[Opener]:
    """The best openers for a call on this day: what is known of this very household first, then the shortest season.

    `known`: of NEEDS, what is known, by name; empty values count as unknown.
    """
    fitting = [
        (-len(each.needs), days, place, each)
        for place, each in enumerate(openers)
        if kind in each.kinds
        and all(known.get(need) for need in each.needs)
        and (days := each.days_on(day)) is not None
    ]
    return [each for *_, each in sorted(fitting, key=lambda found: found[:3])[:number]]


def worded(opener: Opener, language: str, known: Mapping[str, str]) -> str:
    return opener.words[tongue(language)].format_map({field: known.get(field, "") for field in FIELDS})


def read_openers(text: str, name: str) -> tuple[Opener, ...]:
    """The `[[opener]]` rows of content/openers.toml. Raises OpenerError."""
    try:
        rows = tomllib.loads(text).get("opener", [])
    except tomllib.TOMLDecodeError as wrong:
        raise OpenerError(f"{name}: {wrong}") from None
    return tuple(_opener(f"{name}: opener {number}", row) for number, row in enumerate(rows, start=1))


def _opener(place: str, row: Mapping[str, object]) -> Opener:
    known = {"name", *LANGUAGES, "kinds", "needs", "from", "until", "days_before_spring", "days_after_spring"}
    if strange := set(row) - known:
        raise OpenerError(f"{place}: unknown key {sorted(strange)[0]}: correct or remove it")
    words = {language: str(row.get(language, "")) for language in LANGUAGES}
    for language, text in words.items():
        if not text or fields_of(text) - FIELDS:
            raise OpenerError(f"{place}: {language}: needs a text, with no other gaps than {', '.join(sorted(FIELDS))}")
    kinds, needs = _names(place, row, "kinds", KINDS, KINDS), _names(place, row, "needs", (), NEEDS)
    season = (_month_day(place, row, "from"), _month_day(place, row, "until"))
    if (season[0] is None) != (season[1] is None):
        raise OpenerError(f"{place}: from and until come together")
    spring = None
    if "days_before_spring" in row or "days_after_spring" in row:
        spring = (_days(place, row, "days_before_spring"), _days(place, row, "days_after_spring"))
    return Opener(str(row.get("name", "")), words, kinds, needs, *season, spring)


def _names(
    place: str, row: Mapping[str, object], key: str, default: tuple[str, ...], known: Sequence[str]
) -> tuple[str, ...]:
    value = row.get(key, list(default))
    if not isinstance(value, list) or set(value) - set(known):
        raise OpenerError(f"{place}: {key}: a list of {', '.join(known)}")
    return tuple(value)


def _month_day(place: str, row: Mapping[str, object], key: str) -> tuple[int, int] | None:
    if key not in row:
        return None
    try:
        day = date.fromisoformat(f"2024-{row[key]}")
    except ValueError:
        raise OpenerError(f"{place}: {key} = {row[key]!r} is not a day such as 12-20") from None
    return day.month, day.day


def _days(place: str, row: Mapping[str, object], key: str) -> int:
    value = row.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 60:
        raise OpenerError(f"{place}: {key} = {value!r}: choose 0 to 60 days")
    return value


def _of_year(day: tuple[int, int]) -> int:
    return date(2023, *day if day != (2, 29) else (2, 28)).timetuple().tm_yday

"""Scripts and solved cases (话术库、成功案例): read from content/scripts*.toml and cases*.toml, checked, searched by situation."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.wording import LANGUAGES, tongue

KINDS = ("property", "training")
Lines = Mapping[str, tuple[str, ...]]  # language -> lines
Words = Mapping[str, str]  # language -> words
FOUND_MAX = 8
# How much one agreement between a question and a case counts.
KEYWORD, TITLE_PAIR, TEXT_PAIR = 6, 2, 1


class LibraryError(ValueError):
    """A script or a case that can't be used; the message names the place and the cure."""


@dataclass(frozen=True)
class Script:
    """What to say in order, in one situation of a call or a visit."""

    name: str
    title: Words
    steps: Lines


@dataclass(frozen=True)
class Case:
    """A situation that was solved: what to do, and words that can be sent. `intents`: what the reader hears in it."""

    name: str
    kinds: tuple[str, ...]
    title: Words
    words: tuple[str, ...]
    do: Lines
    say: Words
    intents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Library:
    scripts: Mapping[str, Script] = field(default_factory=dict)
    cases: Mapping[str, Case] = field(default_factory=dict)

    def script(self, situation: str, language: str) -> tuple[str, ...]:
        """The steps of a situation; none where the office has taken it out of the file."""
        found = self.scripts.get(situation)
        return found.steps[tongue(language)] if found else ()

    def search(self, question: str, kind: str = "", more: Iterable[Case] = ()) -> list[Case]:
        """The cases that a question in free words means, the closest first. `more`: cases from elsewhere."""
        scored = [(closeness(question, case), case) for case in (*self.cases.values(), *more) if fits(case, kind)]
        best = sorted((each for each in scored if each[0] > 0), key=lambda each: (-each[0], each[1].name))
        return [case for _, case in best[:FOUND_MAX]]

    def fitting(self, intents: Sequence[str], text: str, kind: str) -> Case | None:
        """The one case that fits what somebody has just said: of what the reader heard, the closest in words."""
        heard = [case for case in self.cases.values() if fits(case, kind) and set(case.intents) & set(intents)]
        if not heard:
            return None
        return max(heard, key=lambda case: (closeness(text, case), -intents.index(_first(case, intents))))


def _first(case: Case, intents: Sequence[str]) -> str:
    return next(intent for intent in intents if intent in case.intents)


def fits(case: Case, kind: str) -> bool:
    return not kind or kind in case.kinds


def closeness(question: str, case: Case) -> int:
    """How close a case is to a question: its keywords first, then what title and words share with it."""
    asked = _plain(question)
    points = sum(KEYWORD for word in case.words if _plain(word) in asked or asked in _plain(word)) if asked else 0
    pairs = _pairs(asked)
    title = _pairs(_plain(" ".join(case.title.values())))
    text = _pairs(_plain(" ".join((*case.say.values(), *(line for lines in case.do.values() for line in lines)))))
    return points + TITLE_PAIR * len(pairs & title) + (TEXT_PAIR * len(pairs & text) if points else 0)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _pairs(text: str) -> set[str]:
    """Pairs of neighbouring Chinese signs, and whole Latin words of three letters or more."""
    chinese = re.findall(r"[\u4e00-\u9fff]+", text)
    pairs = {run[n : n + 2] for run in chinese for n in range(len(run) - 1)}
    return pairs | set(re.findall(r"[a-z]{3,}", text))


def read_scripts(text: str, name: str) -> dict[str, Script]:
    """Raises LibraryError naming the place and the cure."""
    found: dict[str, Script] = {}
    for place, row in _rows(text, name, "script"):
        _only(place, row, {"name", "title", "steps"})
        script = Script(_name(place, row, found), _words(place, row, "title"), _lines(place, row, "steps"))
        found[script.name] = script
    return found


def read_cases(text: str, name: str) -> dict[str, Case]:
    """Raises LibraryError naming the place and the cure."""
    found: dict[str, Case] = {}
    for place, row in _rows(text, name, "case"):
        _only(place, row, {"name", "kinds", "title", "words", "do", "say", "intents"})
        kinds = tuple(row.get("kinds", KINDS))
        if unknown := set(kinds) - set(KINDS):
            raise LibraryError(f"{place}: kinds: {sorted(unknown)[0]!r} is not one of {', '.join(KINDS)}")
        words, intents = row.get("words", []), row.get("intents", [])
        if not words or not all(isinstance(each, str) and each for each in (*words, *intents)):
            raise LibraryError(f"{place}: words must be a list of keywords by which the case is found")
        case = Case(
            _name(place, row, found),
            kinds,
            _words(place, row, "title"),
            tuple(words),
            _lines(place, row, "do"),
            _words(place, row, "say"),
            tuple(intents),
        )
        found[case.name] = case
    return found


def _rows(text: str, name: str, table: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise LibraryError(f"{name}: {wrong}") from None
    rows = raw.pop(table, [])
    if raw or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LibraryError(f"{name}: only [[{table}]] tables may stand here")
    return [(f"{name}: {table} {number}", row) for number, row in enumerate(rows, start=1)]


def _only(place: str, row: Mapping[str, Any], known: set[str]) -> None:
    if unknown := set(row) - known:
        raise LibraryError(f"{place}: unknown key {sorted(unknown)[0]}: correct or remove it")


def _name(place: str, row: Mapping[str, Any], found: Mapping[str, object]) -> str:
    name = row.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]{1,39}", name):
        raise LibraryError(f"{place}: name must be a word of small letters such as water_pressure")
    if name in found:
        raise LibraryError(f"{place}: {name} stands there twice: keep one")
    return name


def _words(place: str, row: Mapping[str, Any], key: str) -> Words:
    value = row.get(key)
    if not isinstance(value, dict) or set(value) != set(LANGUAGES) or not all(map(_is_text, value.values())):
        raise LibraryError(f"{place}: {key} needs words in each of {', '.join(LANGUAGES)}")
    return {language: value[language].strip() for language in LANGUAGES}


def _lines(place: str, row: Mapping[str, Any], key: str) -> Lines:
    value = row.get(key)
    lists = value.values() if isinstance(value, dict) else []
    right = all(isinstance(lines, list) and lines and all(map(_is_text, lines)) for lines in lists)
    if not isinstance(value, dict) or set(value) != set(LANGUAGES) or not right:
        raise LibraryError(f"{place}: {key} needs a list of lines in each of {', '.join(LANGUAGES)}")
    return {language: tuple(line.strip() for line in value[language]) for language in LANGUAGES}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())

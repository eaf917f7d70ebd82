"""What would show one household to a group: a room, a name beside a debt, a sum, a telephone number, a small count.

The words are in content/lint.household.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from domain.lint_text import plain
from domain.lint_words import compiled, filled, lists_of, shipped, table_of
from domain.toml_table import Table

KINDS = ("room", "name", "sum", "count", "phone", "list")
UNLESS = ("room", "name", "name_begins", "sum", "count", "phone")  # what makes it something else
_BEFORE, _AFTER = 8, 6  # characters around a room that may tell it is none


@dataclass(frozen=True)
class Sign:
    """What shows a household, of one kind; a name only where the sentence holds what it `needs`, too."""

    kind: str
    shown: str
    needed: str
    example: str
    row: Table

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return compiled(self.shown, self.row, "words")

    @cached_property
    def needs(self) -> re.Pattern[str] | None:
        return compiled(self.needed, self.row, "needs") if self.needed else None


class Signs(dict[str, re.Pattern[str]]):
    """The signs by kind in the order of the file, and by kind what makes them something else."""

    def __init__(self, signs: tuple[Sign, ...], unless: Table, patterns: dict[str, str]) -> None:
        super().__init__()
        self.of = {kind: tuple(sign for sign in signs if sign.kind == kind) for kind in KINDS}
        self._unless, self._patterns = unless, patterns

    def __missing__(self, name: str) -> re.Pattern[str]:
        self[name] = compiled(self._patterns[name], self._unless, name)
        return self[name]

    def only(self, sign: Sign) -> Signs:
        return Signs((sign,), self._unless, self._patterns)


@cache
def _shipped() -> Signs:
    return read_signs(*shipped("lint.household.toml"))


def read_signs(text: str, name: str) -> Signs:
    """Parse and check the signs. Raises PolicyError as read_words does; `name` is used in error messages."""
    top = table_of(text, name)
    lists = lists_of(top, "lists")
    unless = top.table("unless")
    patterns = {each: filled(unless, each, unless.text(each), lists) for each in UNLESS}
    unless.refuse_leftovers(f"the program asks for {', '.join(UNLESS)}")
    signs = tuple(_sign(row, lists) for row in top.rows("shows"))
    top.refuse_leftovers("the tables are [lists], [unless] and [[shows]]")
    return Signs(signs, unless, patterns)


def _sign(row: Table, lists: dict[str, str]) -> Sign:
    if (kind := row.text("kind")) not in KINDS:
        raise row.wrong(f"kind = {kind!r} is not one of {', '.join(KINDS)}", "kind")
    sign = Sign(
        kind=kind,
        shown=filled(row, "words", row.text("words"), lists),
        needed=filled(row, "needs", row.text("needs") if kind == "name" else "", lists),
        example=row.text("example"),
        row=row,
    )
    row.refuse_leftovers("it has kind, example and words, a name also needs")
    return sign


def hold_signs_to_their_examples() -> None:
    """Look at content/lint.household.toml as a whole. Raises PolicyError: what is no pattern, a failing example."""
    signs = _shipped()
    for each in UNLESS:
        signs[each]
    for sign in (sign for kind in KINDS for sign in signs.of[kind]):
        alone = signs.only(sign)
        if not any(household_data(plain(sign.example), alone)):
            raise sign.row.wrong(f"example: {sign.example!r} is not stopped by these words: correct one", "example")


def household_data(text: str, signs: Signs | None = None) -> Iterator[tuple[str, str]]:
    """(rule, words) of each piece of a household's data in a plain text; by the signs that ship unless others are given."""
    signs = _shipped() if signs is None else signs
    for sign in signs.of["room"]:
        for hit in sign.pattern.finditer(text):
            if not signs["room"].search(text[max(0, hit.start() - _BEFORE) : hit.end() + _AFTER]):
                yield "household_data", hit[0]
    for sentence in re.split("[。!?;\n]", text):
        yield from _in_sentence(sentence, signs)
    for sign in signs.of["phone"]:
        for hit in sign.pattern.finditer(text):
            if not signs["phone"].search(text[: hit.start()]):
                yield "household_data", hit[0]
    for sign in signs.of["list"]:
        if (found := sign.pattern.search(text)) is not None:
            yield "household_data", found[0]


def _in_sentence(sentence: str, signs: Signs) -> Iterator[tuple[str, str]]:
    for sign in signs.of["name"]:
        for hit in sign.pattern.finditer(sentence):
            name = hit[0].strip(' ,。!?;:、@(（"“《')
            called = not signs["name_begins"].search(name) and not signs["name"].search(hit[0])
            if called and sign.needs is not None and sign.needs.search(sentence):
                yield "household_data", name
    if not signs["sum"].search(sentence):
        for sign in signs.of["sum"]:
            if (found := sign.pattern.search(sentence)) is not None:
                yield "household_data", found[0]
    for sign in signs.of["count"]:
        if (found := sign.pattern.search(sentence)) is not None and not signs["count"].search(found[0]):
            yield "household_data", found[0]

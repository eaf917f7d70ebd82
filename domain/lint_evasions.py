"""Forbidden words in disguise: homophones, pinyin, initials, letters and signs between the characters.

The words are in content/lint.disguises.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from domain.lint_text import HAN, plain, squeezed_words
from domain.lint_words import RULES, compiled, filled, lists_of, shipped, table_of
from domain.toml_table import Table

# Between two characters of one word: signs, digits, or one stray letter.
_GAP = rf"(?:[^{HAN}a-z,。!?;:\n]|(?<![a-z])[a-z](?![a-z])){{0,4}}"

_SOUND = re.compile(rf"(?P<character>[{HAN}]) (?P<pinyin>[a-z]+)(?: (?P<alike>[{HAN}]+))?")


@dataclass(frozen=True)
class Disguised:
    """A word of a rule, in mixed spelling and all in pinyin."""

    rule: str
    word: str
    mixed: re.Pattern[str]
    spelled: re.Pattern[str]


@dataclass(frozen=True)
class Slang:
    """Initials that stand for words of a rule."""

    rule: str
    example: str
    pattern: re.Pattern[str]
    row: Table


@dataclass(frozen=True)
class Disguises:
    """`ordinary`: characters that meet by chance."""

    words: tuple[Disguised, ...]
    slang: tuple[Slang, ...]
    ordinary: frozenset[str]


@cache
def _shipped() -> Disguises:
    """Compiled when the first text is looked at."""
    return read_disguises(*shipped("lint.disguises.toml"))


def read_disguises(text: str, name: str) -> Disguises:
    """Parse and check the disguises. Raises PolicyError as read_words does; `name` is used in error messages."""
    top = table_of(text, name)
    sounds = _sounds(top.table("sounds"))
    rules, table = top.names("words"), top.table("words")
    words: list[Disguised] = []
    for rule in rules:
        _known(rule, table)
        for word in table.text(rule).split():
            if strange := [each for each in word if each not in sounds]:
                raise table.wrong(f"{word}: how does {strange[0]} sound? Add a line for it to [sounds]", rule)
            words.append(Disguised(rule, word, *_spellings(word, sounds)))
    unless = top.table("unless")
    ordinary = frozenset(unless.text("words", "").split())
    unless.refuse_leftovers()
    lists = lists_of(top, "lists")
    slang = tuple(_slang(row, lists) for row in top.rows("slang"))
    top.refuse_leftovers("the tables are [words], [sounds], [unless], [lists] and [[slang]]")
    return Disguises(tuple(words), slang, ordinary)


def _known(rule: str, table: Table) -> None:
    if rule not in RULES:
        raise table.wrong(f"{rule!r} is not one of {', '.join(RULES)}", rule)


def _sounds(table: Table) -> Mapping[str, tuple[str, str]]:
    """(pinyin, what sounds or looks alike) of each character."""
    sounds: dict[str, tuple[str, str]] = {}
    for line in table.text("characters").splitlines():
        if (found := _SOUND.fullmatch(line)) is None:
            cure = "write a character, its pinyin, and what sounds or looks alike: 停 ting 亭婷"
            raise table.wrong(f"{line!r}: {cure}", "characters")
        sounds[found["character"]] = (found["pinyin"], found["alike"] or "")
    table.refuse_leftovers()
    return sounds


def _spellings(word: str, sounds: Mapping[str, tuple[str, str]]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(mixed spelling, all pinyin) of a word."""
    mixed, spelled = [], []
    for character in word:
        sound, alike = sounds[character]
        letters = rf"(?<![a-z]){sound}(?![a-z])|(?<![a-z]){sound[0]}(?![a-z])"
        mixed.append(f"(?:[{character}{alike}]|{letters})")
        spelled.append(sound)
    whole = r"[\W\d_]{0,2}".join(spelled)
    return re.compile(_GAP.join(mixed)), re.compile(rf"(?<![a-z]){whole}(?![a-z])")


def _slang(row: Table, lists: dict[str, str]) -> Slang:
    rule = row.text("rule")
    _known(rule, row)
    pattern = compiled(filled(row, "words", row.text("words"), lists), row, "words")
    slang = Slang(rule, row.text("example"), pattern, row)
    row.refuse_leftovers("it has rule, example and words")
    return slang


def hold_disguises_to_their_examples() -> None:
    """Look at content/lint.disguises.toml as a whole. Raises PolicyError."""
    for slang in _shipped().slang:
        if not slang.pattern.search(squeezed_words(plain(slang.example))):
            raise slang.row.wrong(f"example: {slang.example!r} is not stopped by these words: correct one", "example")


def disguised(text: str) -> Iterator[tuple[str, str]]:
    """(rule, the words as written) of a plain text; words written openly are left to the rules."""
    open_words = squeezed_words(text)
    known = _shipped()
    for each in known.words:
        for hit in each.mixed.finditer(text):
            if not re.search(f"[{HAN}]", hit[0]):
                continue
            openly = re.sub(rf"[^{HAN}a-z0-9]", "", hit[0]) == each.word and each.word in open_words
            if not openly and not _innocent(each.word, hit[0], known.ordinary):
                yield each.rule, hit[0]
        if (found := each.spelled.search(text)) is not None:
            yield each.rule, found[0]
    for slang in known.slang:
        if (found := slang.pattern.search(open_words)) is not None:
            yield slang.rule, found[0]


def _innocent(word: str, written: str, ordinary: frozenset[str]) -> bool:
    """A chance meeting of characters: two words that touch over a space or a figure."""
    if re.fullmatch(rf"[{HAN}]+", written) and written != word:
        return written in ordinary
    between = re.sub(rf"[{HAN}]", "", written)
    return bool(re.search(r"\d", between)) and not re.fullmatch(r"\W*\d\W*", between)

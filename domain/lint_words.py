"""The words of the kindness check, content/lint.zh.toml and lint.en.toml: what no text may say, and in what company it may.

Read once, when the first text is looked at; a pattern is compiled when it is first asked for. Each complaint names the file, the line
and the cure. Of all domain/ this alone reads files of its own accord: the reason is in docs/decisions.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from domain.policy import PolicyError
from domain.toml_lines import Lines
from domain.toml_table import Table

CONTENT = Path(__file__).resolve().parent.parent / "content"
RULES = (
    "utilities", "access", "exposure", "authority", "pressure", "no_refund", "insult", "blame", "child", "loan",
)  # fmt: skip
# What a sentence does with the words in it, as [sentence] tells it.
SENTENCE = {
    "zh": (
        "fraud", "own_threat", "negated", "negated_near", "forbids", "hostile_gap", "reason", "unless", "afterwards",
        "asks", "taunts", "reports", "duns", "money_missing",
    ),
    "en": ("fraud", "own_threat", "negated", "hostile_gap", "unless", "asks", "taunts", "money_missing"),
}  # fmt: skip
PUPIL = ("child", "home")  # what no parent should read of their child (domain/lint_pupil.py)
_LIST = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Ban:
    """`forbidden` words, where `needed` ones (if any) are in the sentence too, unless `excuse` is.

    `firm`: the excuse is an occasion, works or weather: none where the text also speaks of money that is not there.
    `across`: looked for in the whole text without its signs. `stops`, `passes`: lines that show what it is for.
    """

    rule: str
    forbidden: str
    needed: str
    excuse: str
    firm: bool
    across: bool
    stops: str
    passes: str
    row: Table

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return compiled(self.forbidden, self.row, "words")

    @cached_property
    def needs(self) -> re.Pattern[str] | None:
        return compiled(self.needed, self.row, "needs") if self.needed else None

    @cached_property
    def unless(self) -> re.Pattern[str] | None:
        return compiled(self.excuse, self.row, "unless") if self.excuse else None


class Words(dict[str, re.Pattern[str]]):
    """The words of one language: its bans in the order of the file, and other patterns by name, as "asks" or "pupil.home"."""

    def __init__(self, bans: tuple[Ban, ...], patterns: Mapping[str, tuple[str, Table, str]]) -> None:
        super().__init__()
        self.bans = tuple(ban for ban in bans if not ban.across)
        self.across = tuple(ban for ban in bans if ban.across)
        self._patterns = patterns

    def __missing__(self, name: str) -> re.Pattern[str]:
        self[name] = compiled(*self._patterns[name])
        return self[name]

    def compile(self) -> None:
        """Make every pattern ready. Raises PolicyError at the first that is none."""
        for name in self._patterns:
            self[name]
        for ban in (*self.bans, *self.across):
            _ = ban.pattern, ban.needs, ban.unless


@cache
def words(language: str) -> Words:
    """The words of "zh" or "en". Raises PolicyError."""
    return read_words(*shipped(f"lint.{language}.toml"), language)


def shipped(file: str) -> tuple[str, str]:
    """(text, name) of a file of content/. Raises PolicyError."""
    path = CONTENT / file
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except OSError as wrong:
        raise PolicyError(f"{path}: {wrong.strerror}: put the file back") from None
    except UnicodeDecodeError:
        raise PolicyError(f"{path}: this is not UTF-8: save it as UTF-8") from None


def read_words(text: str, name: str, language: str) -> Words:
    """Parse and check the words of one language. `name` is used in error messages.

    Raises PolicyError: bad TOML, an unknown or missing key, a list or a rule that there is not. What is no pattern shows when it is
    compiled.
    """
    top = table_of(text, name)
    occasions = tuple(top.names("occasions"))
    lists = lists_of(top, "lists", "occasions")
    patterns: dict[str, tuple[str, Table, str]] = {}
    for kind, known in (("sentence", SENTENCE[language]), ("pupil", PUPIL)):
        table = top.table(kind)
        for each in known:
            called = each if kind == "sentence" else f"{kind}.{each}"
            patterns[called] = (filled(table, each, table.text(each), lists), table, each)
        table.refuse_leftovers(f"the program asks for {', '.join(known)}")
    bans = tuple(_ban(row, lists, occasions) for row in top.rows("forbidden"))
    top.refuse_leftovers("the tables are [lists], [occasions], [sentence], [pupil] and [[forbidden]]")
    return Words(bans, patterns)


def table_of(text: str, name: str) -> Table:
    """The whole of a file. Raises PolicyError: bad TOML."""
    try:
        return Table(name, "", Lines(text), ("", 1), tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise PolicyError(f"{name}: {wrong}") from None


def lists_of(top: Table, *kinds: str) -> dict[str, str]:
    """The lists of these tables by name; each may hold those above it."""
    lists: dict[str, str] = {}
    for kind in kinds:
        names, table = top.names(kind), top.table(kind)
        for each in names:
            if each in lists:
                raise table.wrong(f"{each} is a list already: choose another name", each)
            lists[each] = filled(table, each, table.text(each), lists)
    return lists


def _ban(row: Table, lists: Mapping[str, str], occasions: Collection[str]) -> Ban:
    if (rule := row.text("rule")) not in RULES:
        raise row.wrong(f"rule = {rule!r} is not one of {', '.join(RULES)}", "rule")
    excuse = row.text("unless", "")
    ban = Ban(
        rule=rule,
        forbidden=filled(row, "words", row.text("words"), lists),
        needed=filled(row, "needs", row.text("needs", ""), lists),
        excuse=filled(row, "unless", excuse, lists),
        firm=any(name in occasions for name in _LIST.findall(excuse)),
        across=bool(row.truth("across")),
        stops=row.text("stops"),
        passes=row.text("passes", ""),
        row=row,
    )
    row.refuse_leftovers("it has rule, stops, passes, words, needs, unless, across")
    return ban


def filled(row: Table, key: str, text: str, lists: Mapping[str, str]) -> str:
    """One pattern of a text whose lines are alternatives; an indented line goes on with the one above, # begins a remark."""
    pieces: list[str] = []
    for line in text.splitlines():
        if line[:1].isspace() and pieces:
            pieces[-1] += line.strip()
        elif line.strip() and not line.startswith("#"):
            pieces.append(line.strip())
    pattern = "|".join(pieces)

    def put(found: re.Match[str]) -> str:
        if (name := found[1]) not in lists:
            raise row.wrong(f"{key}: no list above is called {{{name}}}: there are {', '.join(lists)}", key)
        # Among alternatives it is some more of them; elsewhere a list of several goes in as a group.
        before, after = pattern[max(0, found.start() - 3) : found.start()], pattern[found.end() : found.end() + 1]
        among = (not before or before.endswith(("|", "(", "(?:"))) and after in ("", "|", ")")
        return lists[name] if among or "|" not in lists[name] else f"(?:{lists[name]})"

    return _LIST.sub(put, pattern)


def compiled(pattern: str, row: Table, key: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as wrong:
        near = pattern[max(0, (wrong.pos or 0) - 10) : (wrong.pos or 0) + 20]
        raise row.wrong(f"{key}: {wrong.msg} near {near!r}: close what was opened there, or take it out", key) from None
    if compiled.match(""):
        raise row.wrong(f"{key}: empty words are found in every text: take out the | that has nothing beside it", key)
    return compiled

"""Precise patterns and guards: each adds to the learned score of one label."""

from __future__ import annotations

import json
import re
import tomllib
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from understanding.literals import LONGEST, alternatives, asked

_Entry = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    label: str
    strength: float
    unless: str  # a pattern; empty for none


@dataclass(frozen=True)
class Rules:
    """The rules of content/understanding/rules.toml.

    Their patterns are long lists of alternatives, and a sentence holds the words of few. Each alternative is filed under the
    strings one of which it can't do without: only those whose strings stand in the sentence are searched, and compiled then.
    """

    rules: tuple[Rule, ...]
    patterns: tuple[tuple[Rule, str], ...]  # the strongest first
    asking: dict[str, list[int]]  # by a string, the patterns that may be found where it stands
    always: tuple[int, ...]  # patterns that may be found anywhere

    @classmethod
    def load(cls, path: Path) -> Rules:
        """Take the rules as training prepared them, or prepare them here when they were changed since.

        Raises ValueError naming the rule whose pattern is wrong.
        """
        kept = prepared_path(path)
        prepared: list[Any] = json.loads(kept.read_bytes()) if kept.exists() else [None]
        return cls._filed(prepared[1:] if prepared[0] == _mark(path) else _prepared(path))

    @classmethod
    def _filed(cls, entries: list[_Entry]) -> Rules:
        rules = tuple(Rule(each["label"], each["strength"], each["unless"]) for each in entries)
        found = [
            (rule, pattern, texts)
            for rule, entry in zip(rules, entries, strict=True)
            for pattern, texts in entry["alternatives"].items()
        ]
        found.sort(key=lambda each: -each[0].strength)
        asking: dict[str, list[int]] = {}
        for number, (_, _, texts) in enumerate(found):
            for text in texts:
                asking.setdefault(text, []).append(number)
        always = tuple(number for number, (_, _, texts) in enumerate(found) if not texts)
        return cls(rules, tuple((rule, pattern) for rule, pattern, _ in found), asking, always)

    def hints(self, text: str) -> dict[str, float]:
        """What to add to the score of each label: the strongest of its rules that speak. A negative strength takes away."""
        added: dict[str, float] = {}
        for number in self._candidates(text):
            rule, pattern = self.patterns[number]
            if rule.label not in added and _found(pattern, text) and not (rule.unless and _found(rule.unless, text)):
                added[rule.label] = rule.strength
        return added

    def _candidates(self, text: str) -> list[int]:
        """The patterns that may be found in a text, the strongest first."""
        strings = {text[at : at + size] for size in range(1, LONGEST + 1) for at in range(len(text))}
        return sorted({*self.always, *(n for string in self.asking.keys() & strings for n in self.asking[string])})


def prepare(path: Path) -> None:
    """Write the rules as the reader takes them beside rules.toml. Raises ValueError naming the rule whose pattern is wrong."""
    lines = [json.dumps(each, ensure_ascii=False) for each in (_mark(path), *_prepared(path))]
    prepared_path(path).write_text("[" + ",\n".join(lines) + "]\n", "utf-8")


def prepared_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _prepared(path: Path) -> list[_Entry]:
    return [_checked(path, entry) for entry in tomllib.loads(path.read_text("utf-8"))["rule"]]


def _mark(path: Path) -> int:
    """By which a prepared file knows whether it was made of these very rules."""
    return zlib.crc32(path.read_bytes())


def _checked(path: Path, entry: dict[str, str]) -> _Entry:
    try:
        pieces = alternatives(entry["pattern"])
        for pattern in (entry["pattern"], entry.get("unless", ""), *pieces):
            re.compile(pattern)
        return {
            "label": entry["label"],
            "strength": float(entry["strength"]),
            "unless": entry.get("unless", ""),
            "alternatives": {piece: sorted(asked(piece)) for piece in pieces},
        }
    except (re.error, KeyError) as error:
        raise ValueError(f"{path}: the rule for {entry.get('label', 'no label')} is wrong: {error}") from error


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _found(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text) is not None

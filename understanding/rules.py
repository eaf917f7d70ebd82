"""Precise patterns and guards: each adds to the learned score of one label."""

import math
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Rule:
    label: str
    strength: float
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None

    def speaks(self, text: str) -> bool:
        return bool(self.pattern.search(text)) and not (self.unless and self.unless.search(text))


@dataclass(frozen=True)
class Rules:
    """The rules of content/understanding/rules.toml."""

    rules: tuple[Rule, ...]

    @classmethod
    def load(cls, path: Path) -> "Rules":
        """Raises ValueError naming the rule whose pattern is wrong."""
        return cls(tuple(_rule(path, entry) for entry in tomllib.loads(path.read_text("utf-8"))["rule"]))

    def hints(self, text: str) -> dict[str, float]:
        """What to add to the score of each label: the strongest of its rules that speak. A negative strength takes away."""
        added: dict[str, float] = {}
        for rule in self.rules:
            if rule.strength > added.get(rule.label, -math.inf) and rule.speaks(text):
                added[rule.label] = rule.strength
        return added


def _rule(path: Path, entry: dict[str, str]) -> Rule:
    try:
        unless = re.compile(entry["unless"]) if entry.get("unless") else None
        return Rule(entry["label"], float(entry["strength"]), re.compile(entry["pattern"]), unless)
    except (re.error, KeyError) as error:
        raise ValueError(f"{path}: the rule for {entry.get('label', 'no label')} is wrong: {error}") from error

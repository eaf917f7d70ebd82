"""Concepts of the lexicon found in a sentence: many words, one meaning."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ENGLISH_WORD = re.compile(r"[a-z][a-z']*|\d+|\?")
_Table = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Lexicon:
    """Words of content/understanding/lexicon.toml, each with the concepts it stands for."""

    chinese: dict[str, tuple[str, ...]]
    english: dict[tuple[str, ...], tuple[str, ...]]
    sizes: dict[str, tuple[int, ...]]  # of the Chinese words that begin with a sign
    english_sizes: dict[str, tuple[int, ...]]  # of the phrases that begin with a word
    tones: frozenset[str]

    @classmethod
    def load(cls, path: Path) -> "Lexicon":
        tables: dict[str, _Table] = tomllib.loads(path.read_text("utf-8"))
        chinese: dict[str, tuple[str, ...]] = {}
        english: dict[tuple[str, ...], tuple[str, ...]] = {}
        for name, entry in (tables["concepts"] | tables["tone"]).items():
            for word in entry["zh"].split():
                if word.isascii() and word.isalnum():
                    english[(word,)] = (*english.get((word,), ()), name)
                else:
                    chinese[word] = (*chinese.get(word, ()), name)
            for phrase in entry["en"].split(","):
                key = tuple(ENGLISH_WORD.findall(phrase)) or (phrase.strip(),)
                english[key] = (*english.get(key, ()), name)
        return cls(chinese, english, sizes_by_start(chinese), sizes_by_start(english), frozenset(tables["tone"]))

    def find(self, text: str) -> list[tuple[int, str]]:
        """(position, concept) in the order of the sentence; a concept counts once, where it first stands."""
        first: dict[str, int] = {}
        for start, sign in enumerate(text):
            for size in self.sizes.get(sign, ()):
                for name in self.chinese.get(text[start : start + size], ()):
                    first.setdefault(name, start)
        starts = [match.start() for match in ENGLISH_WORD.finditer(text)]
        words = ENGLISH_WORD.findall(text)
        for i, start in enumerate(starts):
            for size in self.english_sizes.get(words[i], ()):
                for name in self.english.get(tuple(words[i : i + size]), ()):
                    first[name] = min(start, first.get(name, start))
        return sorted((at, name) for name, at in first.items())


def sizes_by_start(words: Iterable[Sequence[str]]) -> dict[str, tuple[int, ...]]:
    """By what words begin with, how long those words are, the longest first."""
    sizes: dict[str, set[int]] = {}
    for word in words:
        sizes.setdefault(word[0], set()).add(len(word))
    return {start: tuple(sorted(found, reverse=True)) for start, found in sizes.items()}

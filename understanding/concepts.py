"""Concepts of the lexicon found in a sentence: many words, one meaning."""

import re
import tomllib
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
    longest_english: int
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
        sizes: dict[str, set[int]] = {}
        for word in chinese:
            sizes.setdefault(word[0], set()).add(len(word))
        ordered = {sign: tuple(sorted(found)) for sign, found in sizes.items()}
        return cls(chinese, english, ordered, max(map(len, english)), frozenset(tables["tone"]))

    def find(self, text: str) -> list[tuple[int, str]]:
        """(position, concept) in the order of the sentence; a concept counts once, where it first stands."""
        first: dict[str, int] = {}
        for start, sign in enumerate(text):
            for size in self.sizes.get(sign, ()):
                for name in self.chinese.get(text[start : start + size], ()):
                    first.setdefault(name, start)
        words = [(m[0], m.start()) for m in ENGLISH_WORD.finditer(text)]
        for i, (_, start) in enumerate(words):
            for j in range(i + 1, min(i + self.longest_english, len(words)) + 1):
                for name in self.english.get(tuple(w for w, _ in words[i:j]), ()):
                    first[name] = min(start, first.get(name, start))
        return sorted((at, name) for name, at in first.items())

"""Which of some named things a sentence comes nearest to, by the words that both hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from itertools import pairwise

_WORDS = re.compile(r"[a-z]{4,}")
_FILLERS = frozenset("的了吗呢吧我你您他她它们这那是有在把给一二三要想请帮看怎么什不没个上下到和就都今天日")
ALIKE = 0.75  # of two Latin words: a slip of the finger apart
PAIR = 2  # two Chinese characters in a row say more than two apart


def nearest(said: str, named: Mapping[str, str], most: int) -> list[str]:
    """The keys whose own name or words come nearest to what was said, nearest first; those that share nothing are left out."""
    scores = {name: _score(said.casefold(), f"{name} {words}".casefold()) for name, words in named.items()}
    found = [name for name, score in scores.items() if score > 0]
    return sorted(found, key=lambda name: -scores[name])[:most]


def _score(said: str, words: str) -> float:
    latin = sum(_likeness(each, _WORDS.findall(words)) for each in _WORDS.findall(said))
    signs = {sign for sign in said if sign >= "一" and sign not in _FILLERS}
    pairs = {first + second for first, second in pairwise(said) if {first, second} & signs}
    return latin * PAIR + sum(sign in words for sign in signs) + PAIR * sum(pair in words for pair in pairs)


def _likeness(word: str, others: Iterable[str]) -> float:
    likeness = max((SequenceMatcher(None, word, each).ratio() for each in others), default=0)
    return likeness if likeness >= ALIKE else 0

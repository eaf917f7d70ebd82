"""What a pattern cannot match without: "(交|缴).{0,4}物业费" asks for 物业费, and a text that lacks it need not be searched.

Read from the pattern's own spelling, quickly and carefully: a part that is not understood here asks for nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Set
from typing import NamedTuple

LONGEST = 3  # characters: no more of a string is asked for

_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?::|<?[=!]|P<\w+>))?|(?:[?*+]|\{(?!\})\d*,?\d*\})[?+]?|.", re.DOTALL
)
_PLAIN = re.compile(r"[^\\\[\](){}?*+.^$|]+")
_SMALL_CLASS = re.compile(r"\[(?:[^\\\]^-]|\\[^\w\s])+\]")
_BY_CONTEXT = re.compile(r"\\[1-9]|\(\?(?![:=!]|<[=!]|P<)")  # references and flags: what no part means by itself
_NO_WIDTH = frozenset({"^", "$", r"\b", r"\B", r"\A", r"\Z"})
_MOST = 16  # strings that are kept of a part: of more, each says too little
_ODDS = {True: 0.1, False: 0.01}  # that a place holds a certain character, by whether that is ASCII


class _Part(NamedTuple):
    """Of a part of a pattern: `exact`, all strings it matches, None when they are many; and `asked`, one of which stands
    in whatever it matches, empty when none are known."""

    exact: Set[str] | None
    asked: Set[str]


_UNKNOWN = _Part(None, frozenset())
_EMPTY = _Part(frozenset({""}), frozenset())


def alternatives(pattern: str) -> list[str]:
    """A pattern cut at its outermost bars: it is found in a text where one of the pieces is."""
    if _BY_CONTEXT.search(pattern):
        return [pattern]
    pieces: list[str] = []
    depth = start = 0
    for token in _TOKEN.finditer(pattern):
        sign = token[0]
        if sign[0] == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
        elif sign == "|" and not depth:
            pieces.append(pattern[start : token.start()])
            start = token.end()
    return [*pieces, pattern[start:]]


def asked(pattern: str) -> Set[str]:
    """Strings of which every text that `pattern` is found in holds at least one; empty when none are known."""
    if _PLAIN.fullmatch(pattern):
        return {pattern[:LONGEST]}
    if _BY_CONTEXT.search(pattern):
        return frozenset()
    return {each[:LONGEST] for each in _either(_TOKEN.findall(pattern)[::-1]).asked}


def _either(tokens: list[str]) -> _Part:
    """Alternatives up to the closing bracket. `tokens` are taken from the end, here and below."""
    parts = [_sequence(tokens)]
    while tokens and tokens.pop() == "|":
        parts.append(_sequence(tokens))
    exact = {text for part in parts for text in part.exact or ()}
    known = all(part.exact is not None for part in parts) and len(exact) <= _MOST
    return _Part(exact if known else None, _all_or_none([part.asked for part in parts]))


def _all_or_none(sets: list[Set[str]]) -> Set[str]:
    return frozenset().union(*sets) if all(sets) else frozenset()


def _sequence(tokens: list[str]) -> _Part:
    """Parts one behind the other: what stands side by side is asked for as one string."""
    run: Set[str] = {""}
    best: Set[str] = frozenset()
    unbroken = True
    while tokens and tokens[-1] not in ("|", ")"):
        part = _repeated(_single(tokens), tokens)
        if part.exact is not None and len(run) * len(part.exact) <= _MOST:
            run = {head + tail for head in run for tail in part.exact}
            continue
        unbroken = False
        best = min(best, run, part.asked, key=_odds)
        run = part.exact or {""}
    return _Part(run if unbroken else None, min(best, run, key=_odds))


def _single(tokens: list[str]) -> _Part:
    token = tokens.pop()
    if token[0] == "(":
        part = _either(tokens)
        return part if token[-1] not in "=!" else _EMPTY
    if token in _NO_WIDTH:
        return _EMPTY
    if token == "." or (token[0] == "\\" and token[1].isalnum()):
        return _UNKNOWN
    if token[0] != "[":
        exact = {token[-1]}
    elif _SMALL_CLASS.fullmatch(token):
        exact = set(token[1:-1].replace("\\", ""))
    else:
        return _UNKNOWN
    return _Part(exact, exact) if len(exact) <= _MOST else _UNKNOWN


def _repeated(part: _Part, tokens: list[str]) -> _Part:
    """The part with the quantifier behind it, if there is one."""
    sign = tokens[-1] if tokens else ""
    if sign[:1] not in ("?", "*", "+", "{") or sign == "{":
        return part
    tokens.pop()
    if sign[0] == "?" and part.exact is not None:
        return _Part(part.exact | {""}, frozenset())
    once = sign[0] == "+" or sign[1:2] in set("123456789")
    return _Part(None, part.asked) if once else _UNKNOWN


def _odds(texts: Set[str]) -> float:
    """About how likely a text holds one of these."""
    if not texts or "" in texts:
        return math.inf
    return sum(math.prod(_ODDS[sign.isascii()] for sign in text[:LONGEST]) for text in texts)

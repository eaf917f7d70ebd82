"""How long: "2h", "90 分钟", "半天", "一个半小时", "1 day 6 h". Other words follow it."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction

MINUTES = {
    "m": 1, "min": 1, "mins": 1, "minute": 1, "minutes": 1, "分": 1, "分钟": 1, "分鐘": 1,
    "h": 60, "hr": 60, "hrs": 60, "hour": 60, "hours": 60, "时": 60, "小时": 60, "小時": 60, "钟头": 60, "鐘頭": 60,
    "d": 1440, "day": 1440, "days": 1440, "天": 1440,
    "w": 10080, "week": 10080, "weeks": 10080, "周": 10080, "週": 10080, "星期": 10080, "礼拜": 10080,
}  # fmt: skip
DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2}
UNIT = "|".join(sorted(MINUTES, key=len, reverse=True))
# 2h · 2.5 小时 · 两个半小时 · 半天 · half a day · an hour
PART = re.compile(
    rf"\s*(?:(?P<number>\d{{1,4}}(?:\.\d)?|[零一二两兩三四五六七八九十]{{1,3}}|half an?\b|an?\b|半)\s*(?P<of>个|個)?\s*(?P<half>半)?\s*)"
    rf"(?P<unit>{UNIT})(?![a-z])",
    re.IGNORECASE,
)
AND = re.compile(r"\s*(?:and|又|零)?\s*(?=[\d一二两兩三四五六七八九十半])", re.IGNORECASE)


def read_duration(text: str) -> tuple[timedelta | None, str]:
    """The length at the start of a text, and what follows it; (None, text) where none is written.

    Raises ValueError for something that begins like a length and is none, such as `2x`, and for a length of nothing.
    """
    minutes, at = Fraction(0), 0
    while (part := PART.match(text, at)) is not None:
        amount = _number(part["number"].lower()) + (Fraction(1, 2) if part["half"] else 0)
        minutes += amount * MINUTES[part["unit"].lower()]
        at = part.end()
        if (joint := AND.match(text, at)) is None or PART.match(text, joint.end()) is None:
            break
        at = joint.end()
    rest = text[at:].strip(" ,，:：;；")
    if at == 0:
        if rest[:1].isdigit():
            raise ValueError(f"{rest[:20]!r} is not a length of time")
        return None, rest
    if minutes == 0:
        raise ValueError("a length of nothing")
    return timedelta(minutes=float(minutes)), rest


def _number(text: str) -> Fraction:
    if text.startswith("half") or text == "半":
        return Fraction(1, 2)
    if text in ("a", "an"):
        return Fraction(1)
    if text[0].isascii():
        return Fraction(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return Fraction(int("".join(str(DIGITS[sign]) for sign in text)))
    return Fraction((DIGITS[tens] if tens else 1) * 10 + (DIGITS[ones] if ones else 0))

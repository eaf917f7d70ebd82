"""The day of the month on which somebody would like to pay each month: "每月20号", "the 20th of each month"."""

from __future__ import annotations

import re
import unicodedata

from understanding.numbers import CHINESE

MONTH_END = 31  # a day that each month moves to its own last one
_MONTHLY = re.compile(rf"每个?月(?:的|都|在)?(?P<day>\d{{1,2}}|{CHINESE}{{1,3}})(?:号|日)")
_MONTHLY_EN = re.compile(
    r"\b(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th) (?:of )?(?:each|every|the|a) month\b"
    r"|\b(?:each|every) month on (?:the )?(?P<later>\d{1,2})(?:st|nd|rd|th)?\b"
)
_END = re.compile(
    r"每个?月(?:底|末|最后一天)|月(?:底|末).{0,8}月(?:底|末)|\b(?:the )?end of (?:each|every|the) month\b"
)
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")}


def monthly_day(text: str) -> int | None:
    """1 to 31, or None when no day of each month is named."""
    plain = re.sub(r"(?<![a-z0-9]) +| +(?![a-z0-9])", "", unicodedata.normalize("NFKC", text).lower())
    if _END.search(plain):
        return MONTH_END
    if (found := _MONTHLY.search(plain)) is not None:
        day = _number(found["day"])
    elif (found := _MONTHLY_EN.search(plain)) is not None:
        day = int(found["day"] or found["later"])
    else:
        return None
    return day if day is not None and 1 <= day <= MONTH_END else None


def _number(text: str) -> int | None:
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if ten:
        return (_DIGITS.get(tens, 1) if tens else 1) * 10 + _DIGITS.get(ones, 0)
    return _DIGITS.get(text)

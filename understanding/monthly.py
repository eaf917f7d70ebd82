"""The day of the month on which somebody would like to pay each month: "每月20号", "the 20th of each month"."""

from __future__ import annotations

import re
import unicodedata

from understanding.numbers import CHINESE, whole_number

MONTH_END = 31  # a day that each month moves to its own last one
_MONTHLY = re.compile(rf"每个?月(?:的|都|在)?(?P<day>\d{{1,2}}|{CHINESE}{{1,3}})(?:号|日)")
_MONTHLY_EN = re.compile(
    r"\b(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th) (?:of )?(?:each|every|the|a) month\b"
    r"|\b(?:each|every) month on (?:the )?(?P<later>\d{1,2})(?:st|nd|rd|th)?\b"
)
_END = re.compile(
    r"每个?月(?:底|末|最后一天)|月(?:底|末).{0,8}月(?:底|末)|\b(?:the )?end of (?:each|every|the) month\b"
)


def monthly_day(text: str) -> int | None:
    """1 to 31, or None when no day of each month is named."""
    plain = re.sub(r"(?<![a-z0-9]) +| +(?![a-z0-9])", "", unicodedata.normalize("NFKC", text).lower())
    if _END.search(plain):
        return MONTH_END
    if (found := _MONTHLY.search(plain)) is not None:
        day = whole_number(found["day"])
    elif (found := _MONTHLY_EN.search(plain)) is not None:
        day = int(found["day"] or found["later"])
    else:
        return None
    return day if day is not None and 1 <= day <= MONTH_END else None


def times_named(text: str) -> int:
    """How many payments are told one by one: "这个月底一次,下个月底一次" are two."""
    return text.count("一次")

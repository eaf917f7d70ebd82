"""The hour a person names beside a day: "10:00", "下午三点半", "3pm". Never a guess."""

from __future__ import annotations

import re
from datetime import time

from understanding.numbers import CHINESE, whole_number

_N = rf"(?:\d{{1,2}}|{CHINESE}{{1,3}})"
_CLOCK = re.compile(r"(?<![\d:/-])(?P<h>\d{1,2}):(?P<m>\d{2})(?![\d:])\s*(?P<ampm>[ap]\.?m\b)?", re.IGNORECASE)
_SPOKEN = re.compile(rf"(?P<h>{_N})[点时](?!间|候|段)(?:钟|整)?(?:(?P<half>半)|(?P<q>[一三])刻|(?P<m>{_N})分?)?")
_A_LITTLE = re.compile(r"(?<![早晨午晚上])一点$")  # "便宜一点"
_ENGLISH = re.compile(r"\b(?P<h>\d{1,2})\s*(?P<ampm>[ap])\.?m\b", re.IGNORECASE)
_AFTERNOON = re.compile(r"下午|午后|傍晚|晚上|今晚|夜里|晚(?!点)|\b(?:afternoon|evening|tonight)\b")
_NOON = re.compile(r"中午|正午|\bnoon\b")


def find_time(text: str) -> time | None:
    """The hour of the day; None when none is named, or one that no clock shows."""
    match = _CLOCK.search(text) or _SPOKEN.search(text) or _ENGLISH.search(text)
    if match is None:
        return time(12) if _NOON.search(text) else None
    named = match.groupdict()
    if match.re is _SPOKEN and _A_LITTLE.search(text, 0, match.end()):
        return None
    hour = whole_number(named["h"])
    if hour is None:
        return None
    part = re.split(r"\d", text[: match.start()])[-1]  # "下午", up to the hour
    ampm = (named.get("ampm") or "").lower()
    if hour < 12 and (ampm.startswith("p") or _AFTERNOON.search(part) or (_NOON.search(part) and hour < 3)):
        hour += 12
    if hour == 12 and ampm.startswith("a"):
        hour = 0
    minute = _minute(named)
    return time(hour, minute) if hour < 24 and minute is not None and minute < 60 else None


def _minute(named: dict[str, str | None]) -> int | None:
    if named.get("half"):
        return 30
    if quarter := named.get("q"):
        return 15 if quarter == "一" else 45
    return whole_number(minute) if (minute := named.get("m")) else 0

"""Rooms named in a sentence: whether it asks about a home that is not the writer's own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from understanding.numbers import CHINESE

_DIGIT = {sign: str(value) for value, sign in enumerate("零一二三四五六七八九")} | {"〇": "0", "两": "2"}
_BUILDING = rf"(?P<building>\d{{1,3}}|{CHINESE}{{1,3}})\s*(?:栋|幢|座|号楼)"
_PATTERNS = (
    # 5栋302, 5号楼2单元302, 三栋一二零二
    re.compile(
        rf"{_BUILDING}\s*(?:[\d一二三四五六]+\s*单元)?\s*(?P<room>\d{{2,4}}|[零〇一二三四五六七八九]{{3,4}})(?![\d.元块])"
    ),
    # 3-1202, 3-2-1202; a date is none
    re.compile(r"(?<![\d-])(?P<building>\d{1,3})-(?:\d{1,2}-)?(?P<room>(?!20[2-4]\d)\d{3,4})(?![\d-])"),
    # 1202室, room 808, flat 12b
    re.compile(r"(?<![\d.])(?P<room>\d{3,4}|[零〇一二三四五六七八九]{3,4})\s*(?:室|号房|房间?|那户|那家|这户|号的)"),
    re.compile(r"\b(?:room|flat|unit|apt|apartment|house)\.?\s*(?:no\.?|number|#)?\s*(?P<room>\d+[a-z]?)\b"),
    # 808欠多少, "how much does 1202 owe"
    re.compile(
        r"^\W*(?:查一?下|看看?|帮我查一?下?|那|请问)?\s*(?P<room>\d{3,4})(?:的|家)?(?=欠|交|缴|还|物业|账单|费用|多少|owe)"
    ),
    re.compile(r"\b(?:does|did|has|for|of|by) (?P<room>(?!20[2-4]\d)\d{3,4})\b(?! ?(?:yuan|rmb|元|块))"),
)


@dataclass(frozen=True)
class Room:
    """A home as somebody named it. `building` is empty where they left it out."""

    building: str
    number: str


def rooms(text: str) -> tuple[Room, ...]:
    """The homes that a sentence names."""
    plain = unicodedata.normalize("NFKC", text).lower()
    found = (match.groupdict() for pattern in _PATTERNS for match in pattern.finditer(plain))
    return tuple(Room(_digits(each.get("building") or ""), _digits(each["room"] or "")) for each in found)


def names_another(text: str, own: Iterable[tuple[str, str, str]]) -> bool:
    """Whether a sentence names a home that is none of one's own, given as (code, building, address)."""
    homes = [(_numbers(f"{building} {address}") | _numbers(code)) for code, building, address in own]
    return any(
        not any(room.number in home and (not room.building or room.building in home) for home in homes)
        for room in rooms(text)
    )


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+[a-z]?", unicodedata.normalize("NFKC", text).lower()))


def _digits(text: str) -> str:
    if text == "十":
        return "10"
    return "".join(_DIGIT.get(sign, sign) for sign in text)

"""What colleagues ask in their own words: a household by code, room or name, who owes, who has not renewed, a complaint to note."""

from __future__ import annotations

import re

_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9]{1,12}(?:-[A-Za-z0-9]{1,12}){0,3}")
_OF_ONE = re.compile(
    r"(?P<who>\S(?:.{0,30}?\S)?)[ ,，]*(?:家|户)?[ ,，]*(?:还|一共|现在|总共|到底|今天)*"
    r"(?:欠|剩|交了|缴了|交没|缴没|没交|没缴|未缴|的?账单|的?情况).{0,8}"
)
_MANY = r"(?:谁|哪些?|哪几|有?几个|有?多少(?:户|人|家|个)?|有没有)"
_OWING = re.compile(rf"{_MANY}.{{0,6}}(?:没|未|欠|不)(?:有)?(?:交|缴|费|付|钱)?.{{0,6}}")
_RENEWING = re.compile(rf"{_MANY}.{{0,6}}(?:没|未|不|要)?(?:有)?续.{{0,6}}")
_COMPLAINT = re.compile(r"(?:投诉|complaint) +(?P<who>\S{1,40})", re.IGNORECASE)


def asked(text: str) -> dict[str, str] | None:
    """`asks`: complaint, renewing, owing or household; `who`: of whom, empty where of nobody in particular. None: it is none of these."""
    plain = text.rstrip("?？。!！ ")
    if (complaint := _COMPLAINT.fullmatch(plain)) is not None:
        return {"asks": "complaint", "who": complaint["who"]}
    if _RENEWING.fullmatch(plain):
        return {"asks": "renewing", "who": ""}
    if _OWING.fullmatch(plain):
        return {"asks": "owing", "who": ""}
    if _CODE.fullmatch(plain) and len(plain) > 1:
        return {"asks": "household", "who": plain}
    one = _OF_ONE.fullmatch(plain)
    return {"asks": "household", "who": one["who"]} if one is not None else None

"""Fills WeChat's message templates: which of our fields goes where, cut to what each type of field may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

KEY = re.compile(r"\{\{\s*([A-Za-z_]+\d*)\.DATA\s*\}\}")
KIND = re.compile(r"[a-z_]+")
GAP = re.compile(r"\{(\w+)\}")
# Characters that the platform allows for each type. Source: its page on the parameters of template messages.
LONGEST: dict[str, int] = {
    "thing": 20,
    "name": 10,
    "phrase": 5,
    "symbol": 5,
    "car_number": 8,
    "phone_number": 17,
    "number": 32,
    "letter": 32,
    "character_string": 32,
    "const": 20,
}
OTHERS_LONGEST = 200
# Where the office names no fields, a template is filled by its types: the first of these that the message has.
BY_TYPE: dict[str, tuple[str, ...]] = {
    "thing": ("room", "office", "who"),
    "name": ("who",),
    "amount": ("total", "amount", "open"),
    "time": ("due_on", "day_on", "due", "day"),
    "date": ("due_on", "day_on", "due", "day"),
    "phone_number": ("hotline",),
    "character_string": ("code", "reference"),
    "number": ("parts", "code"),
}


def keys_of(content: str) -> tuple[str, ...]:
    """The fields of a template as its text on the platform names them."""
    return tuple(dict.fromkeys(KEY.findall(content)))


def guessed(keys: tuple[str, ...], known: Mapping[str, str]) -> dict[str, str]:
    """A pattern for each field of a template, by its type. No field of ours is used twice."""
    free = [name for name, value in known.items() if value]
    found = {}
    for key in keys:
        name = next((each for each in BY_TYPE.get(_kind(key), ()) if each in free), "")
        if name:
            free.remove(name)
        found[key] = "{" + name + "}"
    return found


def filled(patterns: Mapping[str, str], known: Mapping[str, str]) -> dict[str, dict[str, str]] | None:
    """The data of a template message; None when something is missing that the platform would refuse it for."""
    data = {}
    for key, pattern in patterns.items():
        if any(not known.get(name) for name in GAP.findall(pattern)) or pattern == "{}":
            return None
        value = fitted(_kind(key), GAP.sub(lambda gap: known[gap[1]], pattern))
        if not value:
            return None
        data[key] = {"value": value}
    return data or None


def fitted(kind: str, value: str) -> str:
    """A value as a field of this type takes it."""
    value = " ".join(value.split())
    if kind == "amount":
        return value if value.endswith("元") else f"{value}元"
    if kind in ("time", "date"):
        return _chinese_day(value)
    if kind == "phone_number":
        value = re.sub(r"[^\d+*-]", "", value)
    elif kind == "number":
        value = re.sub(r"[^\d.]", "", value)
    elif kind in ("character_string", "letter"):
        value = "".join(c for c in value if c.isascii() and c.isprintable())
    longest = LONGEST.get(kind, OTHERS_LONGEST)
    return value if len(value) <= longest else value[: longest - 1] + "…"


def _chinese_day(value: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value
    return f"{day.year}年{day.month:02}月{day.day:02}日"


def _kind(key: str) -> str:
    found = KIND.match(key)
    return found[0].rstrip("_") if found else ""

"""The length of a text as a platform counts it, and its division into messages that fit."""

from __future__ import annotations

from typing import Literal

Unit = Literal["utf16", "bytes"]  # Telegram counts UTF-16 code units, WeChat bytes of UTF-8


def length(text: str, unit: Unit) -> int:
    """How long the platform finds this text."""
    if unit == "bytes":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int, unit: Unit) -> list[str]:
    """Divide a text into parts of at most `limit` units, in order; none is blank.

    It is cut after a line, in a line too long after a space, in a word too long between two characters: never inside
    one. The white space at a cut is dropped. `limit` is at least 4, the longest character.
    """
    parts = []
    rest = text.strip()
    while length(rest, unit) > limit:
        end = _cut(rest, _fitting(rest, limit, unit))
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*parts, rest] if rest else parts


def _fitting(text: str, limit: int, unit: Unit) -> int:
    """How many characters from the start fit into `limit` units."""
    low, high = 1, min(limit, len(text))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if length(text[:middle], unit) <= limit else (low, middle - 1)
    return low


def _cut(text: str, fitting: int) -> int:
    """Where to cut within the first `fitting` characters; the one after them may be the white space itself."""
    for boundary in ("\n", " "):
        found = text.rfind(boundary, 1, fitting + 1)
        if found > 0:
            return found
    return fitting


def well_formed(text: str) -> str:
    """The text without what a database refuses: NUL characters and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


# The longest text message of each channel. Sources: Bot API sendMessage; WeChat customer messages; WeCom text messages.
TEXT_LIMITS: dict[str, tuple[int, Unit]] = {
    "telegram": (4096, "utf16"),
    "sandbox": (4096, "utf16"),
    "wechat": (2048, "bytes"),
    "wecom": (2048, "bytes"),
    "email": (20_000, "utf16"),  # a longer mail is not read
}

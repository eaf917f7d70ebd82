"""Whether somebody means a home by what they wrote of it: `3-2-501`, `502`, `3号楼502室`. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_ROOM = re.compile(r"(?=.*\d)(?:[\da-z#/ .—-]|栋|幢|座|号|楼|单元|层|室|房|户)+")
_PARTS = re.compile(r"\d+[a-z]?|[a-z]+")


def room_parts(text: str) -> tuple[str, ...]:
    """`3号楼2单元0501` → 3, 2, 501: a room's own sign comes last."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return tuple(part.lstrip("0") or "0" for part in _PARTS.findall(plain))


def reads_like_room(words: str) -> bool:
    return _ROOM.fullmatch(unicodedata.normalize("NFKC", words).lower().strip()) is not None


def means_home(words: str, *homes: str) -> bool:
    """Whether the words name the home that is written in one of these ways. What either leaves out may be missing, the room not."""
    said = room_parts(words)
    return any(
        said[-1:] == parts[-1:] and (_within(said, parts) or _within(parts, said)) for parts in map(room_parts, homes)
    )


def _within(few: Sequence[str], many: Sequence[str]) -> bool:
    """Whether all of `few` stand in `many`, in the same order."""
    left = iter(many)
    return bool(few) and all(part in left for part in few)

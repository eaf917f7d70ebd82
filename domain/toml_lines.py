"""On which line of a TOML text a key or a table stands: `tomllib` doesn't say, and a complaint should."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

Place = tuple[str, int, str]  # table such as "stage.when", its number among tables of that name (from 1), key or ""
HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"^\s*([A-Za-z0-9_\-]+|\"[^\"]*\"|'[^']*')\s*(?:\.[^=]*)?=(.*)$")
QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|#.*$")
LONG = ('"""', "'''")


class Lines(Mapping[Place, int]):
    """The lines of a text, looked for when the first complaint asks: a long text without a fault is read the quicker."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _found(self) -> dict[Place, int]:
        return lines_of(self._text)

    def __getitem__(self, place: Place) -> int:
        return self._found[place]

    def __iter__(self) -> Iterator[Place]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def lines_of(text: str) -> dict[Place, int]:
    """Where each table and key of a well-formed text begins, counted from 1. A sub-table has the number of its parent."""
    found: dict[Place, int] = {}
    numbers: Counter[str] = Counter()
    table, number, depth, closing = "", 1, 0, ""
    for line_number, line in enumerate(text.splitlines(), start=1):
        if closing:  # inside a text of several lines
            closing = "" if closing in line else closing
            continue
        bare = QUOTED.sub("", line)
        if depth:  # inside a list of several lines
            depth += bare.count("[") - bare.count("]")
            continue
        if (header := HEADER.match(line)) is not None:
            brackets, table = header.group(1), re.sub(r"[\"' ]", "", header.group(2))
            parent = table.partition(".")[0]
            if brackets == "[[":
                numbers[table] += 1
            number = max(1, numbers[table] if brackets == "[[" else numbers[parent])
            found.setdefault((table, number, ""), line_number)
        elif (key := KEY.match(line)) is not None:
            found.setdefault((table, number, key.group(1).strip("\"'")), line_number)
            closing = next((mark for mark in LONG if line.count(mark) == 1), "")
            depth = 0 if closing else bare.count("[") - bare.count("]")
    return found

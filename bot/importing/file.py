"""A file as rows of values, and the lines that could not be understood, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.importing.columns import Row, Sheet, find_header, sort_of, understand
from bot.importing.reading import Line, read


@dataclass(frozen=True)
class Understood:
    sheet: Sheet
    rows: tuple[Row, ...]
    refused: tuple[tuple[Line, str], ...]


def understand_file(path: Path, kind: str) -> Understood:
    """Read a file of `kind`. Raises CommandError when the file as a whole can't be used."""
    sort = sort_of(kind)
    sheet = find_header(sort, read(path), str(path))
    rows: list[Row] = []
    refused: list[tuple[Line, str]] = []
    first: dict[tuple[object, ...], int] = {}
    for line in sheet.lines:
        try:
            row = understand(sort, sheet, line)
            key = tuple(row.values.get(name, "") for name in sort.key)
            if key in first:
                raise ValueError(f"{', '.join(sort.key)}: the same as in row {first[key]}")
        except ValueError as wrong:
            refused.append((line, str(wrong)))
            continue
        first[key] = line.number
        rows.append(row)
    return Understood(sheet, tuple(rows), tuple(refused))

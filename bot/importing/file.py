"""A file as rows of values, and the lines that could not be understood, each with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.importing.columns import Row, Sheet, Unfit, find_header, sort_of, understand
from bot.importing.reading import Line, read


@dataclass(frozen=True)
class Understood:
    """`refused`: a line stands as often as there are reasons. `strangers`: refused lines whose account code could be read."""

    sheet: Sheet
    rows: tuple[Row, ...]
    refused: tuple[tuple[Line, str], ...]
    strangers: tuple[Row, ...]


def understand_file(path: Path, kind: str) -> Understood:
    """Read a file of `kind`. Raises CommandError when the file as a whole can't be used."""
    sort = sort_of(kind)
    sheet = find_header(sort, read(path), str(path))
    rows: list[Row] = []
    refused: list[tuple[Line, str]] = []
    strangers: list[Row] = []
    first: dict[tuple[object, ...], int] = {}
    for line in sheet.lines:
        try:
            row = understand(sort, sheet, line)
            key = tuple(row.values.get(name, "") for name in sort.key)
            if key in first:
                raise Unfit([f"{', '.join(sort.key)}: the same as in row {first[key]}"], row.values)
        except Unfit as wrong:
            refused += [(line, reason) for reason in wrong.reasons]
            if "account_code" in wrong.values:
                strangers.append(Row(line, dict(wrong.values)))
            continue
        first[key] = line.number
        rows.append(row)
    return Understood(sheet, tuple(rows), tuple(refused), tuple(strangers))

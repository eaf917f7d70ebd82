"""Gives refused rows back to the office: beside the file, in its own columns, each with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.importing.reading import Cell, texts
from bot.spreadsheet import write_csv


def errors_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.errors.csv")


def give_back(file: Path, header: Sequence[Cell], rows: Sequence[tuple[Sequence[Cell], str]]) -> Path | None:
    """Write FILE.errors.csv, or remove an older one when there is nothing to report."""
    path = errors_file(file)
    if not rows:
        path.unlink(missing_ok=True)
        return None
    width = max(len(header), *(len(cells) for cells, _ in rows))  # a row may have more cells than the header

    def line(cells: Sequence[Cell], last: str) -> list[str]:
        return [*texts(cells), *[""] * (width - len(cells)), last]

    write_csv(path, [line(header, "reason"), *(line(cells, reason) for cells, reason in rows)])
    return path

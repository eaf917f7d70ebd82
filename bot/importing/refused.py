"""Gives refused rows back to the office: beside the file, in its own columns, each with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bot.importing.reading import Cell, texts
from bot.spreadsheet import write_csv


def errors_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.errors.csv")


def give_back(file: Path, header: Sequence[Cell], rows: Iterable[tuple[Sequence[Cell], str]]) -> Path | None:
    """Write FILE.errors.csv, or remove an older one when there is nothing to report."""
    path = errors_file(file)
    kept = [[*texts(cells), *[""] * (len(header) - len(cells)), reason] for cells, reason in rows]
    if not kept:
        path.unlink(missing_ok=True)
        return None
    write_csv(path, [[*texts(header), "reason"], *kept])
    return path

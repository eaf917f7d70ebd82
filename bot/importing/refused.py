"""Gives refused rows back to the office: beside the file, in its own columns, each with the reason."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from bot.importing.reading import Cell, texts

# What a spreadsheet would take for a formula, at the start of a cell or of a line inside it, full-width forms included.
FORMULA = re.compile(r"(^|[\r\n])(?=[\s\u00a0\u3000]*[=+\-@＝＋－＠\t\r])")
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


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


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """A csv that opens well in a spreadsheet (UTF-8 with BOM) and runs nothing there."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([harmless(str(cell)) for cell in row] for row in rows)


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; control signs are spelled out."""
    shown = UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", cell)
    return FORMULA.sub(r"\1'", shown)

"""csv files for the office: they open well in a spreadsheet, and run nothing there."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

# What a spreadsheet would take for a formula, at the start of a cell or of a line inside it, full-width forms included.
FORMULA = re.compile(r"(^|[\r\n])(?=[\s\u00a0\u3000]*[=+\-@＝＋－＠\t\r])")
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """A csv that opens well in a spreadsheet (UTF-8 with BOM) and runs nothing there."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([harmless(str(cell)) for cell in row] for row in rows)


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; control signs are spelled out."""
    shown = UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", cell)
    return FORMULA.sub(r"\1'", shown)

"""csv and xlsx files for the office: they open well in a spreadsheet, and run nothing there."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

# Signs that a spreadsheet takes for the start of a formula, their full-width and small forms included.
LIVE = "=+\\-@|%＝＋－＠｜％﹦﹢﹣﹫﹪\u2212"
# What may stand before them unseen: any white space, joiners, marks of direction, fillers.
BLANK = r"[\s\u00ad\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0]"
FORMULA = re.compile(rf"(^|[\r\n\v\f\x85\u2028\u2029])(?={BLANK}*[{LIVE}\t\r])")
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
CELL_MAX = 32_767  # characters; a spreadsheet refuses more
TITLE_MAX = 31
WIDTH = 16  # characters of a column

Cell = str | int | Decimal | date


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """A csv that opens well in a spreadsheet (UTF-8 with BOM) and runs nothing there."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([harmless(str(cell)) for cell in row] for row in rows)


def write_xlsx(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> None:
    """Sheets by name, the first row of each its header. Texts are texts: no formula, no link, also when saved as csv."""
    from xlsxwriter import Workbook

    never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(str(path), {"constant_memory": True, **never}) as book:
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for title, rows in sheets.items():
            sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:TITLE_MAX])
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, max((len(row) for row in rows), default=1) - 1, WIDTH)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(number, place, harmless(cell)[:CELL_MAX], None if number else bold)
                    elif isinstance(cell, date):
                        sheet.write_datetime(number, place, cell, day)
                    else:
                        sheet.write_number(number, place, cell)


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; control signs are spelled out."""
    shown = UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", cell)
    return FORMULA.sub(r"\1'", shown)

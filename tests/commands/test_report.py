"""`report`: three kinds of file from one set of figures; nothing in them runs, and the public one tells about nobody."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import python_calamine as calamine

from tests.commands.cli import Cli, lines
from tests.paper import page_texts, squeezed

HOUSEHOLDS = 44


@pytest.fixture
def estate(cli: Cli) -> Cli:
    """Two estates in March 2025: 40 households of one, 4 of the other, half of all paid; one is named like a formula."""
    where = ["翠湖花园" if n < 40 else "=2+5" for n in range(HOUSEHOLDS)]
    accounts = [(f"A-{n}", where[n], f"{1 + n % 2}栋", 100 + n, "王小明") for n in range(HOUSEHOLDS)]
    bills = [(f"A-{n}", "物业费", "2025-03", "100.00", "2025-03-10") for n in range(HOUSEHOLDS)]
    payments = [(f"A-{n}", "100.00", f"2025-03-{12 + n % 5}", "转账", f"T{n}") for n in range(0, HOUSEHOLDS, 2)]
    for kind, header, rows in (
        ("accounts", "code,community,building,address,payer_name", accounts),
        ("bills", "account_code,item,period,amount_yuan,due_on", bills),
        ("payments", "account_code,amount_yuan,paid_on,method,reference", payments),
    ):
        file = cli.file(f"{kind}.csv", f"{header}\n{lines(*rows)}")
        assert cli("import", kind, str(file)).code == 0
    return cli


def written(cli: Cli, ending: str, *more: str) -> Path:
    out = cli.folder / f"march.{ending}"
    result = cli("report", "--period", "2025-03", "--out", str(out), *more)
    assert (result.code, result.err) == (0, "")
    return out


def test_a_spreadsheet_with_every_figure(estate: Cli) -> None:
    book = calamine.load_workbook(written(estate, "xlsx"))
    summary = {row[0]: row[1] for row in book.get_sheet_by_name("summary").to_python()}
    assert (summary["Due this period"], summary["Received"], summary["Open"]) == (4400.0, 2200.0, 2200.0)
    assert summary["Collection rate"] == 0.5
    parts = {row[0]: row[1:] for row in book.get_sheet_by_name("parts").to_python()[1:]}
    assert parts["翠湖花园 1栋"] == [20.0, 2000.0, 2000.0, 0.0, 1.0]
    assert parts["'=2+5"][:1] == [4.0]  # a name, not a sum
    income = book.get_sheet_by_name("income").to_python()
    assert sum(float(str(row[1])) for row in income[1:]) == 2200.0
    assert len(income) == 32


def test_charts_are_in_the_spreadsheet(estate: Cli) -> None:
    with zipfile.ZipFile(written(estate, "xlsx")) as book:
        assert len([name for name in book.namelist() if name.startswith("xl/charts/chart")]) >= 4


def test_pages_to_print(estate: Cli) -> None:
    pages = page_texts(written(estate, "pdf").read_bytes())
    whole = "".join(pages)
    for words in ("Collection report, Mar 2025", "4,400.00", "2,200.00", "50.0%", "翠湖花园", "What to change"):
        assert squeezed(words) in whole, words


def test_a_picture_to_show(estate: Cli) -> None:
    picture = written(estate, "png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    width, height = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))
    assert width > 1000
    assert height > 1000


def test_public_totals_hide_whoever_is_few(estate: Cli) -> None:
    whole = "".join(page_texts(written(estate, "pdf", "--public").read_bytes()))
    assert "Publictotals" in whole
    assert "翠湖花园" in whole
    assert "2+5" not in whole  # four households are somebody
    assert "Whattochange" not in whole
    book = calamine.load_workbook(written(estate, "xlsx", "--public"))
    assert "colleagues" not in book.sheet_names
    assert not [row for row in book.get_sheet_by_name("parts").to_python() if "2+5" in str(row[0])]


WRONG = {
    ("--period", "2025-13", "--out", "x.pdf"): "--period",
    ("--period", "2098-01", "--out", "x.pdf"): "has not begun",
    ("--period", "2025-03", "--out", "x.docx"): "write a .xlsx",
    ("--period", "2025-03", "--out", "nowhere/x.pdf"): "no folder",
    ("--period", "2025-03", "--out", "x.pdf", "--community", "nowhere"): "no community",
}


def test_wrong_use_is_one_clear_line(cli: Cli) -> None:
    for arguments, said in WRONG.items():
        result = cli("report", *arguments)
        assert (result.code, len(result.err.splitlines())) == (2, 1), arguments
        assert said in result.err
    assert not list(cli.folder.glob("x.*"))


def test_an_empty_office_gets_a_report_too(cli: Cli) -> None:
    for ending in ("xlsx", "pdf", "png"):
        assert written(cli, ending).stat().st_size > 1000

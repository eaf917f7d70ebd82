"""`letters`, `poster`, `document` on the command line: whole or nothing, numbered in order, refused with the cure."""

from __future__ import annotations

import zipfile

import pytest
from pypdf import PdfReader

from tests.commands.cli import Cli, lines
from tests.paper import page_texts

HOUSEHOLDS = 12


@pytest.fixture
def owing(cli: Cli) -> Cli:
    """Twelve households with an old bill each, two of them paid; a manager with the number 1."""
    cli.file(
        "config.toml",
        (cli.folder / "config.toml").read_text(encoding="utf-8").replace("[database]", 'hotline = "021-1"\n[database]'),
    )
    accounts = [(f"A-{n:02d}", "翠湖花园", "1栋", 100 + n, "王小明") for n in range(HOUSEHOLDS)]
    bills = [(f"A-{n:02d}", "物业费", "2025-03", "100.00", "2025-03-10") for n in range(HOUSEHOLDS)]
    payments = [(f"A-{n:02d}", "100.00", "2025-03-12", "转账", f"T{n}") for n in range(2)]
    for kind, header, rows in (
        ("accounts", "code,community,building,address,payer_name", accounts),
        ("bills", "account_code,item,period,amount_yuan,due_on", bills),
        ("payments", "account_code,amount_yuan,paid_on,method,reference", payments),
    ):
        file = cli.file(f"{kind}.csv", f"{header}\n{lines(*rows)}")
        assert cli("import", kind, str(file)).code == 0
    assert cli("staff", "add", "--channel", "sandbox", "--user", "m", "--name", "M", "--role", "manager").code == 0
    return cli


def test_a_batch_is_looked_at_then_numbered_then_printed(owing: Cli) -> None:
    out = owing.folder / "letters.pdf"
    seen = owing("letters", "--out", str(out), "--dry-run")
    assert (seen.code, seen.last) == (0, "10 would get a letter, 1000.00 yuan together")
    assert "2 households (nothing overdue)" in seen.err
    assert owing.rows("select count(*) from letters") == [(0,)]
    done = owing("letters", "--out", str(out), "--approved-by", "1")
    assert done.code == 0, done.err
    pages = page_texts(out.read_bytes())
    assert len(pages) == 10
    assert all("翠湖花园1栋1" in page and "100.00" in page for page in pages)
    numbers = [row[0] for row in owing.rows("select number from letters order by account_id")]
    assert numbers == list(range(1, 11))
    again = owing("letters", "--out", str(out), "--approved-by", "1")
    assert "10 households (a letter is under way)" in again.err
    assert owing.rows("select count(*) from letters") == [(10,)]
    assert owing("db", "check").code == 0


def test_a_zip_holds_one_letter_each(owing: Cli) -> None:
    out = owing.folder / "letters.zip"
    assert owing("letters", "--out", str(out), "--approved-by", "1").code == 0
    with zipfile.ZipFile(out) as packed:
        assert len(packed.namelist()) == 10
        with packed.open(packed.namelist()[0]) as first:
            assert len(PdfReader(first).pages) == 1


def test_a_name_that_can_not_be_printed_stops_the_whole_batch(owing: Cli) -> None:
    owing.execute("update accounts set payer_name = '𠮷小明' where code = 'A-05'")
    result = owing("letters", "--out", str(owing.folder / "l.pdf"), "--approved-by", "1")
    assert result.code == 2
    assert "𠮷" in result.err
    assert "A-05" in result.err
    assert owing.rows("select count(*) from letters") == [(0,)]


def test_nobody_but_a_manager_agrees(owing: Cli) -> None:
    owing("staff", "add", "--channel", "sandbox", "--user", "c", "--name", "C", "--role", "collector")
    for arguments, said in (
        ((), "--approved-by is missing"),
        (("--approved-by", "2"), "not the number of an active manager"),
    ):
        result = owing("letters", "--out", str(owing.folder / "l.pdf"), *arguments)
        assert result.code == 2
        assert said in result.err
    assert owing.rows("select count(*) from letters") == [(0,)]


def test_documents_are_kept_once_and_listed(owing: Cli) -> None:
    file = owing.file("合同.pdf", b"%PDF-1.7 x")
    assert owing("document", "add", "A-01", str(file), "--date", "2020-05-01").out == "A-01: 合同.pdf is kept\n"
    assert owing("document", "add", "A-01", str(file)).out == "A-01: 合同.pdf was kept before\n"
    assert owing("document", "list", "A-01").out == "2020-05-01 contract 合同 (10 bytes)\n"
    assert "there is no account" in owing("document", "add", "A-99", str(file)).err
    assert "one of .pdf" in owing("document", "add", "A-01", str(owing.file("x.exe", b"x"))).err


def test_a_poster_is_written(owing: Cli) -> None:
    out = owing.folder / "poster.pdf"
    assert owing("poster", "--community", "翠湖花园", "--out", str(out)).code == 0
    [page] = page_texts(out.read_bytes())
    assert "翠湖花园" in page
    assert "%" not in page  # twelve households are too few for a total
    assert owing("poster", "--community", "nowhere", "--out", str(out)).code == 2

"""`import offers`: the law at the door, corrections until a yes, a second import that changes nothing; and what the board counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.cli import Cli, lines

COLUMNS = (
    *("account_code", "class_name", "opens_on", "closes_on", "amount_yuan", "lessons"),
    *("covers_from", "covers_until", "subject"),
)
GOOD = ("T-1", "寒假班", "2026-12-01", "2026-12-20", "1980", "20", "2027-01-05", "2027-03-31", "no")
PUPILS = "编号,类型,校区,姓名,班级,意向\nT-1,培训,启明,王女士,秋季班,A\nT-2,培训,启明,李先生,,B\nP-1,物业,云岭,赵,,\n"


@pytest.fixture
def school(cli: Cli) -> Cli:
    assert cli("import", "accounts", str(cli.file("p.csv", PUPILS))).code == 0
    return cli


def row(**change: str) -> tuple[str, ...]:
    return tuple({**dict(zip(COLUMNS, GOOD, strict=True)), **change}.values())


def offered(school: Cli) -> list[tuple[object, ...]]:
    return school.rows("select class_name, amount_fen, lessons, state from offers order by id")


def test_offers_come_in_and_a_second_import_changes_nothing(school: Cli) -> None:
    file = school.file("o.csv", lines(COLUMNS, GOOD, row(account_code="T-2")))
    for _ in range(2):
        result = school("import", "offers", str(file))
        assert (result.code, result.last) == (0, "2 accepted, 0 rejected")
        assert offered(school) == [("寒假班", 198_000, 20, "open")] * 2
    board = json.loads(school("status", "--now", "2026-12-05T10:00:00+08:00", "--json").out)
    assert (board["offers_open"], board["due_fen"]) == (2, 0)  # an offer is no debt


def test_chinese_headers_and_a_class_from_the_account(school: Cli) -> None:
    head = "学号,开放日期,截止日期,学费,课时,开课日期,结课日期,学科\n"
    file = school.file("o.csv", head + "T-1,2026/12/1,2026年12月20日,1980元,20,2027-01-05,2027-03-31,否\n")
    assert school("import", "offers", str(file)).last == "1 accepted, 0 rejected"
    assert offered(school)[0][0] == "秋季班"


def test_what_the_law_forbids_is_refused_with_the_reason_and_nothing_of_it_is_stored(school: Cli) -> None:
    bad = [
        (row(lessons="61"), "lessons: one charge covers at most 60 lessons: split the offer"),
        (row(covers_until="2027-05-01"), "covers_until: one charge covers at most 3 months: split the offer"),
        (row(amount_yuan="5000.01"), "amount_yuan: at most 5,000.00 for a course that is no school subject"),
        (row(covers_from="2027-03-01", covers_until="2027-05-01"), "closes_on: tuition may be charged at the earliest"),
        (row(closes_on="2026-11-01"), "closes_on: is before opens_on"),
        (row(account_code="P-1"), "'P-1' is a household, not a pupil: offers are for schools"),
        (row(account_code="T-9"), "there is no account 'T-9': import it first"),
        (row(account_code="T-2", class_name=""), "class_name: is empty, and the account has none"),
        (row(class_name="免费班", amount_yuan="0"), "must be more than 0"),
    ]
    for number, (values, reason) in enumerate(bad):
        file = school.file(f"bad{number}.csv", lines(COLUMNS, values))
        result = school("import", "offers", str(file))
        assert (result.code, result.last) == (1, "0 accepted, 1 rejected"), reason
        assert reason in school.refused(file)[0]["reason"]
    assert offered(school) == []
    good = row(class_name="春季班")
    mixed = school.file("m.csv", lines(COLUMNS, *(values for values, _ in bad), good))
    assert school("import", "offers", str(mixed), "--dry-run").last.startswith("1 accepted")
    assert offered(school) == []
    school("import", "offers", str(mixed))
    assert len(offered(school)) == 1


def test_an_offer_is_corrected_until_the_family_has_said_yes(school: Cli) -> None:
    file = school.file("o.csv", lines(COLUMNS, GOOD))
    school("import", "offers", str(file))
    other = school.file("p.csv", lines(COLUMNS, row(amount_yuan="1880")))
    assert school("import", "offers", str(other)).last == "1 accepted, 0 rejected"
    assert offered(school) == [("寒假班", 188_000, 20, "open")]
    school.execute("update offers set state = 'yes'")
    refused = school("import", "offers", str(file))
    assert refused.last == "0 accepted, 1 rejected"
    assert "has said yes" in school.refused(file)[0]["reason"]
    assert school("import", "offers", str(other)).last == "1 accepted, 0 rejected"
    assert offered(school)[0][1] == 188_000


def test_the_pupils_sheet_is_written_without_a_live_cell(school: Cli, tmp_path: Path) -> None:
    import python_calamine

    school.execute("update accounts set student_name = '=HYPERLINK(1)' where code = 'T-1'")
    school("import", "offers", str(school.file("o.csv", lines(COLUMNS, GOOD))))
    out = tmp_path / "pupils.xlsx"
    assert school("export", "pupils", "--out", str(out)).last.endswith("2 pupils")
    book = python_calamine.load_workbook(str(out))
    head, second, first = book.get_sheet_by_name("pupils").to_python()
    found = dict(zip(head, first, strict=True))
    assert (found["code"], found["tier"], found["offered class"], found["answer"]) == (
        "T-1",
        "A",
        "寒假班",
        "no answer",
    )
    assert found["student"] == "'=HYPERLINK(1)"
    assert dict(zip(head, second, strict=True))["code"] == "T-2"
    moves = book.get_sheet_by_name("tier changes").to_python()
    assert [line[0] for line in moves[1:]] == ["T-1", "T-2"]
    assert school("export", "pupils", "--out", str(out), "--community", "无").code == 2

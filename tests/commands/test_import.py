"""Office files brought in: every kind, every encoding, what is refused and what a second import changes."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from tests.commands.cli import ESTATE, Cli, lines

BILLS = ("account_code", "item", "period", "amount_yuan", "due_on")
PAYMENTS = ("account_code", "amount_yuan", "paid_on", "method", "reference")


def test_accounts_come_in_and_a_second_import_changes_nothing(cli: Cli) -> None:
    file = cli.file("a.csv", ESTATE)
    first = cli("import", "accounts", str(file))
    assert (first.code, first.last) == (0, "3 accepted, 0 rejected, 0 changed")
    before = cli.rows("select * from accounts order by id")
    again = cli("import", "accounts", str(file))
    assert (again.code, again.last) == (0, "3 accepted, 0 rejected, 0 changed")
    assert cli.rows("select * from accounts order by id") == before
    assert cli.rows("select name, kind from communities") == [("阳光花园", "property")]
    assert not Path(f"{file}.errors.csv").exists()


def test_a_column_that_the_file_lacks_keeps_its_values(estate: Cli) -> None:
    file = estate.file(
        "a.csv", "code,community,payer_name,traits\nS-1,阳光花园,王建国,老人；vip\nS-2,阳光花园,李秀英,\n"
    )
    assert estate("import", "accounts", str(file)).last == "2 accepted, 0 rejected, 1 changed"
    assert estate.rows("select phone, area_m2, traits from accounts where code = 'S-1'") == [
        ("13800000001", "89.5", "elderly;vip")
    ]


def test_a_community_is_of_one_kind(estate: Cli) -> None:
    file = estate.file("a.csv", "code,kind,community,payer_name\nT-1,培训,阳光花园,王\nT-2,培训,启明学校,李\n")
    assert estate("import", "accounts", str(file)).last == "1 accepted, 1 rejected, 0 changed"
    assert "阳光花园' is property, this row says training" in estate.refused(file)[0]["reason"]
    assert estate.rows("select kind from communities where name = '启明学校'") == [("training",)]


def test_bills_are_issued_once(estate: Cli) -> None:
    file = estate.file(
        "b.csv",
        lines(
            BILLS,
            ("S-1", "物业费", "2026-11", "286.4", "2026-11-30"),
            ("S-2", "物业费", "2026-Q4", '"￥1,286.40"', "2026年11月30日"),
        ),
    )
    for _ in range(2):
        result = estate("import", "bills", str(file))
        assert (result.code, result.last) == (0, "2 accepted, 0 rejected")
        assert estate.rows("select kind, amount_fen from ledger_entries order by id") == [
            ("charge", 28640),
            ("charge", 128640),
        ]
    assert estate.rows("select period, due_on from bills order by id")[1][0] == "2026-Q4"


def test_another_sum_for_a_bill_that_is_there_is_refused(estate: Cli) -> None:
    good = estate.file("b.csv", lines(BILLS, ("S-1", "物业费", "2026-11", "286.4", "2026-11-30")))
    estate("import", "bills", str(good))
    for row, reason in (
        (("S-1", "物业费", "2026-11", "300", "2026-11-30"), "asks for 286.40: use `bill adjust`"),
        (("S-1", "物业费", "2026-11", "286.4", "2026-12-30"), "due on 2026-11-30: use `bill adjust`"),
    ):
        file = estate.file("c.csv", lines(BILLS, row))
        result = estate("import", "bills", str(file))
        assert (result.code, result.last) == (1, "0 accepted, 1 rejected")
        assert estate.refused(file)[0]["reason"].endswith(reason)
    bill = estate.rows("select id from bills")[0][0]
    estate("bill", "adjust", str(bill), "--fen", "100", "--why", "meter")
    assert estate("import", "bills", str(good)).last == "1 accepted, 0 rejected"
    assert len(estate.rows("select 1 from ledger_entries")) == 2


def test_payments_are_used_for_the_oldest_due_bill_and_recorded_once(estate: Cli) -> None:
    bills = estate.file(
        "b.csv",
        lines(
            BILLS,
            ("S-1", "物业费", "2026-11", "100", "2026-11-30"),
            ("S-1", "物业费", "2026-10", "100", "2026-10-31"),
        ),
    )
    estate("import", "bills", str(bills))
    payments = estate.file(
        "p.csv", lines(PAYMENTS, ("S-1", "150", "2026-11-20", "bank", "R1"), ("S-1", "75", "2026-11-21", "bank", "R2"))
    )
    for _ in range(2):
        assert estate("import", "payments", str(payments)).last == "2 accepted, 0 rejected"
        received = estate.rows(
            "select b.period, sum(e.amount_fen) from bills b join ledger_entries e on e.bill_id = b.id "
            "where e.kind = 'allocation' group by b.period order by b.period"
        )
        assert [(period, int(fen)) for period, fen in received] == [("2026-10", 10000), ("2026-11", 10000)]
    assert estate("db", "check").out == "ok\n"


def test_a_reference_belongs_to_one_payment(estate: Cli) -> None:
    file = estate.file("p.csv", lines(PAYMENTS, ("S-1", "150", "2026-11-20", "bank", "R1")))
    estate("import", "payments", str(file))
    other = estate.file(
        "q.csv",
        lines(
            PAYMENTS,
            ("S-1", "151", "2026-11-20", "bank", "R1"),
            ("S-1", "150", "2026-11-20", "cash", "R1"),
            ("S-1", "10", "2026-11-20", "bank", " "),
        ),
    )
    assert estate("import", "payments", str(other)).last == "1 accepted, 2 rejected"
    reasons = [row["reason"] for row in estate.refused(other)]
    assert reasons == [
        "q.csv row 2: reference: it was recorded before with 150.00 on 2026-11-20, as payment 1: where that was wrong, "
        "`payment reverse 1 --why …` and give this one a reference of its own, such as R1-2",
        "q.csv row 4: reference: is empty: give each payment a number of its own (cash: the receipt's), "
        "so that it is never recorded twice",
    ]


def test_a_mistyped_year_is_pointed_at_and_put_right(estate: Cli) -> None:
    wrong = estate.file("w.csv", lines(PAYMENTS, ("S-1", "150", "2027-11-20", "bank", "R1")))
    assert (
        "row 2: paid on 2027-11-20, which is still to come: is the year right?"
        in estate("import", "payments", str(wrong)).err
    )
    estate("payment", "reverse", "1", "--why", "wrong year")
    right = estate.file("r.csv", lines(PAYMENTS, ("S-1", "150", "2026-11-20", "bank", "R1")))
    assert estate("import", "payments", str(right)).last == "0 accepted, 1 rejected"
    assert [row["reason"] for row in estate.refused(right)] == [
        "r.csv row 2: reference: it was recorded before with 150.00 on 2027-11-20, as payment 1, and reversed: "
        "give this one a reference of its own, such as R1-2"
    ]
    cured = estate.file("c.csv", lines(PAYMENTS, ("S-1", "150", "2026-11-20", "bank", "R1-2")))
    assert estate("import", "payments", str(cured)).last == "1 accepted, 0 rejected"
    assert estate("import", "payments", str(wrong)).last == "1 accepted, 0 rejected"  # the old file brings nothing back


def test_nobody_is_thanked_for_a_payment_of_long_ago(estate: Cli) -> None:
    file = estate.file(
        "p.csv", lines(PAYMENTS, ("S-1", "1", "2020-01-01", "", "old"), ("S-1", "1", "2099-01-01", "", "new"))
    )
    estate("import", "payments", str(file))
    assert [(r, bool(t)) for r, t in estate.rows("select reference, thanked from payments order by id")] == [
        ("old", True),
        ("new", False),
    ]


def test_fee_rules_have_versions(estate: Cli) -> None:
    header = ("community", "item", "formula", "rate_yuan", "cycle", "due_day", "from")
    rows = [("阳光花园", "物业费", "按面积", "2.8", "按月", "25", start) for start in ("2025-01-01", "2026-01-01")]
    file = estate.file("f.csv", lines(header, *rows, ("月亮湾", "物业费", "area", "1", "month", "25", "2026-01-01")))
    result = estate("import", "fees", str(file))
    assert result.last == "2 accepted, 1 rejected"
    assert "'月亮湾' is unknown (known: 阳光花园)" in estate.refused(file)[0]["reason"]
    estate("import", "fees", str(file))
    assert estate.rows("select count(*) from fee_items") == [(2,)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(cli: Cli, encoding: str) -> None:
    file = cli.file("a.csv", ESTATE.encode(encoding))
    assert cli("import", "accounts", str(file)).last == "3 accepted, 0 rejected, 0 changed"
    assert cli.rows("select payer_name from accounts order by code")[0] == ("王建国",)


def test_a_broken_byte_costs_its_row_only(cli: Cli) -> None:
    raw = ESTATE.encode().replace("李秀英".encode(), b"\xe6\x9d")
    file = cli.file("a.csv", raw)
    result = cli("import", "accounts", str(file))
    assert (result.code, result.last) == (1, "2 accepted, 1 rejected, 0 changed")
    assert "control or unreadable" in cli.refused(file)[0]["reason"]


def test_a_spreadsheet_with_a_title_real_dates_and_numbers(estate: Cli) -> None:
    estate("import", "accounts", str(estate.file("n.csv", "code,community,payer_name\n1201,阳光花园,周杰\n")))
    path = estate.folder / "bills.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_string(0, 0, "2026年11月应收账单")
        for column, name in enumerate(["到期日", "*户号", "收费项目", "账期", "应收金额(元)", "经办人"]):
            sheet.write_string(2, column, name)
        sheet.write_datetime(3, 0, date(2026, 11, 30), day)
        sheet.write_number(3, 1, 1201)
        sheet.write_string(3, 2, "物业费")
        sheet.write_datetime(3, 3, date(2026, 11, 1), day)
        sheet.write_number(3, 4, 0.1 + 0.2)
    result = estate("import", "bills", str(path))
    assert (result.code, result.last) == (0, "1 accepted, 0 rejected")
    assert "these columns are not known and were left out: 经办人" in result.err
    assert estate.rows("select b.period, e.amount_fen from bills b join ledger_entries e on e.bill_id = b.id") == [
        ("2026-11", 30)
    ]


def test_refused_rows_come_back_with_reasons_and_run_nothing(estate: Cli) -> None:
    file = estate.file(
        "b.csv",
        lines(
            BILLS,
            ("=cmd|' /C calc'!A0", "物业费", "2026-11", "1", "2026-11-30"),
            ("S-1", "＝1+1", "2026-13", "1", "2026-11-30"),
            ("S-1", "物业费", "2026-11", "-1", "2026-11-30"),
            ("S-1", "物业费", "2026-11", "1.001", "2026-11-30"),
            ("S-1", "物业费", "2026-11", "1", "2026-02-30"),
            ("S-1", "物" * 61, "2026-11", "1", "2026-11-30"),
            ("S-1", "物业费", "2026-11", "1", "2026-11-30"),
            ("S-1", "物业费", "2026-11", "1", "2026-11-30"),
            ("S-1", "物业费", "2026-12", "1", "2026-11-30", "more"),
        ),
    )
    result = estate("import", "bills", str(file))
    assert (result.code, result.last) == (1, "1 accepted, 8 rejected")
    rows = estate.refused(file)
    for row, reason in zip(
        rows,
        [
            "row 2: account_code: there is no account",
            "row 3: period: not a period",
            "row 4: amount_yuan: must be more than 0",
            "row 5: amount_yuan: more than two decimals",
            "row 6: due_on: no such day",
            "row 7: item: longer than 60 characters",
            "row 9: account_code, item, period: the same as in row 8",
            "row 10: has more cells than the header",
        ],
        strict=True,
    ):
        assert reason in row["reason"]
        assert row["reason"].startswith("b.csv row")
    assert rows[0]["account_code"] == "'=cmd|' /C calc'!A0"
    assert rows[1]["item"] == "'＝1+1"
    assert rows[2]["amount_yuan"] == "'-1"
    assert estate.rows("select count(*) from bills") == [(1,)]


def test_all_that_is_wrong_with_a_row_is_said_at_once(estate: Cli) -> None:
    """In what was typed, and in what is not there: nobody mends a row twice."""
    bills = estate.file(
        "b.csv",
        lines(BILLS, ("S-1", "", "2026-13", "abc", "2026-02-30"), ("S-9", "物业费", "2026-11", "-5", "2026-11-30")),
    )
    result = estate("import", "bills", str(bills))
    assert (result.code, result.last) == (1, "0 accepted, 2 rejected")
    assert [row["reason"] for row in estate.refused(bills)] == [
        "b.csv row 2: item: is empty; period: not a period such as 2026, 2026-Q4 or 2026-12: '2026-13'; "
        "amount_yuan: not an amount: 'abc'; due_on: no such day: '2026-02-30'",
        "b.csv row 3: amount_yuan: must be more than 0: '-5'; account_code: there is no account 'S-9': import it first",
    ]
    estate("import", "bills", str(estate.file("g.csv", lines(BILLS, ("S-1", "物业费", "2026-11", "5", "2026-11-30")))))
    other = estate.file("o.csv", lines(BILLS, ("S-1", "物业费", "2026-11", "6", "2026-12-30")))
    assert estate("import", "bills", str(other)).code == 1
    [row] = estate.refused(other)
    assert "amount_yuan: the bill is there and asks for 5.00" in row["reason"]
    assert "due_on: the bill is there, due on 2026-11-30" in row["reason"]


def test_the_summary_tells_new_changed_and_unchanged_rows_apart(estate: Cli) -> None:
    def summary(kind: str, name: str, content: str, *options: str) -> str:
        return estate("import", kind, str(estate.file(name, content)), *options).out.splitlines()[-2]

    accounts = ESTATE.replace("李秀英", "李秀芳") + "S-4,阳光花园,5栋,302,钱峰,,,\n" + "S-5,,,,,,,\n"
    told = summary("accounts", "a.csv", accounts, "--dry-run")
    assert told == "checked only, nothing stored: 1 new, 1 changed, 2 unchanged, 1 rejected"
    assert summary("accounts", "a.csv", accounts) == "1 new, 1 changed, 2 unchanged, 1 rejected"
    assert summary("accounts", "a.csv", accounts) == "0 new, 0 changed, 4 unchanged, 1 rejected"
    bill, payment = ("S-1", "物业费", "2026-11", "5", "2026-11-30"), ("S-1", "5", "2026-11-30", "cash", "R-1")
    for kind, header, row, more in (
        ("bills", BILLS, bill, ("S-2", *bill[1:])),
        ("payments", PAYMENTS, payment, (*payment[:4], "R-2")),
    ):
        assert summary(kind, f"{kind}.csv", lines(header, row)) == "1 new, 0 changed, 0 unchanged, 0 rejected"
        assert summary(kind, f"{kind}.csv", lines(header, row, more)) == "1 new, 0 changed, 1 unchanged, 0 rejected"
    fees = "小区,费项,计费方式,单价,周期,缴费日,生效日期\n阳光花园,物业费,按面积,{rate},月,25,2026-01-01\n"
    services = "小区,月份,服务,数量,单位\n阳光花园,2026-11,电梯维保,{rate},次\n"
    for kind, content in (("fees", fees), ("services", services)):
        assert [summary(kind, f"{kind}.csv", content.format(rate=rate)) for rate in ("2.5", "2.50", "3")] == [
            "1 new, 0 changed, 0 unchanged, 0 rejected",
            "0 new, 0 changed, 1 unchanged, 0 rejected",
            "0 new, 1 changed, 0 unchanged, 0 rejected",
        ]


def test_an_old_report_goes_when_all_is_well(estate: Cli) -> None:
    file = estate.file("b.csv", lines(BILLS, ("S-9", "物业费", "2026-11", "1", "2026-11-30")))
    assert estate("import", "bills", str(file)).code == 1
    estate.file("b.csv", lines(BILLS, ("S-1", "物业费", "2026-11", "1", "2026-11-30")))
    assert estate("import", "bills", str(file)).code == 0
    assert not Path(f"{file}.errors.csv").exists()


def test_a_dry_run_stores_nothing(cli: Cli) -> None:
    file = cli.file("a.csv", ESTATE + "S-4,,x,,y,,,\n")
    result = cli("import", "accounts", str(file), "--dry-run")
    assert (result.code, result.last) == (1, "3 accepted, 1 rejected, 0 changed")
    assert cli.rows("select count(*) from accounts") == [(0,)]
    assert cli.rows("select count(*) from communities") == [(0,)]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "code,community\nS-1,x\n", "the column payer_name is missing"),
        ("a.csv", "code,编号,community,payer_name\n1,1,x,y\n", "two columns are called code"),
        ("a.csv", "", "the file is empty"),
        ("a.pdf", "x", "not a kind of file"),
        ("a.xlsx", "this is no spreadsheet", "not a spreadsheet that can be read"),
        ("a.xlsx", b"PK\x03\x04 broken", "not a spreadsheet that can be read"),
    ],
)
def test_a_file_that_can_not_be_used(cli: Cli, name: str, content: str | bytes, said: str) -> None:
    result = cli("import", "accounts", str(cli.file(name, content)))
    assert result.code == 2
    assert said in result.err
    assert len(result.err.splitlines()) == 1
    assert result.out == ""


def test_a_file_that_is_not_there(cli: Cli) -> None:
    result = cli("import", "bills", "nowhere.csv")
    assert (result.code, result.err) == (2, "nuanling: nowhere.csv: No such file or directory\n")


def test_too_many_rows_and_macros_are_refused(cli: Cli) -> None:
    file = cli.file("a.csv", "code,community,payer_name\n" + "1,x,y\n" * 50_001)
    assert "more than 50,000 rows" in cli("import", "accounts", str(file)).err
    path = cli.folder / "m.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, ["code", "community", "payer_name"])
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("xl/vbaProject.bin", b"x")
    assert "contains macros" in cli("import", "accounts", str(path)).err


def test_many_chunks(cli: Cli) -> None:
    """More rows than one transaction takes."""
    count = 1200
    accounts = cli.file(
        "a.csv", lines(("code", "community", "payer_name"), *((f"A{n}", "X", "王") for n in range(count)))
    )
    bills = cli.file("b.csv", lines(BILLS, *((f"A{n}", "f", "2026", "1", "2026-11-30") for n in range(count))))
    payments = cli.file("p.csv", lines(PAYMENTS, *((f"A{n}", "2", "2026-11-30", "", f"R{n}") for n in range(count))))
    assert cli("import", "accounts", str(accounts)).last == f"{count} accepted, 0 rejected, 0 changed"
    assert cli("import", "bills", str(bills)).last == f"{count} accepted, 0 rejected"
    assert cli("import", "payments", str(payments)).last == f"{count} accepted, 0 rejected"
    sums = cli.rows("select kind, sum(amount_fen) from ledger_entries group by kind order by kind")
    assert [(kind, int(fen)) for kind, fen in sums] == [
        ("allocation", count * 100),
        ("charge", count * 100),
        ("payment", count * 200),
    ]
    assert cli("db", "check").out == "ok\n"


def test_a_grade_is_a_start_value_and_an_old_tier_takes_nothing_back(cli: Cli) -> None:
    """What was learned since the import stays when the same file comes again; a tier that the office changed counts."""
    head = "编号,类型,校区,姓名,信用,意向\n"
    first = cli.file("a.csv", head + "T-1,培训,启明,王,良好,A\nT-2,培训,启明,李,A,B\n")
    assert cli("import", "accounts", str(first)).last == "2 accepted, 0 rejected, 0 changed"
    assert cli.rows("select code, grade, tier from accounts order by code") == [("T-1", "B", "A"), ("T-2", "A", "B")]
    cli.execute("update accounts set grade = 'D', graded_on = '2026-11-23', tier = 'D' where code = 'T-1'")
    assert cli("import", "accounts", str(first)).last == "2 accepted, 0 rejected, 0 changed"
    other = cli.file("b.csv", head + "T-1,培训,启明,王,优秀,A\nT-2,培训,启明,李,C,C\n")
    assert cli("import", "accounts", str(other)).last == "2 accepted, 0 rejected, 2 changed"
    assert cli.rows("select code, grade, tier from accounts order by code") == [("T-1", "D", "D"), ("T-2", "C", "C")]
    assert cli.rows("select was, becomes, evidence, actor from tier_changes order by id") == [
        ("", "A", "import", "import"),
        ("", "B", "import", "import"),
        ("B", "C", "import", "import"),
    ]

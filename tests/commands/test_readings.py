"""Meter readings by command: brought in, held against their meter's line, billed once, corrected, given out again."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import python_calamine as calamine

from tests.commands.cli import Cli, lines

FEES = ("community", "item", "formula", "rate_yuan", "cycle", "due_day", "from")
HEAD = ("编号", "费项", "抄表日期", "读数", "表号", "换表", "更正", "已核实")


@pytest.fixture
def metered(estate: Cli) -> Cli:
    """An estate whose water goes by meter, at 4.10 a unit; S-3 has no meter."""
    file = estate.file("fees.csv", lines(FEES, ("阳光花园", "水费", "抄表", "4.1", "月", "10", "2026-01-01")))
    assert estate("import", "fees", str(file)).code == 0
    return estate


def row(code: str, day: str, reading: object, *, number: str = "", **marks: str) -> tuple[object, ...]:
    return (code, "水费", day, reading, number, *(marks.get(each, "") for each in ("begins", "correction", "checked")))


def bring(cli: Cli, *rows: tuple[object, ...], name: str = "r.csv") -> tuple[int, str, Path]:
    file = cli.file(name, lines(HEAD, *rows))
    result = cli("import", "readings", str(file))
    return result.code, result.last, file


def reasons(cli: Cli, file: Path) -> list[str]:
    return [each["reason"] for each in cli.refused(file)]


def figures(cli: Cli) -> list[tuple[str, str, int]]:
    query = "select code, read_on, thousandths from meter_readings join accounts on accounts.id = account_id"
    return [(code, str(day), int(each)) for code, day, each in cli.rows(f"{query} order by meter_readings.id")]


def bills(cli: Cli) -> list[tuple[str, str, str, int]]:
    query = """select b.period, b.due_on, b.basis, sum(case e.kind when 'lower' then -e.amount_fen
        when 'charge' then e.amount_fen when 'raise' then e.amount_fen else 0 end)
        from bills b join ledger_entries e on e.bill_id = b.id group by b.id order by b.id"""
    return [(period, str(due), basis, int(fen)) for period, due, basis, fen in cli.rows(query)]


def test_readings_come_in_once_in_either_language(metered: Cli) -> None:
    code, last, _ = bring(metered, row("S-1", "2026-10-31", "100"), row("S-2", "2026年10月31日", "12.345 m³"))
    assert (code, last) == (0, "2 accepted, 0 rejected")
    known = [("S-1", "2026-10-31", 100_000), ("S-2", "2026-10-31", 12_345)]
    assert figures(metered) == known
    english = metered.file(
        "e.csv", "account_code,item,read_on,reading\nS-1,水费,2026-10-31,100\nS-2,水费,2026-10-31,12.345\n"
    )
    for _ in range(2):
        assert metered("import", "readings", str(english)).last == "2 accepted, 0 rejected"
    assert figures(metered) == known
    [(file, actor)] = set(metered.rows("select file, actor from meter_readings"))
    assert file == "r.csv"
    assert actor.startswith("cli")


def test_a_check_alone_stores_nothing(metered: Cli) -> None:
    file = metered.file("r.csv", lines(HEAD, row("S-1", "2026-10-31", 100), row("S-1", "2026-11-10", 99)))
    result = metered("import", "readings", str(file), "--dry-run")
    assert (result.code, result.last) == (1, "1 accepted, 1 rejected")
    assert figures(metered) == []
    assert "99 of 2026-11-10 is below 100 of 2026-10-31" in reasons(metered, file)[0]


def test_each_refusal_names_the_row_and_the_cure(metered: Cli) -> None:
    assert bring(metered, row("S-1", "2026-10-31", 100, number="W-1"))[0] == 0
    code, last, file = bring(
        metered,
        row("S-9", "2026-10-31", 1),
        ("S-1", "电费", "2026-10-31", 1, "", "", "", ""),
        row("S-1", "2099-01-01", 200),
        row("S-1", "2026-10-31", 101, number="W-1"),
        row("S-1", "2026-10-01", 1, correction="是"),
        row("S-1", "2026-11-10", 99),
        row("S-1", "2026-11-12", 110, number="W-2"),
        row("S-1", "2026-11-14", "9900"),
        row("S-1", "2026-11-16", 0, begins="是"),
        row("S-1", "2026-11-18", "1.2345"),
        row("S-1", "2026-11-19", "-1"),
        name="bad.csv",
    )
    assert (code, last) == (1, "0 accepted, 11 rejected")
    assert reasons(metered, file) == [
        "bad.csv row 2: 编号: there is no account 'S-9': import it first",
        "bad.csv row 3: 费项: '电费' is no metered fee of '阳光花园': bring it in with `import fees` first",
        "bad.csv row 4: 抄表日期: is in the future",
        "bad.csv row 5: 读数: 2026-10-31 is known with 100: write yes under correction where this one is right",
        "bad.csv row 6: 更正: there is no reading of that day to correct: leave it blank",
        "bad.csv row 7: 读数: 99 of 2026-11-10 is below 100 of 2026-10-31: correct it, or write yes under begins "
        "where the meter was replaced",
        "bad.csv row 8: 表号: this line knows the meter as 'W-1': write yes under begins where it was replaced",
        "bad.csv row 9: 读数: 9800 used since 2026-10-31 is far more than usual: read it again, or write yes under "
        "checked",
        "bad.csv row 10: 换表: the old meter was read last on 2026-10-31: add its last reading of this day as a row, "
        "or write yes under checked",
        "bad.csv row 11: 读数: more than 3 decimals: '1.2345'",
        "bad.csv row 12: 读数: not a number: '-1'",
    ]
    assert figures(metered) == [("S-1", "2026-10-31", 100_000)]


def test_a_jump_is_believed_once_somebody_has_looked(metered: Cli) -> None:
    bring(metered, row("S-1", "2026-10-31", 100))
    assert bring(metered, row("S-1", "2026-11-14", 9900))[0] == 1
    assert bring(metered, row("S-1", "2026-11-14", 9900, checked="是"))[:2] == (0, "1 accepted, 0 rejected")
    assert figures(metered)[-1] == ("S-1", "2026-11-14", 9_900_000)


def test_the_rows_of_a_file_may_stand_in_any_order(metered: Cli) -> None:
    """The new meter before the last reading of the old one, the newest first."""
    code, _, _ = bring(
        metered,
        row("S-1", "2026-11-28", 8, number="W-2"),
        row("S-1", "2026-11-10", 0, number="W-2", begins="换表"),
        row("S-1", "2026-11-10", 104, number="W-1"),
        row("S-1", "2026-10-31", 100, number="W-1"),
    )
    assert code == 0
    assert metered("bill", "generate", "--period", "2026-11").last.startswith("2026-11: 1 issued (49.20 yuan)")
    assert bills(metered) == [
        ("2026-11", "2026-12-10", "100 (10-31) → 104 (11-10) + 0 (11-10) → 8 (11-28) = 12 × 4.10", 4920)
    ]


def test_a_month_is_shown_then_billed_once_and_what_is_missing_is_told(metered: Cli) -> None:
    bring(
        metered,
        *(row("S-1", "2026-09-30", 88), row("S-1", "2026-10-31", 100.5)),
        *(row("S-2", "2026-09-30", 40), row("S-2", "2026-10-31", 40)),
    )
    dry = metered("bill", "generate", "--period", "2026-10", "--dry-run")
    assert dry.out.splitlines() == [
        "S-1 水费 2026-10: 88 (09-30) → 100.5 (10-31) = 12.5 × 4.10 = 51.25, due 2026-11-10",
        "水费: 1 (51.25 yuan), 1 due before today",
        "2026-10: 1 to issue (51.25 yuan), 0 already there, 1 used nothing",
    ]
    assert dry.err == ("not billed: 水费 has no reading of 2026-10: `import readings`, then generate again (S-3)\n")
    assert bills(metered) == []
    issued = "2026-10: 1 issued (51.25 yuan), 0 already there, 1 used nothing"
    assert metered("bill", "generate", "--period", "2026-10").last == issued
    again = metered("bill", "generate", "--period", "2026-10")
    assert again.last == "2026-10: 0 issued (0.00 yuan), 1 already there, 1 used nothing"
    assert bills(metered) == [("2026-10", "2026-11-10", "88 (09-30) → 100.5 (10-31) = 12.5 × 4.10", 5125)]
    assert metered("db", "check").out == "ok\n"


def test_a_reading_that_comes_late_never_bills_the_same_water_twice(metered: Cli) -> None:
    bring(metered, row("S-1", "2026-08-31", 60), row("S-1", "2026-10-31", 100))
    assert "S-1" in metered("bill", "generate", "--period", "2026-09").err
    metered("bill", "generate", "--period", "2026-10")
    bring(metered, row("S-1", "2026-09-30", 88))
    late = metered("bill", "generate", "--period", "2026-09")
    assert "水费: the use of 2026-09 is in the bill of 2026-10: correct that one (S-1)" in late.err
    assert [(period, fen) for period, _, _, fen in bills(metered)] == [("2026-10", 16400)]


def test_a_void_bill_is_not_billed_again_by_itself(metered: Cli) -> None:
    bring(metered, row("S-1", "2026-09-30", 88), row("S-1", "2026-10-31", 100))
    metered("bill", "generate", "--period", "2026-10")
    [(number,)] = metered.rows("select id from bills")
    assert metered("bill", "void", str(number)).code == 0
    assert metered("bill", "generate", "--period", "2026-10").last.startswith(
        "2026-10: 0 issued (0.00 yuan), 1 already"
    )
    assert metered("bill", "recalculate", str(number)).code == 2


def test_a_correction_waits_for_a_decision_and_changes_the_bill_by_an_entry(metered: Cli) -> None:
    bring(metered, row("S-1", "2026-09-30", 88), row("S-1", "2026-10-31", 100), row("S-1", "2026-11-20", 110))
    metered("bill", "generate", "--period", "2026-10")
    [(number,)] = metered.rows("select id from bills")
    assert metered("bill", "recalculate").out == "no bill leans on a reading that was corrected\n"
    file = metered.file("c.csv", lines(HEAD, row("S-1", "2026-10-31", 98, correction="更正")))
    result = metered("import", "readings", str(file))
    assert (result.code, result.last) == (0, "1 accepted, 0 rejected")
    assert f"bill {number} (S-1 水费 2026-10) was worked out from the old reading" in result.err
    assert figures(metered)[2:] == [("S-1", "2026-11-20", 110_000), ("S-1", "2026-10-31", 98_000)]
    assert bills(metered)[0][2:] == ("88 (09-30) → 100 (10-31) = 12 × 4.10", 4920)
    assert metered.rows("select kind, state, source from staff_tasks") == [("reading", "open", f"reading/{number}")]
    told = f"bill {number}: 49.20 → 41.00, 88 (09-30) → 98 (10-31) = 10 × 4.10\n"
    assert metered("bill", "recalculate").out == told
    assert metered("bill", "recalculate", str(number), "--dry-run").out == told
    assert bills(metered)[0][3] == 4920
    assert metered("bill", "recalculate", str(number)).out == told
    assert bills(metered) == [("2026-10", "2026-11-10", "88 (09-30) → 98 (10-31) = 10 × 4.10", 4100)]
    assert metered.rows("select kind, amount_fen from ledger_entries order by id") == [("charge", 4920), ("lower", 820)]
    assert metered.rows("select state from staff_tasks") == [("done",)]
    again = metered("bill", "recalculate", str(number))
    assert (again.code, "nothing to adjust" in again.err) == (2, True)
    # The next month goes on from the right figure; the same file does nothing.
    assert metered("import", "readings", str(file)).last == "1 accepted, 0 rejected"
    assert len(figures(metered)) == 4
    metered("bill", "generate", "--period", "2026-11")
    assert bills(metered)[1][2:] == ("98 (10-31) → 110 (11-20) = 12 × 4.10", 4920)
    assert metered("db", "check").out == "ok\n"


def test_a_correction_is_corrected_in_its_turn_and_both_bills_that_lean_on_it_are_named(metered: Cli) -> None:
    bring(metered, row("S-1", "2026-09-30", 88), row("S-1", "2026-10-31", 100), row("S-1", "2026-11-20", 110))
    for period in ("2026-10", "2026-11"):
        metered("bill", "generate", "--period", period)
    for figure in (98, 99):
        bring(metered, row("S-1", "2026-10-31", figure, correction="是"))
    listed = metered("bill", "recalculate").out.splitlines()
    assert [line.partition(": ")[2].partition(",")[0] for line in listed] == ["49.20 → 45.10", "41.00 → 45.10"]
    for (number,) in metered.rows("select id from bills order by id"):
        assert metered("bill", "recalculate", str(number)).code == 0
    assert [fen for _, _, _, fen in bills(metered)] == [4510, 4510]
    assert metered("bill", "recalculate").out == "no bill leans on a reading that was corrected\n"
    assert metered("db", "check").out == "ok\n"


def test_a_correction_may_not_run_backwards_either(metered: Cli) -> None:
    bring(metered, row("S-1", "2026-09-30", 88), row("S-1", "2026-10-31", 100))
    code, _, file = bring(metered, row("S-1", "2026-10-31", 80, correction="是"))
    assert (code, "80 of 2026-10-31 is below 88 of 2026-09-30" in reasons(metered, file)[0]) == (1, True)


def test_readings_are_given_out_with_their_history(metered: Cli) -> None:
    bring(metered, row("S-1", "2026-10-31", "100.5", number="W-1"))
    bring(metered, row("S-1", "2026-10-31", "100.25", correction="是"), name="again.csv")
    out = metered.folder / "all.csv"
    assert metered("export", "readings", "--out", str(out)).last == f"{out}: 2 readings"
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(each["reading"], each["correction"], each["stands"], each["file"]) for each in rows] == [
        ("100.5", "", "no", "r.csv"),
        ("100.25", "yes", "yes", "again.csv"),
    ]
    assert {each["meter"] for each in rows} == {"W-1"}
    book = metered.folder / "all.xlsx"
    assert metered("export", "readings", "--out", str(book), "--community", "阳光花园").code == 0
    cells = calamine.load_workbook(str(book)).get_sheet_by_index(0).to_python()
    assert [line[3] for line in cells] == ["reading", 100.5, 100.25]
    assert metered("export", "readings", "--out", "x.txt").code == 2
    assert metered("export", "readings", "--out", "x.csv", "--community", "月亮湾").code == 2
    assert metered("export", "readings", "--out", "x.csv", "--missing", "2026-13").code == 2
    assert "export.made" in [action for (action,) in metered.rows("select action from audit_log")]


def test_the_list_of_what_is_to_be_read_comes_back_as_readings(metered: Cli) -> None:
    bring(metered, row("S-1", "2026-09-30", 88, number="W-1"), row("S-2", "2026-10-31", 40))
    out = metered.folder / "to-read.csv"
    assert metered("export", "readings", "--out", str(out), "--missing", "2026-10").last == f"{out}: 2 to be read"
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(each["account_code"], each["room"], each["last_read_on"], each["last_reading"]) for each in rows] == [
        ("S-1", "3栋1201", "2026-09-30", "88"),
        ("S-3", "5栋301", "", ""),
    ]
    for each in rows:
        each |= {"read_on": "2026-11-02", "reading": "96"}
    filled = metered.file("filled.csv", lines(list(rows[0]), *(list(each.values()) for each in rows)))
    assert metered("import", "readings", str(filled)).last == "2 accepted, 0 rejected"
    assert metered("export", "readings", "--out", str(out), "--missing", "2026-10").last == f"{out}: 0 to be read"
    billed = metered("bill", "generate", "--period", "2026-10")
    assert billed.last.startswith("2026-10: 1 issued (32.80 yuan)")
    assert "水费 has one reading only: `import readings` with the one before (S-2, S-3)" in billed.err


def test_an_erased_household_keeps_its_figures_without_a_meters_number(metered: Cli) -> None:
    bring(metered, row("S-1", "2026-09-30", 88, number="W-1"), row("S-1", "2026-10-31", 100, number="W-1"))
    metered("bill", "generate", "--period", "2026-10")
    assert metered("erase", "account", "S-1", "--yes").code == 0
    assert set(metered.rows("select meter, file from meter_readings")) == {("", "")}
    assert len(figures(metered)) == 2
    code, _, file = bring(metered, row("S-1", "2026-11-20", 110))
    assert (code, "this household was erased" in reasons(metered, file)[0]) == (1, True)
    assert metered("db", "check").out == "ok\n"


def test_the_doctor_tells_which_meters_wait(metered: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    from domain.clock import SystemClock

    monkeypatch.setattr(SystemClock, "now", lambda self: datetime(2026, 11, 23, 2, 0, tzinfo=UTC))

    def said(name: str) -> list[str]:
        return [each for each in metered("doctor").out.splitlines() if f" {name}: " in f" {each}"]

    bring(metered, row("S-1", "2026-09-30", 88), row("S-1", "2026-10-31", 100), row("S-2", "2026-10-31", 40))
    [told] = said("readings")
    assert told.startswith("warn readings: 1 meters have no reading of 2026-10: S-3 → `python -m bot export readings")
    bring(metered, row("S-3", "2026-11-01", 40))
    assert said("readings") == ["ok   readings: every meter has its reading of 2026-10"]
    metered("bill", "generate", "--period", "2026-10")
    assert said("corrected readings") == []
    bring(metered, row("S-1", "2026-10-31", 99, correction="是"))
    [told] = said("corrected readings")
    assert told.startswith("warn corrected readings: 1 bills still follow a reading that was corrected → ")

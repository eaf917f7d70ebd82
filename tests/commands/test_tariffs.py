"""Tiered prices and minimum charges by command: brought in with the fee rules, shown, billed, corrected by entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.cli import Cli, lines
from tests.commands.test_readings import bills, bring, reasons, row

FEES = ("小区", "费项", "计费方式", "单价", "周期", "缴费日", "生效日期", "阶梯价", "阶梯周期", "底数", "最低消费")
TIERS = "0-180:3.45；181-260:4.83；260以上:5.83"
TERMS = ("rate_yuan", "tier_prices", "tiers_per", "least_thousandths", "least_fen")


def rule(tiers: str = "", per: str = "", units: object = "", yuan: object = "", **other: str) -> tuple[object, ...]:
    rate, formula = other.get("rate", "3.45"), other.get("formula", "抄表")
    start, item = other.get("start", "2026-01-01"), other.get("item", "水费")
    return ("阳光花园", item, formula, rate, "月", "10", start, tiers, per, units, yuan)


def fees(cli: Cli, *rules: tuple[object, ...], name: str = "f.csv") -> tuple[int, str, Path]:
    file = cli.file(name, lines(FEES, *rules))
    result = cli("import", "fees", str(file))
    return result.code, result.last, file


def terms(cli: Cli) -> list[tuple[object, ...]]:
    return [tuple(each) for each in cli.rows(f"select {', '.join(TERMS)} from fee_items order by id")]


def sums(cli: Cli) -> list[tuple[str, int]]:
    return [(basis.partition(" = ")[2], fen) for _, _, basis, fen in bills(cli)]


@pytest.fixture
def by_year(estate: Cli) -> Cli:
    """Water in three tiers by the year; the year of S-1 begins at 100."""
    assert fees(estate, rule(TIERS, "年"))[0] == 0
    bring(estate, row("S-1", "2025-12-31", 100), row("S-1", "2026-08-31", 270))
    return estate


def test_tiers_and_minimum_come_in_with_the_rule_and_stay_in_a_file_without_their_columns(estate: Cli) -> None:
    assert fees(estate, rule(TIERS, "年", "5 m³", "￥20"))[:2] == (0, "1 accepted, 0 rejected")
    known = [("3.45", "0-180:3.45;180-260:4.83;260-:5.83", "year", 5000, 2000)]
    assert terms(estate) == known
    assert "1 " in estate("import", "fees", str(estate.folder / "f.csv")).out
    old = estate.file("old.csv", lines(FEES[:7], rule()[:7]))
    assert estate("import", "fees", str(old)).last == "1 accepted, 0 rejected"
    assert terms(estate) == known
    dearer = estate.file("dearer.csv", lines(FEES[:7], rule(rate="3.5")[:7]))
    assert estate("import", "fees", str(dearer)).code == 1
    assert "the first tier of tier_prices costs 3.45: write the same in both" in reasons(estate, dearer)[0]
    assert terms(estate) == known
    assert fees(estate, rule(rate="3.5"))[0] == 0
    assert terms(estate) == [("3.5", "", "", 0, 0)]


def test_each_refusal_names_the_row_the_column_and_the_cure(estate: Cli) -> None:
    code, last, file = fees(
        estate,
        rule("0-180:3.45;190-:4.83", "年", start="2026-01-01"),
        rule(TIERS, "年", rate="3.40", start="2026-02-01"),
        rule(TIERS, start="2026-03-01"),
        rule("", "年", start="2026-04-01"),
        rule("", "", "5", formula="固定", start="2026-05-01"),
        rule("", "", "", "-3", start="2026-06-01"),
        rule(TIERS, "周", start="2026-07-01"),
        name="bad.csv",
    )
    assert (code, last) == (1, "0 accepted, 7 rejected")
    assert reasons(estate, file) == [
        "bad.csv row 2: 阶梯价: '190-:4.83': no price from 180 to 190: begin it at 180",
        "bad.csv row 3: 单价: the first tier of tier_prices costs 3.45: write the same in both",
        "bad.csv row 4: 阶梯周期: is empty beside tiers: write period where each bill begins at the first tier, "
        "or year where what was used this year counts",
        "bad.csv row 5: 阶梯周期: there are no tiers: fill in tier_prices, or leave this blank",
        "bad.csv row 6: 底数: only what goes by meter has this: leave it blank, or write metered under formula",
        "bad.csv row 7: 最低消费: must be more than 0: '-3'",
        "bad.csv row 8: 阶梯周期: '周' is not one of period, year",
    ]


def test_the_dry_run_shows_the_sum_tier_by_tier_then_it_is_billed_so(by_year: Cli) -> None:
    bring(by_year, row("S-1", "2026-09-30", 300), row("S-1", "2026-10-31", 390, checked="是"))
    dry = by_year("bill", "generate", "--period", "2026-09", "--dry-run")
    shown = "270 (08-31) → 300 (09-30) = 30 (2026: 170 + 30): 10 × 3.45 + 20 × 4.83"
    assert dry.out.splitlines()[0] == f"S-1 水费 2026-09: {shown} = 131.10, due 2026-10-10"
    assert bills(by_year) == []
    for month in ("10", "09"):  # in any order: the year is counted by the readings
        by_year("bill", "generate", "--period", f"2026-{month}")
    assert sums(by_year) == [
        ("90 (2026: 200 + 90): 60 × 4.83 + 30 × 5.83", 46470),
        ("30 (2026: 170 + 30): 10 × 3.45 + 20 × 4.83", 13110),
    ]
    assert by_year("db", "check").out == "ok\n"


def test_a_minimum_is_billed_for_a_meter_that_stood_still_but_not_for_one_unread(estate: Cli) -> None:
    fees(estate, rule("", "", "", "20"))
    bring(estate, row("S-1", "2026-08-31", 100), row("S-1", "2026-09-30", 100), row("S-2", "2026-08-31", 5))
    told = estate("bill", "generate", "--period", "2026-09")
    assert "水费 has no reading of 2026-09" in told.err
    assert told.last == "2026-09: 1 issued (20.00 yuan), 0 already there"
    assert sums(estate) == [("0 × 3.45, ≥ 20.00", 2000)]
    bring(estate, row("S-2", "2026-10-31", 6))
    estate("bill", "generate", "--period", "2026-10")
    assert sums(estate)[1] == ("1 × 3.45, ≥ 40.00", 4000)  # September and October


def test_a_correction_moves_the_tiers_of_its_own_bill_and_of_the_next(by_year: Cli) -> None:
    bring(by_year, row("S-1", "2026-09-30", 300), row("S-1", "2026-10-31", 390, checked="是"))
    for month in ("09", "10"):
        by_year("bill", "generate", "--period", f"2026-{month}")
    # The rule is corrected meanwhile: what was billed is worked out anew by its own prices.
    assert fees(by_year, rule("0-10:3.45;10-:99", "期"))[0] == 0
    bring(by_year, row("S-1", "2026-09-30", 278, correction="是"))
    listed = by_year("bill", "recalculate").out.splitlines()
    assert [each.partition(": ")[2] for each in listed] == [
        "131.10 → 27.60, 270 (08-31) → 278 (09-30) = 8 (2026: 170 + 8): 8 × 3.45",
        "464.70 → 568.20, 278 (09-30) → 390 (10-31) = 112 (2026: 178 + 112): 2 × 3.45 + 80 × 4.83 + 30 × 5.83",
    ]
    for (number,) in by_year.rows("select id from bills order by id"):
        assert by_year("bill", "recalculate", str(number)).code == 0
    assert [fen for _, fen in sums(by_year)] == [2760, 56820]
    assert sum(fen for _, fen in sums(by_year)) == 13110 + 46470  # the same water, the same prices
    kinds = by_year.rows("select kind, amount_fen from ledger_entries order by id")
    assert kinds == [("charge", 13110), ("charge", 46470), ("lower", 10350), ("raise", 10350)]
    assert by_year("bill", "recalculate").out == "no bill leans on a reading that was corrected\n"
    assert by_year("db", "check").out == "ok\n"


def test_a_correction_of_where_the_year_began_moves_only_the_bills_whose_tier_changes(by_year: Cli) -> None:
    """September crossed into the second tier; August had not, and is worked out anew without anybody being asked."""
    bring(by_year, row("S-1", "2026-07-31", 200), row("S-1", "2026-09-30", 300))
    for month in ("08", "09"):
        by_year("bill", "generate", "--period", f"2026-{month}")
    bring(by_year, row("S-1", "2025-12-31", 95, correction="是"))
    [(september,)] = by_year.rows("select id from bills where period = '2026-09'")
    assert by_year.rows("select source, state from staff_tasks") == [(f"reading/{september}", "open")]
    assert sums(by_year) == [
        ("70 (2026: 105 + 70): 70 × 3.45", 24150),
        ("30 (2026: 170 + 30): 10 × 3.45 + 20 × 4.83", 13110),
    ]
    assert by_year("bill", "recalculate", str(september)).code == 0
    assert sums(by_year)[1] == ("30 (2026: 175 + 30): 5 × 3.45 + 25 × 4.83", 13800)
    assert by_year.rows("select state from staff_tasks") == [("done",)]
    assert by_year("bill", "recalculate").out == "no bill leans on a reading that was corrected\n"
    assert by_year("db", "check").out == "ok\n"


def test_an_erased_household_keeps_what_its_bills_were_worked_out_by(by_year: Cli) -> None:
    bring(by_year, row("S-1", "2026-09-30", 300))
    by_year("bill", "generate", "--period", "2026-09")
    assert by_year("erase", "account", "S-1", "--yes").code == 0
    assert by_year.rows("select tiers_per from bill_tariffs") == [("year",)]
    assert by_year("db", "check").out == "ok\n"

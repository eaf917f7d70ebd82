"""From a fee rule to a charge: which period, how much, due when, and how it is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing import (
    TRAINING_MONTHS_MAX,
    Charge,
    Fee,
    Household,
    Period,
    charge,
    due_on,
    fees_of,
    half_up,
    period_of,
    read_period,
)

BY_AREA = Fee("物业费", "area", Decimal("3.20"), "month", 25, 1)
PARKING = Fee("停车费", "fixed", Decimal("150"), "quarter", 10, 2)
PLAIN = Household(Decimal("89.5"), "", None, "")


def billed(fee: Fee, household: Household, period: str) -> Charge:
    made = charge(fee, household, read_period(period))
    assert made is not None
    return made


def test_area_times_rate() -> None:
    assert billed(BY_AREA, PLAIN, "2026-12") == Charge(
        "物业费", "2026-12", date(2026, 12, 25), 28640, "89.5 m² × 3.20", 1
    )


def test_a_fixed_fee() -> None:
    assert billed(PARKING, PLAIN, "2026-Q4") == Charge("停车费", "2026-Q4", date(2026, 10, 10), 15000, "150.00", 2)


@pytest.mark.parametrize(
    ("asked", "cycle", "bills"),
    [
        ("2026-12", "month", "2026-12"),
        ("2026-12", "quarter", None),
        ("2026-10", "quarter", "2026-Q4"),
        ("2026-12", "year", None),
        ("2026-01", "year", "2026"),
        ("2026-01", "quarter", "2026-Q1"),
        ("2026-Q1", "quarter", "2026-Q1"),
        ("2026-Q1", "month", None),
        ("2026-Q1", "year", None),
        ("2026", "year", "2026"),
        ("2026", "month", None),
    ],
)
def test_which_period_is_billed(asked: str, cycle: str, bills: str | None) -> None:
    found = read_period(asked).begins(cycle)
    assert (None if found is None else str(found)) == bills


@pytest.mark.parametrize(
    ("asked", "cycle", "bills"),
    [
        ("2026-12", "month", "2026-12"),
        ("2026-12", "quarter", "2026-Q4"),
        ("2026-12", "year", "2026"),
        ("2026-11", "quarter", None),
        ("2026-10", "quarter", None),
        ("2026-03", "quarter", "2026-Q1"),
        ("2026-03", "year", None),
        ("2026-Q4", "quarter", "2026-Q4"),
        ("2026-Q4", "month", None),
        ("2026-Q4", "year", None),
        ("2026", "year", "2026"),
        ("2026", "quarter", None),
    ],
)
def test_what_is_billed_when_it_is_over(asked: str, cycle: str, bills: str | None) -> None:
    found = read_period(asked).ends(cycle)
    assert (None if found is None else str(found)) == bills


@pytest.mark.parametrize(
    ("day", "cycle", "period"),
    [
        (date(2026, 1, 1), "month", "2026-01"),
        (date(2026, 12, 31), "month", "2026-12"),
        (date(2026, 3, 31), "quarter", "2026-Q1"),
        (date(2026, 4, 1), "quarter", "2026-Q2"),
        (date(2026, 12, 31), "quarter", "2026-Q4"),
        (date(2026, 12, 31), "year", "2026"),
        (date(2027, 1, 1), "year", "2027"),
    ],
)
def test_the_period_of_a_day(day: date, cycle: str, period: str) -> None:
    found = period_of(day, cycle)
    assert (str(found), found.cycle) == (period, cycle)
    assert found.start <= day <= found.last


@pytest.mark.parametrize(("exact", "fen"), [("0", 0), ("0.4999", 0), ("0.5", 1), ("1.5", 2), ("2.5", 3), ("2.4999", 2)])
def test_halves_of_a_fen_go_up(exact: str, fen: int) -> None:
    assert half_up(Fraction(exact)) == fen


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("2026-12", date(2026, 12, 1)),
        (" 2026-q1 ", date(2026, 1, 1)),
        ("2026-Q2", date(2026, 4, 1)),
        ("2026-Q4", date(2026, 10, 1)),
        ("2000", date(2000, 1, 1)),
        ("2099", date(2099, 1, 1)),
    ],
)
def test_a_period_begins_on_its_first_day(text: str, start: date) -> None:
    assert read_period(text).start == start
    assert str(read_period(text)) == text.strip().upper()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("2026年1月", "2026-01"),
        ("2026年12月份", "2026-12"),
        ("2026年第四季度", "2026-Q4"),
        ("2026年1季", "2026-Q1"),
        ("2026年", "2026"),
    ],
)
def test_a_period_may_be_written_in_chinese(text: str, plain: str) -> None:
    assert str(read_period(text)) == plain


@pytest.mark.parametrize("text", ["2026年0月", "2026年13月", "2026年第5季度", "26年1月", "2026年一月"])
def test_what_is_no_chinese_period(text: str) -> None:
    with pytest.raises(ValueError, match="not a period"):
        read_period(text)


@pytest.mark.parametrize(("month", "quarter"), [(1, 1), (3, 1), (4, 2), (9, 3), (10, 4), (12, 4)])
def test_a_month_lies_in_its_quarter(month: int, quarter: int) -> None:
    assert str(Period(date(2026, month, 1), "quarter")) == f"2026-Q{quarter}"


def test_a_school_charges_for_three_months_at_the_most() -> None:
    assert TRAINING_MONTHS_MAX == 3


@pytest.mark.parametrize("text", ["2100", "2026-13", "2026-Q5", "26", "2026-1", "2026-11-30", "1999", "２０２６"])
def test_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="not a period"):
        read_period(text)


@pytest.mark.parametrize(
    ("month", "day", "due"),
    [
        (date(2026, 2, 1), 31, date(2026, 2, 28)),
        (date(2028, 2, 1), 30, date(2028, 2, 29)),
        (date(2026, 4, 1), 31, date(2026, 4, 30)),
        (date(2026, 5, 1), 31, date(2026, 5, 31)),
    ],
)
def test_the_due_day_stays_in_its_month(month: date, day: int, due: date) -> None:
    assert due_on(month, day) == due


def test_a_households_own_rate_and_cycle_win() -> None:
    own = Household(Decimal("89.5"), "物业费", Decimal("2.5"), "quarter")
    fees = fees_of(own, [BY_AREA, PARKING])
    assert fees == [replace(BY_AREA, rate_yuan=Decimal("2.5"), cycle="quarter"), PARKING]
    assert billed(fees[0], own, "2026-10").amount_fen == 22375
    assert charge(fees[0], own, read_period("2026-12")) is None


def test_another_cycle_with_the_communitys_rate_is_its_multiple() -> None:
    own = Household(Decimal("89.5"), "", None, "quarter")
    (fee,) = fees_of(own, [BY_AREA])
    made = billed(fee, own, "2026-10")
    assert (made.amount_fen, made.basis) == (3 * 28640, "89.5 m² × 3.20 × 3")
    monthly = Household(None, "停车费", None, "month")
    (fee,) = fees_of(monthly, [PARKING])
    made = billed(fee, monthly, "2026-12")
    assert (made.amount_fen, made.basis) == (5000, "150.00 ÷ 3")


def test_a_fee_of_the_households_own() -> None:
    (fee,) = fees_of(Household(None, "钢琴课", Decimal("1200"), ""), [])
    made = billed(fee, Household(None, "钢琴课", Decimal("1200"), ""), "2026-02")
    assert (made.item, made.amount_fen, made.due_on) == ("钢琴课", 120000, date(2026, 2, 28))
    assert fees_of(Household(None, "", None, "month"), []) == []


def test_what_can_not_be_billed_says_why() -> None:
    with pytest.raises(ValueError, match="its readings say what was used"):
        charge(replace(BY_AREA, formula="metered"), PLAIN, read_period("2026-12"))
    with pytest.raises(ValueError, match="the account has none"):
        charge(BY_AREA, replace(PLAIN, area_m2=None), read_period("2026-12"))
    with pytest.raises(ValueError, match="comes to nothing"):
        charge(replace(BY_AREA, rate_yuan=Decimal(0)), PLAIN, read_period("2026-12"))


@given(
    st.decimals("0.01", "9999", places=2),
    st.decimals("0.01", "999", places=4),
    st.sampled_from(["month", "quarter", "year"]),
)
def test_a_sum_is_rounded_once_half_up(area: Decimal, rate: Decimal, cycle: str) -> None:
    fee = replace(BY_AREA, rate_yuan=rate, cycle=cycle)
    exact = Fraction(area) * Fraction(rate) * 100
    if exact < Fraction(1, 2):
        return
    made = charge(fee, replace(PLAIN, area_m2=area), Period(date(2026, 1, 1), "month"))
    assert made is not None
    assert abs(made.amount_fen - exact) <= Fraction(1, 2)
    assert made.amount_fen - exact != Fraction(-1, 2)


def test_a_yearly_household_pays_twelve_times_the_months_and_a_monthly_one_a_twelfth_of_the_years() -> None:
    yearly = replace(PLAIN, cycle="year")
    (fee,) = fees_of(yearly, [BY_AREA])
    assert (billed(fee, yearly, "2026").amount_fen, billed(fee, yearly, "2026").basis) == (
        12 * 28640,
        "89.5 m² × 3.20 × 12",
    )
    monthly = replace(PLAIN, cycle="month")
    (fee,) = fees_of(monthly, [replace(BY_AREA, cycle="year", rate_yuan=Decimal("38.4"))])
    assert (billed(fee, monthly, "2026-12").amount_fen, billed(fee, monthly, "2026-12").basis) == (
        28640,
        "89.5 m² × 38.40 ÷ 12",
    )
    quarterly = replace(PLAIN, cycle="quarter")
    (fee,) = fees_of(quarterly, [replace(BY_AREA, cycle="year", rate_yuan=Decimal("38.4"))])
    assert billed(fee, quarterly, "2026-Q4").basis == "89.5 m² × 38.40 ÷ 4"


def test_a_household_without_wishes_gets_the_communitys_rules_as_they_are() -> None:
    assert fees_of(PLAIN, [BY_AREA]) == [BY_AREA]
    assert fees_of(replace(PLAIN, cycle="month"), [BY_AREA]) == [BY_AREA]
    # Of several rules the household has to name the one that is its own.
    assert fees_of(replace(PLAIN, cycle="year"), [BY_AREA, PARKING]) == [BY_AREA, PARKING]
    assert fees_of(replace(PLAIN, rate_yuan=Decimal(9)), [BY_AREA, PARKING]) == [BY_AREA, PARKING]
    assert fees_of(replace(PLAIN, rate_yuan=Decimal(9)), [BY_AREA]) == [replace(BY_AREA, rate_yuan=Decimal(9))]


def test_a_households_own_rate_is_no_meters_unless_it_says_so() -> None:
    water = Fee("水费", "metered", Decimal("4.1"), "month", 10, 3)
    own = Household(Decimal("89.5"), "", Decimal("3.2"), "quarter")
    assert fees_of(own, [water]) == [water]
    assert fees_of(replace(own, fee_item="水费"), [water]) == [
        replace(water, rate_yuan=Decimal("3.2"), cycle="quarter")
    ]


def test_an_item_of_the_households_own_is_added_to_the_communitys() -> None:
    """By area where it has one; due when the first of the others is; without a rate there is nothing to bill."""
    own = Household(Decimal("89.5"), "车位费", Decimal("2"), "quarter")
    assert fees_of(own, [BY_AREA, PARKING]) == [
        BY_AREA,
        PARKING,
        Fee("车位费", "area", Decimal("2"), "quarter", 10),
    ]
    assert fees_of(replace(own, area_m2=None, cycle=""), [BY_AREA])[1:] == [
        Fee("车位费", "fixed", Decimal("2"), "month", 25)
    ]
    assert fees_of(replace(own, rate_yuan=None), [BY_AREA]) == [BY_AREA]
    assert fees_of(replace(own, fee_item=""), []) == []


def test_a_due_day_of_31_is_the_months_end_where_no_rule_names_one() -> None:
    (fee,) = fees_of(Household(None, "钢琴课", Decimal("1200"), ""), [])
    assert [due_on(date(2026, month, 1), fee.due_day).day for month in (1, 2, 3, 4)] == [31, 28, 31, 30]


@pytest.mark.parametrize(
    ("rate", "written"), [("3.2", "3.20"), ("3.25", "3.25"), ("3.125", "3.125"), ("3.1250", "3.125")]
)
def test_a_rate_is_written_with_as_many_decimals_as_it_needs(rate: str, written: str) -> None:
    assert billed(replace(BY_AREA, rate_yuan=Decimal(rate)), PLAIN, "2026-12").basis == f"89.5 m² × {written}"
    assert billed(replace(PARKING, rate_yuan=Decimal(rate)), PLAIN, "2026-Q4").basis == written


def test_a_bill_of_one_fen_is_a_bill() -> None:
    assert billed(replace(PARKING, rate_yuan=Decimal("0.005")), PLAIN, "2026-Q4").amount_fen == 1
    with pytest.raises(ValueError, match="comes to nothing"):
        charge(replace(PARKING, rate_yuan=Decimal("0.0049")), PLAIN, read_period("2026-Q4"))

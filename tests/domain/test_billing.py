"""From a fee rule to a charge: which period, how much, due when, and how it is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing import Charge, Fee, Household, Period, charge, due_on, fees_of, read_period

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


@pytest.mark.parametrize("text", ["2026-13", "2026-Q5", "26", "2026-1", "2026-11-30", "1999", "２０２６"])
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
    with pytest.raises(ValueError, match="metered and needs readings"):
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

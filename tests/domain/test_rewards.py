"""Discounts, points and late fees as rules: dates, sums, caps, and what is refused at start."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rewards import (
    Discount,
    LateFee,
    Rewards,
    RewardsError,
    Stretch,
    accrued,
    on_time_runs,
    read_rewards,
)

DUE = date(2026, 11, 30)
EARLY = Discount("early", ("物业费",), date(2026, 11, 1), None, 10, Decimal(2), 5000)
LATE = LateFee(("物业费",), date(2026, 1, 1), Decimal("0.03"), Decimal(10), 5)
DISCOUNT = """
[[discount]]
name = "early"
items = ["物业费"]
starts_on = 2026-11-01
days_before_due = 10
percent = "2"
"""
LATE_FEE = """
[[late_fee]]
items = ["物业费"]
starts_on = 2026-11-01
percent_a_day = "0.05"
cap_percent = "10"
"""


def test_a_discount_is_rounded_down_and_capped() -> None:
    assert EARLY.fen(28640) == 572
    assert EARLY.fen(100_000) == 2000
    assert EARLY.fen(10_000_000) == 5000
    assert EARLY.until(DUE) == date(2026, 11, 20)


def test_the_rule_that_started_last_holds() -> None:
    newer = Discount("newer", ("物业费",), date(2026, 12, 1), None, 5, Decimal(3), 5000)
    rules = Rewards(discounts=(newer, EARLY))
    assert rules.discount("物业费", DUE) == EARLY
    assert rules.discount("物业费", date(2026, 12, 31)) == newer
    assert rules.discount("车位费", DUE) is None
    assert rules.discount("物业费", date(2026, 10, 31)) is None


def test_a_late_fee_with_its_formula() -> None:
    """286.40 open for 12 days after five days of grace: 286.40 × 0.03 % × 12 = 1.03."""
    found = accrued(LATE, DUE, 28640, [], DUE + timedelta(days=18))
    assert (found.stretches, found.fen, found.capped) == ((Stretch(28640, 12),), 103, False)


def test_a_part_paid_lowers_it_from_that_day_on() -> None:
    received = [(DUE + timedelta(days=10), 18640), (DUE + timedelta(days=16), 10000)]
    found = accrued(LATE, DUE, 28640, received, DUE + timedelta(days=40))
    assert found.stretches == (Stretch(28640, 4), Stretch(10000, 6))
    assert found.fen == round((28640 * 4 + 10000 * 6) * 0.0003)


def test_within_the_grace_and_paid_in_time_cost_nothing() -> None:
    assert accrued(LATE, DUE, 28640, [], DUE + timedelta(days=6)).fen == 0
    assert accrued(LATE, DUE, 28640, [(DUE, 28640)], DUE + timedelta(days=400)).fen == 0


def test_it_stops_at_its_cap() -> None:
    found = accrued(LATE, DUE, 28640, [], DUE + timedelta(days=2000))
    assert (found.fen, found.capped) == (2864, True)


@given(
    st.integers(1, 10**7),
    st.lists(st.tuples(st.integers(-30, 500), st.integers(1, 10**7)), max_size=5),
    st.integers(0, 3000),
)
def test_a_late_fee_is_never_negative_nor_above_its_cap(billed: int, paid: list[tuple[int, int]], days: int) -> None:
    received, left = [], billed
    for after, fen in sorted(paid):
        part = min(fen, left)
        if part:
            received.append((DUE + timedelta(days=after), part))
            left -= part
    found = accrued(LATE, DUE, billed, received, DUE + timedelta(days=days))
    assert 0 <= found.fen <= billed * 10 // 100
    later = accrued(LATE, DUE, billed, received, DUE + timedelta(days=days + 1))
    assert later.fen >= found.fen
    assert sum(stretch.days for stretch in found.stretches) <= max(0, days - 6)


def test_runs_on_time() -> None:
    days = [(date(2026, month, 28), month != 4) for month in range(1, 12)]
    assert on_time_runs(days, 3) == [date(2026, 3, 28), date(2026, 7, 28), date(2026, 10, 28)]
    assert on_time_runs([], 3) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LATE_FEE.replace("0.05", "0.06"), "looser than the law allows"),
        (LATE_FEE.replace('cap_percent = "10"', ""), "cap_percent is missing"),
        (LATE_FEE.replace('"10"', '"31"'), "at most 30"),
        (LATE_FEE.replace('"物业费"', '"物业费违约金"'), "no late fee on a late fee"),
        (LATE_FEE.replace("percent_a_day", "percent_per_day"), "percent_a_day is missing"),
        (LATE_FEE + "x = 1", "unknown key x"),
        (DISCOUNT.replace('"2"', '"0"'), "more than 0"),
        (DISCOUNT.replace('"2"', '"two"'), "is not a number"),
        (DISCOUNT.replace('["物业费"]', "[]"), "items is empty"),
        (DISCOUNT.replace("2026-11-01", "2026-11-01T10:00:00"), "must be a day"),
        ("[points]\nstreak_every = 1", "at least 2"),
        ("[points]\non_time = -1", "must not be negative"),
        ("[[points.service]]\nname = 'x'\npoints = 0", "at least 1"),
        ("[pionts]", "unknown key pionts"),
        ("discount = 3", "must be of type list"),
        ("[[[", "rewards.toml:"),
    ],
)
def test_a_wrong_or_looser_rule_never_starts(text: str, said: str) -> None:
    with pytest.raises(RewardsError) as refused:
        read_rewards(text, "rewards.toml")
    assert said in str(refused.value)
    assert "rewards.toml" in str(refused.value)


def test_the_strictest_allowed_values_start() -> None:
    rules = read_rewards(DISCOUNT + LATE_FEE, "rewards.toml")
    assert rules.late_fees[0].percent_a_day == Decimal("0.05")
    assert (rules.discounts[0].percent, rules.points.on) == (Decimal(2), False)
    assert read_rewards("", "rewards.toml") == Rewards()

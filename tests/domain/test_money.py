"""Money: splits that add up, amounts as people type them, one rounding."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import AMOUNT_FEN_MAX, Money, parse_yuan, times_rate, yuan


@given(st.integers(-(10**12), 10**12), st.integers(1, 60))
def test_a_split_adds_up_and_differs_by_a_fen(fen: int, parts: int) -> None:
    shares = [each.fen for each in Money(fen).split(parts)]
    assert sum(shares) == fen
    assert len(shares) == parts
    assert max(shares) - min(shares) <= 1
    assert shares == sorted(shares, reverse=True)


def test_nothing_is_split_into_no_parts() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Money(100).split(0)


@given(st.integers(-AMOUNT_FEN_MAX, AMOUNT_FEN_MAX))
def test_what_is_written_is_read_again(fen: int) -> None:
    assert parse_yuan(yuan(fen)) == fen


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("286.4", 28640),
        ("286.40", 28640),
        ("0.01", 1),
        ("￥1,286.40", 128640),
        ("¥286", 28600),
        ("RMB 286.40", 28640),
        ("1286元", 128600),
        (" 12,345,678.90 ", 1234567890),
        ("1，286", 128600),
        ("286.400", 28640),
        ("-5", -500),
    ],
)
def test_amounts_as_people_type_them(typed: str, fen: int) -> None:
    assert parse_yuan(typed) == fen


@pytest.mark.parametrize(
    "typed",
    ["", "abc", "1.234", "1,28", "1,2345", "x1,286", "12,34.5", "1e5", "∞", "nan", "--1", "1 2", "１２", "9" * 30],
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals|large"):
        parse_yuan(typed)


@given(
    st.decimals(Decimal("0.01"), Decimal("9999.99"), places=2),
    st.decimals(Decimal("0.01"), Decimal("99.9999"), places=4),
    st.integers(1, 12),
)
def test_a_rate_is_rounded_once_half_up(area: Decimal, rate: Decimal, months: int) -> None:
    exact = Fraction(area) * Fraction(rate) * months * 100
    assert times_rate(area, rate, months) == int(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("area", "rate", "fen"),
    [("1", "0.005", 1), ("1", "0.0049", 0), ("1", "0.015", 2), ("3", "0.335", 101), ("89.5", "3.2", 28640)],
)
def test_half_a_fen_is_rounded_up_for_one_month_where_none_are_named(area: str, rate: str, fen: int) -> None:
    assert times_rate(Decimal(area), Decimal(rate)) == fen


def test_a_billion_yuan_is_the_most() -> None:
    assert parse_yuan("1,000,000,000.00") == 100_000_000_000
    with pytest.raises(ValueError, match="too large"):
        parse_yuan("1,000,000,000.01")


@pytest.mark.parametrize(
    ("fen", "words"), [(0, "0.00"), (1, "0.01"), (-1, "-0.01"), (28640, "286.40"), (123456789, "1,234,567.89")]
)
def test_a_sum_in_words(fen: int, words: str) -> None:
    assert yuan(fen) == words


def test_a_rate_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        times_rate(Decimal("NaN"), Decimal(1))


def test_money_adds_subtracts_compares_and_does_not_divide() -> None:
    assert Money(3) + Money(4) - Money(2) == Money(5)
    assert Money(3) < Money(4)
    assert str(Money(-123456)) == "-1,234.56"
    with pytest.raises(TypeError):
        Money(4) / 2  # type: ignore[operator]

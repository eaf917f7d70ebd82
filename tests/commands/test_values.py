"""What single cells mean: sums, days, periods, codes, and the words for what they can't mean."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bot.importing import values
from bot.importing.reading import Cell


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-11-30", date(2026, 11, 30)),
        ("2026/11/30", date(2026, 11, 30)),
        ("2026/1/5", date(2026, 1, 5)),
        ("2026.11.30", date(2026, 11, 30)),
        ("20261130", date(2026, 11, 30)),
        ("2026年11月30日", date(2026, 11, 30)),
        ("2026年 11月 30日", date(2026, 11, 30)),
        ("２０２６－１１－３０", date(2026, 11, 30)),
        (" 2026-11-30 ", date(2026, 11, 30)),
        ("2026-11-30 14:05:09", date(2026, 11, 30)),
        ("2026/11/30 0:00", date(2026, 11, 30)),
        ("46356", date(2026, 11, 30)),
        (date(2026, 11, 30), date(2026, 11, 30)),
        ("2028-02-29", date(2028, 2, 29)),
    ],
)
def test_a_day_as_people_write_it(typed: Cell, day: date) -> None:
    assert values.day(typed) == day


@pytest.mark.parametrize(
    "typed",
    [
        "2026-02-29",
        "2026-13-01",
        "30.11.2026",
        "2026-11",
        "tomorrow",
        "12345",
        "1899-12-31",
        "2026-11/30",
        "99999",
        "0",
    ],
)
def test_no_day(typed: str) -> None:
    with pytest.raises(ValueError, match=r"day|date|between"):
        values.day(typed)


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("286.4", 28640),
        ("￥1,286.40", 128640),
        ("¥100", 10000),
        ("1286元", 128600),
        ("１２８６．５", 128650),
        ("0.01", 1),
        ("1，286.40", 128640),
    ],
)
def test_an_amount_as_people_write_it(typed: str, fen: int) -> None:
    assert values.amount(typed) == fen


@pytest.mark.parametrize("typed", ["0", "-5", "1.234", "12x", "1e3", "", "NaN", "1,28", "９９９９９９９９９９９９"])
def test_no_amount(typed: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals|more than 0|too large"):
        values.amount(typed)


@pytest.mark.parametrize(
    ("typed", "period"),
    [
        ("2026", "2026"),
        ("2026-Q4", "2026-Q4"),
        ("2026-q1", "2026-Q1"),
        ("２０２６-12", "2026-12"),
        ("2026年11月", "2026-11"),
        ("2026 年 1 月份", "2026-01"),
        (date(2026, 11, 1), "2026-11"),
    ],
)
def test_a_period(typed: Cell, period: str) -> None:
    assert values.period(typed) == period


@pytest.mark.parametrize(
    "typed", ["2026-13", "2026-Q5", "2026-1", "26-11", "2026-11-30", date(2026, 11, 30), "1999", "十一月", "2026年13月"]
)
def test_no_period(typed: Cell) -> None:
    with pytest.raises(ValueError, match="not a period"):
        values.period(typed)


@pytest.mark.parametrize(
    ("typed", "figure"),
    [
        ("89.5", "89.5"),
        ("８９.５㎡", "89.5"),
        ("100平方米", "100"),
        ("3.20元", "3.20"),
        ("1,286.5", "1286.5"),
        (".5", "0.5"),
    ],
)
def test_a_figure(typed: str, figure: str) -> None:
    assert values.figure(typed) == Decimal(figure)


@pytest.mark.parametrize("typed", ["-1", "many", "1e5", "Infinity", "1.2345678", "99999999999"])
def test_no_figure(typed: str) -> None:
    with pytest.raises(ValueError, match=r"number|decimals|large"):
        values.figure(typed)


def test_signs_that_nobody_sees_are_refused() -> None:
    for typed in ("王\x00五", "王\ud800五", "王\u202e五", "a\x07"):
        with pytest.raises(ValueError, match="control or unreadable"):
            values.plain(typed)
    with pytest.raises(ValueError, match="line break"):
        values.plain("王\n五")
    assert values.plain("\ufeff 王\u200b五\u3000") == "王五"
    assert values.plain("𠮷野家🏠") == "𠮷野家🏠"


def test_a_code_is_the_same_however_it_was_typed() -> None:
    code = values.text(64, code=True)
    assert code("Ａ－１２０１") == code(" A-1201 ") == "A-1201"
    with pytest.raises(ValueError, match="longer than 64"):
        code("x" * 65)


def test_words_may_be_split_in_many_ways() -> None:
    traits = values.several_of({"vip": ["贵宾"], "away": ["外出"], "elderly": []})
    assert traits("贵宾；外出、VIP") == traits("away;vip") == traits("vip,away") == "away;vip"
    with pytest.raises(ValueError, match="'rich' is not one of vip, away, elderly"):
        traits("vip;rich")


@pytest.mark.parametrize(
    ("typed", "phone"),
    [("138 0000 0001", "13800000001"), ("0571-88886666", "057188886666"), ("+86 13800000001", "+8613800000001")],
)
def test_a_telephone_number(typed: str, phone: str) -> None:
    assert values.phone(32)(typed) == phone


def test_no_telephone_number() -> None:
    for typed in ("call me", "12", "1" * 33):
        with pytest.raises(ValueError, match="not a telephone number"):
            values.phone(32)(typed)

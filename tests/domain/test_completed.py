"""A completed service as staff type it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.completed import Completed, amount_words, read_completed


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("电梯维保 4 次", Completed("电梯维保", Decimal(4), "次")),
        ("绿化修剪 2.5亩", Completed("绿化修剪", Decimal("2.5"), "亩")),
        ("绿化修剪2.25亩", Completed("绿化修剪", Decimal("2.25"), "亩")),
        ("  Lift service 4 times ", Completed("Lift service", Decimal(4), "times")),
        ("巡逻 999999", Completed("巡逻", Decimal(999999), "")),
        ("3栋水箱清洗 1 次", Completed("3栋水箱清洗", Decimal(1), "次")),
        ("字" * 40 + " 1 " + "u" * 10, Completed("字" * 40, Decimal(1), "u" * 10)),
    ],
)
def test_name_number_and_unit(text: str, read: Completed) -> None:
    assert read_completed(text) == read


@pytest.mark.parametrize("text", ["", "电梯维保", "4 次", "电梯 四 次"])
def test_a_name_and_a_number_are_needed(text: str) -> None:
    with pytest.raises(ValueError, match="a name and a number are needed, such as 电梯维保 4 次"):
        read_completed(text)


@pytest.mark.parametrize("text", ["字" * 41 + " 1 次", "维保 1 " + "u" * 11, "维\u200b保 1 次", "维保 1 次\u0007x"])
def test_too_long_or_unprintable(text: str) -> None:
    with pytest.raises(ValueError, match="a name of at most 40 characters and a unit of at most 10"):
        read_completed(text)


@pytest.mark.parametrize("text", ["维保 0 次", "维保 0.00 次"])
def test_nothing_was_done(text: str) -> None:
    with pytest.raises(ValueError, match="the number must be more than nothing"):
        read_completed(text)


@pytest.mark.parametrize(
    ("quantity", "unit", "language", "words"),
    [
        ("4", "次", "zh", "4 次"),
        ("2.50", "亩", "zh", "2.5 亩"),
        ("100", "times", "en", "100 times"),
        ("100", "", "en", "100"),
        ("100", "", "zh", "100"),
    ],
)
def test_as_it_is_told(quantity: str, unit: str, language: str, words: str) -> None:
    assert amount_words(Decimal(quantity), unit, language) == words

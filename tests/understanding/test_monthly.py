"""The day of each month that a person names for a plan."""

from __future__ import annotations

import pytest

from understanding.monthly import MONTH_END, monthly_day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("改成每月20号", 20),
        ("分三期吧 每月 20 号", 20),
        ("每个月二十五日", 25),
        ("每月十五号", 15),
        ("in 3 parts, on the 20th of each month", 20),
        ("every month on the 5th", 5),
        ("这个月底一次 下个月底一次", MONTH_END),
        ("at the end of each month", MONTH_END),
    ],
)
def test_the_day(text: str, day: int) -> None:
    assert monthly_day(text) == day


@pytest.mark.parametrize("text", ["我20号交", "每月39号", "分三期", "next month"])
def test_no_day_of_each_month(text: str) -> None:
    assert monthly_day(text) is None

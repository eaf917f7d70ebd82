"""Days of the Chinese calendar against the holidays' own tables."""

from __future__ import annotations

from datetime import date

import pytest

from understanding.holidays import HOLIDAYS
from understanding.lunar import lunar, lunar_day

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize("year", range(2025, 2036))
@pytest.mark.parametrize(("name", "month", "day"), [("春节", 1, 1), ("元宵", 1, 15), ("端午", 5, 5), ("中秋", 8, 15)])
def test_the_months_lead_to_the_known_festivals(year: int, name: str, month: int, day: int) -> None:
    assert lunar_day(year, month, day) == date(year, *HOLIDAYS[name][year])


def test_a_month_has_as_many_days_as_it_has() -> None:
    assert lunar_day(2026, 12, 29) == date(2027, 2, 5)  # the eve
    assert lunar_day(2026, 12, 30) is None
    assert lunar_day(2027, 1, 30) == date(2027, 3, 7)
    assert lunar_day(2026, 13, 1) is lunar_day(2026, 0, 1) is lunar_day(2026, 1, 0) is lunar_day(2024, 1, 1) is None


def test_the_next_one_or_the_last_one() -> None:
    assert lunar(12, 8, MONDAY, past=False) == date(2027, 1, 15)
    assert lunar(9, 9, MONDAY, past=True) == date(2026, 10, 18)
    assert lunar(9, 9, MONDAY, past=False) == date(2027, 10, 8)
    assert lunar(10, 15, MONDAY, past=True) == lunar(10, 15, MONDAY, past=False) == MONDAY

"""Days of the Chinese calendar against the holidays' own tables."""

from __future__ import annotations

from datetime import date

import pytest

from understanding.lunar import lunar, lunar_day

MONDAY = date(2026, 11, 23)


# As the State Council's notices and the Observatory's tables print them.
FESTIVALS = {
    (1, 1): "2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08",
    (5, 5): "2025-05-31 2026-06-19 2027-06-09 2028-05-28 2029-06-16 2030-06-05 2031-06-24 2032-06-12 2033-06-01 2034-06-20 2035-06-10",
    (8, 15): "2025-10-06 2026-09-25 2027-09-15 2028-10-03 2029-09-22 2030-09-12 2031-10-01 2032-09-19 2033-09-08 2034-09-27 2035-09-16",
}  # fmt: skip


@pytest.mark.parametrize(("month", "day"), FESTIVALS)
def test_the_months_lead_to_the_known_festivals(month: int, day: int) -> None:
    printed = [date.fromisoformat(each) for each in FESTIVALS[month, day].split()]
    assert [lunar_day(year, month, day) for year in range(2025, 2036)] == printed


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

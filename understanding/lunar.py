"""Days of the Chinese calendar as days of ours: 腊八, 农历十月二十, 冬月初一.

Source: the Hong Kong Observatory's Gregorian–lunar conversion tables, 2025 to 2035.
"""

from __future__ import annotations

from datetime import date, timedelta

# Of each lunar year its first day, its months (1: of 30 days, 0: of 29), and after which month a leap month comes (0: none);
# the leap month stands in its place among thirteen.
_YEARS: dict[int, tuple[date, str, int]] = {
    2025: (date(2025, 1, 29), "1010010101110", 6),
    2026: (date(2026, 2, 17), "101001001110", 0),
    2027: (date(2027, 2, 6), "110100100110", 0),
    2028: (date(2028, 1, 26), "1110100100110", 5),
    2029: (date(2029, 2, 13), "110101010011", 0),
    2030: (date(2030, 2, 3), "010110101010", 0),
    2031: (date(2031, 1, 23), "0110101101010", 3),
    2032: (date(2032, 2, 11), "100101101101", 0),
    2033: (date(2033, 1, 31), "0100101011101", 11),
    2034: (date(2034, 2, 19), "010010101101", 0),
    2035: (date(2035, 2, 8), "101001001101", 0),
}


def lunar_day(year: int, month: int, day: int) -> date | None:
    """The day of ours on which a day of the lunar year falls; None where there is none, or no table. Leap months are not meant."""
    if year not in _YEARS or not 1 <= month <= 12:
        return None
    first, months, leap = _YEARS[year]
    before = month - 1 + (1 if leap and month > leap else 0)  # months that have passed
    if not 1 <= day <= 29 + int(months[before]):
        return None
    return first + timedelta(days=sum(29 + int(length) for length in months[:before]) + day - 1)


def lunar(month: int, day: int, today: date, past: bool) -> date | None:
    """The next such day from today on or, said of the past, the last one."""
    days = [found for year in _YEARS if (found := lunar_day(year, month, day)) is not None]
    if past:
        return max((each for each in days if each <= today), default=None)
    return min((each for each in days if each >= today), default=None)

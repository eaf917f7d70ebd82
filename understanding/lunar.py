"""Days of the Chinese calendar as days of ours: 腊八, 农历十月二十, 冬月初一.

Source: the Hong Kong Observatory's Gregorian–lunar conversion tables, 2025 to 2035.
"""

from __future__ import annotations

from datetime import date, timedelta

from domain.calendar import SPRING_FESTIVAL

# Of each lunar year its months (1: of 30 days, 0: of 29), and after which month a leap month comes (0: none);
# the leap month stands in its place among thirteen.
_YEARS: dict[int, tuple[str, int]] = {
    2025: ("1010010101110", 6),
    2026: ("101001001110", 0),
    2027: ("110100100110", 0),
    2028: ("1110100100110", 5),
    2029: ("110101010011", 0),
    2030: ("010110101010", 0),
    2031: ("0110101101010", 3),
    2032: ("100101101101", 0),
    2033: ("0100101011101", 11),
    2034: ("010010101101", 0),
    2035: ("101001001101", 0),
}


def lunar_day(year: int, month: int, day: int) -> date | None:
    """The day of ours on which a day of the lunar year falls; None where there is none, or no table. Leap months are not meant."""
    if year not in _YEARS or not 1 <= month <= 12:
        return None
    months, leap = _YEARS[year]
    before = month - 1 + (1 if leap and month > leap else 0)  # months that have passed
    if not 1 <= day <= 29 + int(months[before]):
        return None
    return SPRING_FESTIVAL[year] + timedelta(days=sum(29 + int(length) for length in months[:before]) + day - 1)


def lunar(month: int, day: int, today: date, past: bool) -> date | None:
    """The next such day from today on or, said of the past, the last one."""
    days = [found for year in _YEARS if (found := lunar_day(year, month, day)) is not None]
    if past:
        return max((each for each in days if each <= today), default=None)
    return min((each for each in days if each >= today), default=None)

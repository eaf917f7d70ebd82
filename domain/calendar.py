"""Days on which nobody should be reminded, and days on which the office works. Pure tables: an unknown year never raises."""

from __future__ import annotations

from datetime import date, timedelta

# First day of the first lunar month. Source: Hong Kong Observatory's Gregorian–lunar conversion tables.
SPRING_FESTIVAL: dict[int, date] = {
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
    2030: date(2030, 2, 3),
    2031: date(2031, 1, 23),
    2032: date(2032, 2, 11),
    2033: date(2033, 1, 31),
    2034: date(2034, 2, 19),
    2035: date(2035, 2, 8),
}


def is_festival(day: date) -> bool:
    """Spring Festival eve to its third day (DESIGN §7)."""
    first = SPRING_FESTIVAL.get(day.year)
    return first is not None and first - timedelta(days=1) <= day <= first + timedelta(days=2)


# Public holidays on weekdays, and the weekends worked for them, as the State Council arranges them each November.
DAYS_OFF: dict[int, tuple[tuple[int, int], ...]] = {
    2026: (
        *((1, 1), (1, 2)),
        *((2, 20), (2, 23)),  # after Spring Festival's own days, which stand above
        *((4, 6), (5, 1), (5, 4), (5, 5), (6, 19), (9, 25)),
        *((10, 1), (10, 2), (10, 5), (10, 6), (10, 7)),
    ),
    # Not arranged yet: the days that the law itself names.
    2027: (
        *((1, 1), (2, 9), (2, 10), (4, 5), (5, 3), (5, 4)),
        *((6, 9), (9, 15), (10, 1), (10, 4), (10, 5)),
    ),
}
WEEKENDS_WORKED: dict[int, tuple[tuple[int, int], ...]] = {
    2026: ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)),
}
DAYS_OFF_ALWAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))  # of a year that has no table


def is_working_day(day: date) -> bool:
    """A weekday that is no public holiday, or a weekend that is worked for one."""
    date_of = (day.month, day.day)
    if date_of in WEEKENDS_WORKED.get(day.year, ()):
        return True
    return day.weekday() < 5 and date_of not in DAYS_OFF.get(day.year, DAYS_OFF_ALWAYS) and not is_festival(day)

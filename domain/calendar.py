"""Days on which nobody should be reminded. Pure tables: an unknown year simply has no festival, it never raises."""

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

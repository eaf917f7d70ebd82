"""The days that are offered for a promise."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handlers.promise import likely_days


def test_the_coming_fridays_and_the_end_of_the_month() -> None:
    monday = date(2026, 11, 23)
    assert likely_days(monday, date(2026, 12, 24)) == [date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 3)]


@given(st.dates(date(2024, 1, 1), date(2035, 12, 31)), st.integers(1, 60))
def test_they_are_ahead_within_the_limit_and_differ(today: date, limit_days: int) -> None:
    last = today + timedelta(days=limit_days)
    days = likely_days(today, last)
    assert len(days) == len(set(days)) <= 3
    assert days == sorted(days)
    assert all(today < day <= last for day in days)
    assert days or limit_days < 7

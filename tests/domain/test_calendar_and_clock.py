"""Festivals, wall clocks that skip an hour, and the clocks the program runs on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.calendar import SPRING_FESTIVAL, is_festival, is_working_day
from domain.clock import ManualClock, StartedClock, SystemClock, at_local, local_date, local_time, monotonic


@pytest.mark.parametrize("first", SPRING_FESTIVAL.values())
def test_eve_to_third_day(first: date) -> None:
    found = [n for n in range(-5, 8) if is_festival(first + timedelta(days=n))]
    assert found == [-1, 0, 1, 2]
    assert date(first.year, 1, 21) <= first <= date(first.year, 2, 20)  # the range of the new moon it stands for


# As published by the Hong Kong Observatory, year by year, written down once more and independently of the table.
NEW_YEARS = """
2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31
2034-02-19 2035-02-08
"""


def test_the_first_days_of_the_lunar_years() -> None:
    assert list(SPRING_FESTIVAL.items()) == [(int(day[:4]), date.fromisoformat(day)) for day in NEW_YEARS.split()]


def new_moon(day: date) -> float:
    """Days from the nearest mean new moon (of 6 January 2000, 18:14 UTC) to noon of a day in China."""
    since = (day - date(2000, 1, 6)).days + (4 - 18.23) / 24
    return (since + 14.765294) % 29.530589 - 14.765294


@pytest.mark.parametrize("first", SPRING_FESTIVAL.values())
def test_a_lunar_year_begins_with_a_new_moon(first: date) -> None:
    assert abs(new_moon(first)) < 1.1  # the true moon is up to 0.6 days off the mean one


# The State Council's arrangement of 2026, as published: days off (weekends among them), and weekends that are worked.
OFF_2026 = "0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007"
WORKED_2026 = "0104 0214 0228 0509 0920 1010"


def test_the_working_days_of_2026() -> None:
    off = set[date]()
    for span in OFF_2026.split():
        first, last = (date(2026, int(day[:2]), int(day[2:])) for day in span.split("-"))
        off |= {first + timedelta(days=n) for n in range((last - first).days + 1)}
    worked = {date(2026, int(day[:2]), int(day[2:])) for day in WORKED_2026.split()}
    for n in range(365):
        day = date(2026, 1, 1) + timedelta(days=n)
        assert is_working_day(day) == (day in worked or (day.weekday() < 5 and day not in off)), day


def test_the_days_that_the_law_names_where_none_are_arranged_yet() -> None:
    """New Year, Spring Festival from its eve, Qingming, Labour Day, Dragon Boat, Mid-Autumn, National Day."""
    free = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]
    free = [day for day in free if day.weekday() < 5 and not is_working_day(day)]
    assert [f"{day:%m%d}" for day in free] == (
        "0101 0205 0208 0209 0210 0405 0503 0504 0609 0915 1001 1004 1005".split()
    )
    assert not any(is_working_day(date(2027, 1, 2) + timedelta(weeks=n)) for n in range(52))  # Saturdays


def test_a_year_without_a_table_has_its_fixed_holidays_and_its_spring_festival() -> None:
    days = [date(2029, 1, 1) + timedelta(days=n) for n in range(365)]
    free = [day for day in days if day.weekday() < 5 and not is_working_day(day)]
    assert [f"{day:%m%d}" for day in free] == "0101 0212 0213 0214 0215 0404 0501 0502 1001 1002 1003".split()


def test_an_unknown_year_has_no_festival() -> None:
    assert not is_festival(date(2099, 2, 1))


def test_a_wall_clock_time_in_a_skipped_hour_moves_on() -> None:
    new_york = ZoneInfo("America/New_York")
    assert at_local(date(2026, 3, 8), time(2, 30), new_york) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert local_time(at_local(date(2026, 3, 8), time(2, 30), new_york), new_york) == time(3, 30)
    assert at_local(date(2026, 3, 8), time(2, 30), new_york).tzinfo is UTC
    # In an hour that comes twice, the first one is meant.
    assert at_local(date(2026, 11, 1), time(1, 30), new_york) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_day_is_local() -> None:
    moment = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    assert local_date(moment, ZoneInfo("Asia/Shanghai")) == date(2026, 11, 23)
    assert local_date(moment, ZoneInfo("America/New_York")) == date(2026, 11, 22)


def test_clocks_are_aware_and_in_utc() -> None:
    start = datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    manual = ManualClock(start)
    manual.advance(timedelta(hours=1))
    for clock in (SystemClock(), StartedClock(start), manual):
        assert clock.now().tzinfo is UTC
    assert manual.now() == start + timedelta(hours=1)
    started = StartedClock(start)
    one, two = started.now(), started.now()
    assert start <= one <= two < start + timedelta(minutes=1)
    an_hour_ago = StartedClock(start, monotonic() - 3600)
    assert timedelta(hours=1) <= an_hour_ago.now() - start < timedelta(hours=1, minutes=1)
    assert monotonic() <= monotonic()

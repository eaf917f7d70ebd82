"""Festivals, wall clocks that skip an hour, and the clocks the program runs on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.calendar import SPRING_FESTIVAL, is_festival
from domain.clock import ManualClock, StartedClock, SystemClock, at_local, local_date, local_time, monotonic


@pytest.mark.parametrize("first", SPRING_FESTIVAL.values())
def test_eve_to_third_day(first: date) -> None:
    found = [n for n in range(-5, 8) if is_festival(first + timedelta(days=n))]
    assert found == [-1, 0, 1, 2]
    assert date(first.year, 1, 21) <= first <= date(first.year, 2, 20)  # the range of the new moon it stands for


def test_an_unknown_year_has_no_festival() -> None:
    assert not is_festival(date(2099, 2, 1))


def test_a_wall_clock_time_in_a_skipped_hour_moves_on() -> None:
    new_york = ZoneInfo("America/New_York")
    assert at_local(date(2026, 3, 8), time(2, 30), new_york) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert local_time(at_local(date(2026, 3, 8), time(2, 30), new_york), new_york) == time(3, 30)
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
    assert monotonic() <= monotonic()

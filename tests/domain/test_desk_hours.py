"""When somebody is at the desk, by when they answer, and what may be told of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from time import tzset
from zoneinfo import ZoneInfo

import pytest

from domain.calendar import is_working_day
from domain.desk import Desk, usual_minutes

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-23 10:00", "2026-11-23 12:00"),  # a Monday morning
        ("2026-11-23 17:30", "2026-11-24 10:30"),  # half an hour today, the rest tomorrow
        ("2026-11-23 21:00", "2026-11-24 11:00"),
        ("2026-11-23 06:00", "2026-11-23 11:00"),
        ("2026-11-27 18:00", "2026-11-30 11:00"),  # over the weekend
        ("2026-09-30 17:00", "2026-10-08 10:00"),  # over the National Day
        ("2026-10-10 10:00", "2026-10-10 12:00"),  # a Saturday that is worked for it
    ],
)
def test_the_clock_runs_only_while_somebody_is_there(asked: str, due: str) -> None:
    assert Desk().deadline(at(asked), ZONE) == at(due)


def test_an_office_may_work_on_weekends() -> None:
    desk = Desk(weekends=True)
    assert desk.is_open(at("2026-11-28 10:00"), ZONE)
    assert not Desk().is_open(at("2026-11-28 10:00"), ZONE)
    assert Desk(opens_at=time(8), closes_at=time(20)).is_open(at("2026-11-23 19:59"), ZONE)


def test_a_long_span_runs_over_several_days() -> None:
    assert Desk().deadline(at("2026-11-23 10:00"), ZONE, timedelta(hours=20)) == at("2026-11-25 12:00")


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        ([1, 2, 3, 4], None),  # too few
        ([1, 2, 3, 4, 5], 5),
        ([1, 2, 3, 4, 300], None),  # one in five waited for hours
        ([3] * 8 + [9, 300], 10),
        ([200] * 6, None),  # nothing is promised beyond two hours
    ],
)
def test_the_usual_wait_is_what_four_of_five_met(minutes: list[int], told: int | None) -> None:
    assert usual_minutes([timedelta(minutes=each) for each in minutes]) == told


def test_working_days_of_a_year_without_a_table() -> None:
    assert is_working_day(date(2031, 1, 2))
    assert not is_working_day(date(2031, 1, 1))
    assert not is_working_day(date(2031, 1, 23))  # Spring Festival
    assert not is_working_day(date(2031, 1, 4))


@pytest.fixture(autouse=True)
def _a_machine_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The desk's hours are the office's, whatever the zone of the machine."""
    monkeypatch.setenv("TZ", "Pacific/Apia")
    tzset()
    yield
    monkeypatch.undo()
    tzset()


def test_the_desk_where_nothing_is_said() -> None:
    assert Desk() == Desk(time(9), time(18), weekends=False, digest_at=time(8, 30), answer_within=timedelta(hours=2))


def test_the_first_and_the_last_minute() -> None:
    moments = ("08:59", "09:00", "17:59", "18:00")
    assert [Desk().is_open(at(f"2026-11-23 {moment}"), ZONE) for moment in moments] == [False, True, True, False]
    assert Desk().next_opening(at("2026-11-23 09:00"), ZONE) == at("2026-11-23 09:00")
    assert Desk().next_opening(at("2026-11-23 09:01"), ZONE) == at("2026-11-24 09:00")
    assert Desk().deadline(at("2026-11-23 16:00"), ZONE) == at("2026-11-23 18:00")  # to the very end of the day


@pytest.mark.parametrize(
    ("longest", "told"),
    [(5, 5), (6, 10), (11, 15), (16, 20), (21, 30), (31, 45), (46, 60), (61, 90), (91, 120), (120, 120), (121, None)],
)
def test_what_is_told_of_a_wait_is_the_next_round_number(longest: int, told: int | None) -> None:
    assert usual_minutes([timedelta(minutes=longest)] * 7) == told


def test_the_slowest_of_five_is_left_out_and_of_a_hundred_the_slowest_nineteen() -> None:
    assert usual_minutes([timedelta(minutes=5)] * 81 + [timedelta(hours=5)] * 19) == 5
    assert usual_minutes([timedelta(minutes=5)] * 80 + [timedelta(hours=5)] * 20) is None

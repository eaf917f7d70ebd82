"""The hours of visits: working days, notice, what is free, what is nearest."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.desk import Desk
from domain.visits import AGAIN_DAYS, CLOSES, Result, Visiting, free, nearest, slots, spread

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 27, 15, 0, tzinfo=ZONE)  # a Friday
USUAL, DESK = Visiting(), Desk()


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def test_hours_lie_on_working_days_and_never_nearer_than_the_notice() -> None:
    found = slots(USUAL, DESK, ZONE, NOW)
    assert found[0] == at(30, 10)
    assert all(DESK.works_on(each.astimezone(ZONE).date()) for each in found)
    assert all(each - NOW >= USUAL.notice for each in found)
    assert slots(USUAL, DESK, ZONE, at(29, 17))[0] == at(30, 14)  # 10:00 is 17 hours away


def test_none_is_offered_at_spring_festival() -> None:
    before = datetime(2027, 2, 4, 12, 0, tzinfo=ZONE)
    days = {each.astimezone(ZONE).date().isoformat() for each in slots(USUAL, Desk(weekends=True), ZONE, before)}
    assert days.isdisjoint({"2027-02-05", "2027-02-06", "2027-02-07", "2027-02-08"})
    assert "2027-02-09" in days


def test_an_hour_too_near_to_another_visit_is_not_free() -> None:
    offered = slots(USUAL, DESK, ZONE, NOW)
    left = free(offered, {at(30, 10), at(30, 14) + timedelta(minutes=30)})
    assert [each for each in offered if each not in left] == [at(30, 10), at(30, 14)]


def test_a_few_of_different_days_and_hours_are_shown_early_first() -> None:
    shown = spread(slots(USUAL, DESK, ZONE, NOW), ZONE, 4)
    assert [f"{each.astimezone(ZONE):%d %H:%M}" for each in shown] == ["30 10:00", "01 14:00", "02 16:00", "03 18:30"]
    assert not set(spread(slots(USUAL, DESK, ZONE, NOW), ZONE, 4, skip=4)) & set(shown)


def test_the_nearest_to_a_wish() -> None:
    offered = slots(USUAL, DESK, ZONE, NOW)
    assert nearest([each for each in offered if each != at(1, 10, month=12)], at(1, 10, month=12), 2) == [
        at(1, 14, month=12),
        at(1, 16, month=12),
    ]


def test_every_result_either_ends_the_matter_or_is_looked_at_again() -> None:
    assert set(Result) - CLOSES == {Result.MET, Result.NOT_HOME}
    assert AGAIN_DAYS > 0

"""The hours of visits: working days, notice, what is free, what is nearest."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.desk import Desk
from domain.visits import (
    AGAIN_DAYS,
    CLOSES,
    LAPSES_AFTER,
    LENGTH,
    LIMIT_DAYS,
    OFFERED_LASTS,
    RECORD_WITHIN,
    Result,
    Visiting,
    free,
    nearest,
    slots,
    spread,
)

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
    assert AGAIN_DAYS == 3


def test_the_offices_table_where_it_sets_none() -> None:
    assert USUAL.hours == (time(10), time(14), time(16), time(18, 30))
    assert (USUAL.days_ahead, USUAL.notice, USUAL.per_month, USUAL.not_home_max) == (10, timedelta(hours=18), 2, 2)
    assert timedelta(days=30) == LIMIT_DAYS  # the month in which so many visits are too many


def test_how_long_things_last() -> None:
    assert timedelta(minutes=45) == LENGTH
    assert (timedelta(hours=3), timedelta(days=3), timedelta(days=5)) == (RECORD_WITHIN, LAPSES_AFTER, OFFERED_LASTS)


def test_the_last_day_that_is_offered_and_the_order_of_the_hours() -> None:
    visiting = Visiting(hours=(time(16), time(10)), days_ahead=4, notice=timedelta(hours=19))
    assert slots(visiting, DESK, ZONE, NOW) == [at(30, 10), at(30, 16), at(1, 10, month=12), at(1, 16, month=12)]
    assert slots(visiting, DESK, ZONE, at(29, 15))[0] == at(30, 10)  # exactly nineteen hours ahead
    assert slots(visiting, DESK, ZONE, at(29, 15, 1))[0] == at(30, 16)


def test_forty_five_minutes_lie_between_two_visits() -> None:
    offered = [at(30, 10)]
    for minutes, is_free in ((44, False), (45, True)):
        for other in (at(30, 10) + timedelta(minutes=minutes), at(30, 10) - timedelta(minutes=minutes)):
            assert (free(offered, [other]) == offered) is is_free
    assert free(offered, []) == offered


def test_of_two_equally_near_to_a_wish_the_earlier_is_taken() -> None:
    moments = [at(30, 9), at(30, 11), at(30, 12), at(30, 17)]
    assert nearest(moments, at(30, 10), 1) == [at(30, 9)]
    assert nearest(moments, at(30, 10), 3) == [at(30, 9), at(30, 11), at(30, 12)]
    assert nearest(moments[::-1], at(30, 16), 2) == [at(30, 12), at(30, 17)]


def test_more_hours_follow_when_every_day_is_shown() -> None:
    one_day = [at(30, 10), at(30, 14), at(30, 16)]
    assert spread(one_day, ZONE, 2) == [at(30, 10), at(30, 14)]
    assert spread(one_day, ZONE, 2, skip=2) == [at(30, 16)]
    two_days = [*one_day, at(1, 10, month=12), at(1, 14, month=12)]
    assert spread(two_days, ZONE, 2) == [at(30, 10), at(1, 14, month=12)]
    assert spread([], ZONE, 2) == []

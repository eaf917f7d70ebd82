"""Whom to ring first and when nobody is rung: each rule by value, with the reason it gives."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calls import (
    ABOUT_BILLS,
    ABOUT_OFFERS,
    AFTER,
    BANDS,
    Calling,
    Candidate,
    Made,
    Outcome,
    Why,
    allowed,
    best_band,
    may_call,
    missed_in_a_row,
    next_attempt,
    paid_after,
    place,
    queue,
)
from domain.desk import Desk
from domain.policy import NORMAL_FROM, NORMAL_UNTIL

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
USUAL = Calling()


def one(task_id: int = 1, fen: int = 100_00, **more: object) -> Candidate:
    return Candidate(task_id, NOW + timedelta(days=1), fen, **more)  # type: ignore[arg-type]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def test_of_equals_the_larger_amount_at_risk_comes_first_then_the_earlier_clock() -> None:
    later_clock = Candidate(3, NOW + timedelta(days=2), 500_00)
    found = queue([one(1, 100_00), later_clock, Candidate(2, NOW + timedelta(days=1), 500_00)], USUAL, ZONE, NOW)
    assert [each.candidate.task_id for each in found] == [2, 3, 1]


def test_who_asked_for_this_time_comes_before_any_amount() -> None:
    asked = one(2, 1_00, asked_for=at(23, 9, 30))
    found = queue([one(1, 900_00), asked], USUAL, ZONE, NOW)
    assert [(each.candidate.task_id, each.why) for each in found] == [(2, Why.ASKED_FOR), (1, Why.ANY_TIME)]


def test_a_household_reached_best_now_comes_before_a_larger_sum_that_is_reached_in_the_evening() -> None:
    mornings = one(1, 100_00, wrote_at=(at(20, 9, 15), at(19, 11)))
    evenings = one(2, 900_00, wrote_at=(at(20, 18, 40), at(19, 19)))
    found = queue([evenings, mornings], USUAL, ZONE, NOW)
    assert [(each.candidate.task_id, each.why, each.band) for each in found] == [
        (1, Why.GOOD_TIME, "morning"),
        (2, Why.OTHER_TIME, "evening"),
    ]


def test_a_call_says_more_than_a_message_and_a_missed_one_speaks_against_its_time() -> None:
    wrote = (at(19, 9), at(20, 9))
    assert best_band(one(wrote_at=wrote), ZONE) == "morning"
    assert best_band(one(wrote_at=wrote, calls=(Made(at(18, 18), Outcome.REACHED),)), ZONE) == "evening"
    assert best_band(one(wrote_at=wrote, calls=(Made(at(18, 9), Outcome.NO_ANSWER),)), ZONE) == ""


@pytest.mark.parametrize(
    ("calls", "why", "free"),
    [
        ((at(23, 9),), Why.PER_DAY, at(24, 9)),
        ((at(18, 9), at(19, 9), at(20, 9)), Why.PER_WEEK, at(25, 9)),
        ((at(16, 9), at(19, 9), at(20, 9)), None, NOW),  # the first is a week ago
    ],
)
def test_the_caps_say_from_when(calls: tuple[datetime, ...], why: Why | None, free: datetime) -> None:
    made = tuple(Made(moment, Outcome.REACHED) for moment in calls)
    assert may_call(made, USUAL, ZONE, NOW) is why
    found = place(one(calls=made), USUAL, ZONE, NOW)
    assert (found.at, found.ready) == (free, why is None)


def test_whoever_asked_to_be_rung_is_not_spared_by_a_cap_but_still_by_the_night() -> None:
    made = (Made(at(23, 9), Outcome.CALL_BACK),)
    assert place(one(calls=made, asked_for=at(23, 9, 50)), USUAL, ZONE, NOW).why is Why.ASKED_FOR
    night = place(one(calls=made, asked_for=at(23, 21)), USUAL, ZONE, at(23, 21, 5))
    assert (night.ready, night.at) == (False, at(24, 9))


def test_nobody_is_rung_on_the_eve_of_spring_festival() -> None:
    eve = datetime(2027, 2, 5, 10, 0, tzinfo=ZONE)
    assert allowed(eve, USUAL, ZONE) == datetime(2027, 2, 9, 9, 0, tzinfo=ZONE)
    assert may_call((), USUAL, ZONE, eve) is Why.HOURS


@given(st.integers(0, 500 * 24 * 60))
def test_no_moment_outside_the_laws_window_is_ever_suggested(minutes: int) -> None:
    when = NOW + timedelta(minutes=minutes)
    local = allowed(when, USUAL, ZONE).astimezone(ZONE)
    assert NORMAL_FROM <= local.time() < NORMAL_UNTIL
    assert local >= when
    again = next_attempt(when, USUAL, Desk(), ZONE).astimezone(ZONE)
    assert NORMAL_FROM <= again.time() < NORMAL_UNTIL
    assert again.date() > when.date()
    assert Desk().works_on(again.date()) or again.date().month in (1, 2, 10)


@pytest.mark.parametrize(
    ("missed", "again"), [(at(23, 10), at(24, 18)), (at(23, 19), at(24, 9)), (at(27, 15), at(30, 18))]
)
def test_after_no_answer_another_part_of_the_next_working_day(missed: datetime, again: datetime) -> None:
    assert next_attempt(missed, USUAL, Desk(), ZONE) == again


def test_where_the_office_stops_ringing_early_the_last_hour_is_taken() -> None:
    early = Calling(closes_at=time(18))
    assert next_attempt(at(23, 10), early, Desk(), ZONE) == at(24, 17)


def test_calls_in_a_row_end_with_the_first_that_was_answered() -> None:
    made = [Made(at(1, 9), "reached"), Made(at(2, 9), "no_answer"), Made(at(3, 9), "no_answer")]
    assert missed_in_a_row(made) == 2
    assert missed_in_a_row([*made, Made(at(4, 9), "promised")]) == 0


def test_the_bands_fill_the_laws_window_without_a_gap_and_every_outcome_has_its_consequence() -> None:
    assert [BANDS[0][1], BANDS[-1][2]] == [NORMAL_FROM.hour, NORMAL_UNTIL.hour]
    assert all(first[2] == then[1] for first, then in itertools.pairwise(BANDS))
    assert set(AFTER) == set(Outcome) == {*ABOUT_BILLS, *ABOUT_OFFERS}


def test_money_speaks_for_the_last_call_of_the_week_before_it() -> None:
    calls = [(1, date(2026, 11, 2)), (2, date(2026, 11, 5)), (3, date(2026, 11, 20))]
    assert paid_after(calls, [date(2026, 11, 5)]) == {2}
    assert paid_after(calls, [date(2026, 11, 4), date(2026, 11, 12)]) == {1, 2}
    assert paid_after(calls, [date(2026, 11, 13), date(2026, 11, 1)]) == set()
    assert paid_after([], [date(2026, 11, 5)]) == set()

"""Whom to ring first and when nobody is rung: each rule by value, with the reason it gives."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, Span
from domain.calls import (
    ABOUT_BILLS,
    ABOUT_OFFERS,
    AFTER,
    BANDS,
    Calling,
    Candidate,
    Made,
    Needs,
    Outcome,
    Why,
    allowed,
    band_of,
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


# the tables, written down once more


def test_the_offices_own_limits_where_it_sets_none() -> None:
    limits = (USUAL.opens_at, USUAL.closes_at, USUAL.per_day, USUAL.per_week, USUAL.no_answer_max)
    assert limits == (time(9), time(20), 1, 3, 3)


@pytest.mark.parametrize(
    ("outcome", "closes", "needs", "again_days"),
    [
        ("reached", False, "", 3),
        ("promised", True, "day", 0),
        ("will_pay", False, "", 2),
        ("refused", True, "", 0),
        ("no_answer", False, "", 0),  # its next attempt is worked out from the hour
        ("wrong_number", True, "", 0),
        ("hardship", True, "", 0),
        ("dispute", True, "bill", 0),
        ("call_back", False, "moment", 0),
        ("renews", True, "", 0),
        ("considers", True, "day", 0),
        ("not_renewing", True, "reason", 0),
    ],
)
def test_what_each_outcome_means_for_the_task(outcome: str, closes: bool, needs: str, again_days: int) -> None:
    after = AFTER[Outcome(outcome)]
    assert (after.closes, after.needs, after.again_days) == (closes, Needs(needs), again_days)


def test_of_a_renewal_nobody_promises_a_payment_and_of_a_bill_nobody_renews() -> None:
    both = {"no_answer", "call_back", "reached", "wrong_number"}
    assert {each.value for each in ABOUT_BILLS} - both == {"promised", "will_pay", "hardship", "dispute", "refused"}
    assert {each.value for each in ABOUT_OFFERS} - both == {"renews", "considers", "not_renewing"}
    assert both <= {each.value for each in ABOUT_BILLS} & {each.value for each in ABOUT_OFFERS}
    assert len(set(ABOUT_BILLS)) == len(ABOUT_BILLS) == 9
    assert len(set(ABOUT_OFFERS)) == len(ABOUT_OFFERS) == 7


def test_the_reasons_as_they_are_worded() -> None:
    assert [each.value for each in Why] == (
        "asked_for good_time any_time other_time hours next_date per_day per_week".split()
    )


@pytest.mark.parametrize(
    ("hour", "minute", "band"),
    [
        (8, 59, ""),
        (9, 0, "morning"),
        (11, 59, "morning"),
        (12, 0, "noon"),
        (13, 59, "noon"),
        (14, 0, "afternoon"),
        (17, 59, "afternoon"),
        (18, 0, "evening"),
        (19, 59, "evening"),
        (20, 0, ""),
    ],
)
def test_the_parts_of_a_day(hour: int, minute: int, band: str) -> None:
    assert band_of(at(23, hour, minute), ZONE) == band
    assert band_of(at(23, hour, minute).astimezone(ZoneInfo("UTC")), ZONE) == band


# what is known of a household's good hours


@pytest.mark.parametrize(
    ("calls", "wrote", "best"),
    [
        ((), (), ""),
        ((), (at(19, 13),), "noon"),
        ((), (at(19, 22),), ""),  # at night they wrote, and nobody rings then
        ((Made(at(18, 18), "wrong_number"),), (at(19, 18),), ""),  # nobody whom we know spoke
        ((Made(at(18, 18), "no_answer"),), (at(17, 18), at(19, 18)), ""),  # two messages only make up for a missed call
        ((Made(at(18, 18), "no_answer"),), (at(16, 18), at(17, 18), at(19, 18)), "evening"),
        ((Made(at(18, 15), "refused"),), (at(17, 9), at(19, 9)), "afternoon"),
        ((Made(at(18, 15), "reached"),), tuple(at(day, 9) for day in (16, 17, 18, 19)), "morning"),
        ((Made(at(18, 15), "reached"), Made(at(19, 10), "reached")), (), "morning"),  # of equals the earlier one
    ],
)
def test_three_for_a_call_that_was_answered_one_for_a_message_two_less_for_a_missed_call(
    calls: tuple[Made, ...], wrote: tuple[datetime, ...], best: str
) -> None:
    assert best_band(one(calls=calls, wrote_at=wrote), ZONE) == best


# when it is too early


def test_a_date_set_after_the_last_call_is_waited_for_unless_they_asked_for_another() -> None:
    waits = place(one(not_before=at(25, 15)), USUAL, ZONE, NOW)
    assert (waits.ready, waits.why, waits.at) == (False, Why.NEXT_DATE, at(25, 15))
    assert place(one(not_before=at(23, 9)), USUAL, ZONE, NOW).why is Why.ANY_TIME
    asked = place(one(not_before=at(25, 15), asked_for=at(24, 11)), USUAL, ZONE, NOW)
    assert (asked.why, asked.at) == (Why.NEXT_DATE, at(24, 11))
    # The later of the two, cap or date, is the reason that is given.
    capped = (Made(at(23, 9), Outcome.REACHED),)
    assert place(one(calls=capped, not_before=at(24, 8)), USUAL, ZONE, NOW).why is Why.PER_DAY
    assert place(one(calls=capped, not_before=at(24, 10)), USUAL, ZONE, NOW).why is Why.NEXT_DATE


def test_out_of_hours_the_hour_is_the_reason_and_a_good_time_is_kept_in_mind() -> None:
    evenings = one(wrote_at=(at(20, 18),))
    early = place(evenings, USUAL, ZONE, at(23, 7))
    assert (early.why, early.at, early.band, early.ready) == (Why.HOURS, at(23, 9), "evening", False)
    asked = place(one(asked_for=at(23, 9, 50), wrote_at=(at(20, 18),)), USUAL, ZONE, NOW)
    assert (asked.why, asked.at, asked.band) == (Why.ASKED_FOR, NOW, "evening")
    assert may_call((), USUAL, ZONE, at(23, 20)) is Why.HOURS
    assert may_call((), USUAL, ZONE, at(23, 19, 59)) is None
    assert may_call((), USUAL, ZONE, at(23, 9)) is None


def test_who_can_be_rung_later_stands_behind_in_the_order_of_time() -> None:
    large = one(1, 900_00, not_before=at(25, 9))
    small = one(2, 1_00, not_before=at(24, 9))
    others = [one(4, 5_00), one(3, 5_00)]  # the same sum, the same clock: by number
    found = queue([large, small, *others], USUAL, ZONE, NOW)
    assert [each.candidate.task_id for each in found] == [3, 4, 2, 1]


def test_a_day_is_the_offices_day() -> None:
    """At seven in the morning in China it is still yesterday in Greenwich: yesterday's call is none of today's."""
    yesterday = (Made(at(22, 9), Outcome.REACHED),)
    assert may_call(yesterday, USUAL, ZONE, at(23, 7)) is Why.HOURS
    assert may_call((Made(at(23, 7), Outcome.REACHED),), USUAL, ZONE, at(23, 10)) is Why.PER_DAY


def test_the_offices_own_caps_are_heeded() -> None:
    twice = Calling(per_day=2, per_week=9)
    once_today = (Made(at(23, 9), Outcome.REACHED),)
    assert may_call(once_today, twice, ZONE, NOW) is None
    assert may_call((*once_today, Made(at(23, 9, 30), Outcome.REACHED)), twice, ZONE, NOW) is Why.PER_DAY
    week = tuple(Made(at(day, 9), Outcome.REACHED) for day in (17, 18, 19, 20))
    found = place(one(calls=week), USUAL, ZONE, NOW)  # the third last of them must lie a week back
    assert (found.why, found.at) == (Why.PER_WEEK, at(25, 9))


# another attempt


@pytest.mark.parametrize(
    ("missed_hour", "next_hour"),
    [(9, 18), (12, 18), (14, 18), (17, 18), (18, 9), (19, 9), (7, 9), (22, 9)],
)
def test_the_next_attempt_is_in_the_evening_or_after_an_evening_in_the_morning(
    missed_hour: int, next_hour: int
) -> None:
    assert next_attempt(at(23, missed_hour), USUAL, Desk(), ZONE) == at(24, next_hour)


def test_the_next_attempt_keeps_the_offices_hours_and_its_festivals() -> None:
    late = Calling(opens_at=time(10, 30))
    assert next_attempt(at(23, 19), late, Desk(), ZONE) == at(24, 10, 30)
    kept = Calendar(festivals=(Span("x", date(2026, 11, 24), date(2026, 11, 24)),))
    assert next_attempt(at(23, 19), USUAL, Desk(calendar=kept), ZONE) == at(25, 9)
    assert next_attempt(at(23, 19), Calling(calendar=kept), Desk(), ZONE) == at(25, 9)
    assert next_attempt(at(23, 10), Calling(opens_at=time(9), closes_at=time(9, 30)), Desk(), ZONE) == at(24, 9)

"""Stages that the calendar moves: each bill's ladder keeps its order and its sides of the due day; nothing in a holiday."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import PLAIN, Calendar, Move, Place, Span
from domain.ladder import (
    Decision,
    HandToStaff,
    OpenBill,
    Reason,
    Remind,
    Standing,
    Step,
    Wait,
    days_behind,
    decide,
    eligible,
    policy_for,
    window_end,
    wished_on,
)
from domain.policy import Action, Policy, Stage, at_place, by_calendar

BEFORE, END, PAYDAY = Move.BEFORE_HOLIDAY, Move.MONTH_END, Move.PAYDAY


def ladder(*stages: tuple[str, int, Move], action: Action = Action.MESSAGE, **values: object) -> Policy:
    found = tuple(Stage(name, days, action, "reminder.gentle", move=move) for name, days, move in stages)
    return Policy(kind="property", stages=found, **values)  # type: ignore[arg-type]


USUAL = ladder(("friendly", -7, BEFORE), ("soon", -3, BEFORE), ("gentle", 3, BEFORE), ("plan", 10, BEFORE))


def days(policy: Policy, due_on: date) -> dict[str, str]:
    """The day on which each stage comes."""
    moved = by_calendar(policy, due_on)
    return {stage.name: f"{due_on + timedelta(days=stage.days_after_due):%m-%d}" for stage in moved.stages}


def household(bill: OpenBill, **values: object) -> Standing:
    given = {"contacted_before": True, "channel": "sandbox", **values}
    return Standing(1, "3-1201", (bill,), **given)  # type: ignore[arg-type]


def bill(due_on: date, **values: object) -> OpenBill:
    return OpenBill(1, "fee", "2026-10", due_on, 28640, **values)  # type: ignore[arg-type]


def said(decision: Decision) -> str:
    match decision:
        case Wait(reason=reason):
            return f"wait:{reason}"
        case Remind(stage=stage) | HandToStaff(stage=stage):
            return stage.name


def test_without_moves_nothing_is_looked_up() -> None:
    plain = ladder(("gentle", 3, Move.STAYS))
    assert not plain.moves
    assert by_calendar(plain, date(2026, 9, 30)) is plain
    assert USUAL.moves
    assert by_calendar(USUAL, date(2026, 9, 30)) is by_calendar(USUAL, date(2026, 9, 30))


@pytest.mark.parametrize(
    ("due_on", "comes"),
    [
        # all days are ordinary ones
        (date(2026, 11, 20), {"friendly": "11-13", "soon": "11-17", "gentle": "11-23", "plan": "11-30"}),
        # "friendly" leaves the week of the National Day; "soon" would come on the same day: it stays
        (date(2026, 10, 8), {"friendly": "09-30", "soon": "10-05", "gentle": "10-11", "plan": "10-18"}),
        # two days after the message before it are too few
        (date(2026, 10, 5), {"friendly": "09-28", "soon": "10-02", "gentle": "10-08", "plan": "10-15"}),
        # "friendly" leaves the Mid-Autumn days, so "soon" has room
        (date(2026, 10, 4), {"friendly": "09-24", "soon": "09-30", "gentle": "10-07", "plan": "10-14"}),
        # nobody is told on the due day that the day is over
        (date(2026, 9, 30), {"friendly": "09-23", "soon": "09-27", "gentle": "10-03", "plan": "10-10"}),
        (date(2026, 9, 28), {"friendly": "09-21", "soon": "09-24", "gentle": "09-30", "plan": "10-08"}),
    ],
)
def test_a_stage_comes_before_a_holiday_where_its_neighbours_leave_room(due_on: date, comes: dict[str, str]) -> None:
    assert days(USUAL, due_on) == comes


def test_who_can_be_written_to_before_the_holiday_is_and_not_in_it() -> None:
    due_on = date(2026, 10, 4)
    open_bill = bill(due_on, covered_on=date(2026, 9, 27), steps=(Step("friendly", date(2026, 9, 27), USUAL.hash),))
    asked = {n: said(decide(USUAL, household(open_bill), due_on + timedelta(days=n))) for n in range(-5, 8)}
    # "gentle" would come in the week of the holiday, after the due day: it waits until the holiday is over
    assert asked == {-5: "wait:no_stage", -4: "soon"} | dict.fromkeys(range(-3, 4), "wait:holiday") | dict.fromkeys(
        range(4, 8), "gentle"
    )
    done = replace(open_bill, covered_on=date(2026, 9, 30), steps=(Step("soon", date(2026, 9, 30), USUAL.hash),))
    assert said(decide(USUAL, household(done), date(2026, 10, 1))) == "wait:no_stage"


def test_the_day_it_was_meant_for_is_remembered() -> None:
    due_on, today = date(2026, 10, 4), date(2026, 9, 30)
    found = decide(USUAL, household(bill(due_on)), today)
    assert isinstance(found, Remind)
    assert (found.stage.name, found.stage.moved_days, found.stage.wished_days) == ("soon", -1, -3)
    assert wished_on(found.anchor, found.stage, 0) == date(2026, 10, 1)
    assert wished_on(found.anchor, found.stage, 2) == date(2026, 10, 3)
    assert window_end(USUAL, found.anchor, found.stage, 0) == date(2026, 10, 7)  # when "gentle" comes


def test_staff_are_asked_before_the_holiday_too_and_not_in_it() -> None:
    calls = ladder(("call", 15, BEFORE), action=Action.CALL)
    due_on = date(2026, 9, 18)
    assert said(decide(calls, household(bill(due_on)), date(2026, 9, 30))) == "call"
    assert said(decide(calls, household(bill(due_on)), date(2026, 10, 5))) == "wait:holiday"
    assert said(decide(calls, household(bill(due_on)), date(2026, 10, 8))) == "call"
    staying = ladder(("call", 15, Move.STAYS), action=Action.CALL)
    assert said(decide(staying, household(bill(due_on)), date(2026, 10, 5))) == "call"


def test_a_stage_that_does_not_move_goes_out_on_a_holiday_as_before_but_not_on_a_festival() -> None:
    staying = ladder(("gentle", 3, Move.STAYS))
    assert said(decide(staying, household(bill(date(2026, 9, 30))), date(2026, 10, 3))) == "gentle"
    assert said(decide(staying, household(bill(date(2027, 2, 3))), date(2027, 2, 6))) == "wait:festival"


@pytest.mark.parametrize(
    ("move", "due_on", "comes"),
    [
        (END, date(2026, 11, 10), "11-30"),
        (END, date(2026, 11, 25), "12-02"),  # the end of December is behind the next stage: it stays
        (END, date(2026, 11, 24), "12-01"),
        (END, date(2026, 11, 23), "11-30"),
        (PAYDAY, date(2026, 11, 1), "11-25"),
        (PAYDAY, date(2026, 11, 18), "11-25"),
        (PAYDAY, date(2026, 11, 19), "11-26"),
    ],
)
def test_a_stage_comes_when_wages_have_come(move: Move, due_on: date, comes: str) -> None:
    policy = ladder(("gentle", 3, Move.STAYS), ("plan", 7, move), ("last", 30, Move.STAYS), payday_day=25)
    assert days(policy, due_on)["plan"] == comes
    assert days(policy, due_on)["gentle"] == f"{due_on + timedelta(days=3):%m-%d}"


def test_until_a_moved_stage_comes_nothing_is_said_in_its_place() -> None:
    """The stage before it must not speak of a day to come when that day is over."""
    policy = ladder(("soon", -3, Move.STAYS), ("gentle", 3, END), ("plan", 40, Move.STAYS))
    due_on = date(2026, 11, 10)
    asked = [said(decide(policy, household(bill(due_on)), due_on + timedelta(days=n))) for n in (2, 3, 10, 19, 20, 21)]
    assert asked == ["soon", "wait:no_stage", "wait:no_stage", "wait:no_stage", "gentle", "gentle"]


def test_a_stage_before_the_due_day_is_never_moved_behind_it() -> None:
    policy = ladder(("soon", -3, END), ("gentle", 10, Move.STAYS))
    assert days(policy, date(2026, 11, 10)) == {"soon": "11-07", "gentle": "11-20"}
    assert days(policy, date(2026, 12, 2)) == {"soon": "11-30", "gentle": "12-12"}


def test_old_arrears_begin_gently_whatever_was_moved() -> None:
    never = household(bill(date(2025, 9, 30)), contacted_before=False)
    assert said(decide(USUAL, never, date(2026, 11, 18))) == "gentle"
    assert said(decide(USUAL, never, date(2026, 10, 3))) == "wait:holiday"
    assert said(decide(USUAL, never, date(2026, 10, 8))) == "gentle"
    at_month_end = ladder(("gentle", 3, END), ("plan", 60, Move.STAYS))
    asked = [said(decide(at_month_end, never, date(2026, 11, n))) for n in (5, 20, 27, 30)]
    assert asked == ["wait:no_stage", "wait:no_stage", "wait:no_stage", "gentle"]


def test_after_a_change_of_policy_the_next_step_comes_at_its_own_pace() -> None:
    due_on, today = date(2026, 6, 1), date(2026, 11, 18)
    done = bill(due_on, covered_on=date(2026, 6, 4), steps=(Step("gentle", date(2026, 6, 4), "other"),))
    assert days_behind(USUAL, done, today, started=True) == (today - due_on).days - 10
    found = eligible(USUAL, done, today, started=True)
    assert found is not None
    assert found.name == "plan"


def test_a_households_own_place_decides() -> None:
    exam = Span("x", date(2027, 6, 17), date(2027, 6, 18), classes=frozenset({"a"}), days_before=1)
    policy = replace(ladder(("gentle", 3, Move.STAYS), ("plan", 10, BEFORE)), calendar=Calendar(exams=(exam,)))
    pupil, other = Place("training", "s", "a"), Place("training", "s", "b")
    on_the_day = [
        said(decide(policy, household(bill(date(2027, 6, 14)), place=p), date(2027, 6, 17))) for p in (pupil, other)
    ]
    assert on_the_day == ["wait:exam", "gentle"]
    mine = policy_for(policy, household(bill(date(2027, 6, 7)), place=pupil))
    assert mine is at_place(policy, pupil)
    assert days(mine, date(2027, 6, 7)) == {"gentle": "06-10", "plan": "06-15"}
    assert days(policy_for(policy, household(bill(date(2027, 6, 7)), place=other)), date(2027, 6, 7))["plan"] == "06-17"
    festival = replace(policy, calendar=Calendar(festivals=(Span("x", date(2027, 6, 17), date(2027, 6, 17)),)))
    assert at_place(festival, pupil) is festival
    assert said(decide(festival, household(bill(date(2027, 6, 14))), date(2027, 6, 17))) == "wait:festival"


DAYS = st.dates(date(2026, 1, 1), date(2031, 12, 31))
SPANS = st.builds(lambda first, n: Span("x", first, first + timedelta(days=n)), DAYS, st.integers(0, 10))
CALENDARS = st.builds(
    Calendar, off=st.lists(SPANS, max_size=3).map(tuple), festivals=st.lists(SPANS, max_size=3).map(tuple)
)
OFFSETS = st.lists(st.integers(-30, 60), min_size=1, max_size=6, unique=True).map(sorted)


@given(CALENDARS, OFFSETS, st.lists(st.sampled_from(list(Move)), min_size=6, max_size=6), DAYS, st.integers(1, 31))
def test_a_ladder_keeps_its_order_and_its_sides(
    calendar: Calendar, offsets: list[int], moves: list[Move], due_on: date, payday: int
) -> None:
    stages = [(f"s{n}", days, move) for n, (days, move) in enumerate(zip(offsets, moves, strict=False))]
    policy = replace(ladder(*stages, payday_day=payday), calendar=calendar, spacing_days=1)
    moved = by_calendar(policy, due_on).ladder
    after = [stage.days_after_due for stage in moved]
    assert after == sorted(set(after))
    for stage, wished in zip(moved, offsets, strict=True):
        assert stage.wished_days == wished
        assert (stage.days_after_due > 0) == (wished > 0)
        if stage.move is BEFORE:
            assert stage.days_after_due <= wished
        if stage.moved_days:
            assert calendar.is_working_day(due_on + timedelta(days=stage.days_after_due))
        again = replace(policy, stages=(replace(stage, moved_days=0),))
        if stage.moved_days and stage.move is not Move.STAYS:
            assert by_calendar(again, due_on).ladder[0].moved_days == 0  # moved once, it stays where it is


@given(CALENDARS, DAYS, st.integers(-40, 80), st.booleans())
def test_nothing_that_should_come_before_a_holiday_goes_out_in_one(
    calendar: Calendar, due_on: date, ahead: int, before: bool
) -> None:
    today = due_on + timedelta(days=ahead)
    found = decide(replace(USUAL, calendar=calendar), household(bill(due_on), contacted_before=before), today)
    if isinstance(found, Remind):
        assert not calendar.is_holiday(today)
        assert not calendar.is_quiet(today)


@given(st.dates(date(1990, 1, 1), date(9990, 12, 31)), st.integers(-40, 80))
def test_no_year_stops_a_decision(due_on: date, ahead: int) -> None:
    assert isinstance(decide(USUAL, household(bill(due_on)), due_on + timedelta(days=ahead)), Remind | Wait)


def test_a_stage_beyond_the_last_day_there_is_stays() -> None:
    assert by_calendar(USUAL, date.max).stages[-1].moved_days == 0
    assert by_calendar(USUAL, date.min).stages[0].moved_days == 0
    assert PLAIN.quiet(date.max) is None


def test_reasons_of_quiet_days_have_codes() -> None:
    assert (Reason.EXAM, Reason.HOLIDAY) == ("exam", "holiday")

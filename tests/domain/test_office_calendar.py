"""The office's own days over the law's: what is worked, what is quiet and where, and where a stage goes whose day is neither."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import radians, sin
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import (
    ANYWHERE,
    LOOK_DAYS_MAX,
    PLAIN,
    Calendar,
    Move,
    Place,
    Quiet,
    Span,
    is_public_holiday,
    is_working_day,
    qingming,
)
from domain.calls import allowed, next_attempt
from domain.notice import Letterhead, pay_by
from domain.office import Office
from domain.policy import Action, Policy, Stage
from domain.visits import Visiting, slots
from domain.wording import Wording

FLAT = Place("property", "翠湖花园")
PUPIL = Place("training", "启明校区", "初三冲刺班")
OTHER = Place("training", "启明校区", "书法班")


def day(text: str) -> date:
    return date.fromisoformat(text)


def span(first: str, last: str = "", **more: object) -> Span:
    return Span("x", day(first), day(last or first), **more)  # type: ignore[arg-type]


FAIR = span("2027-03-10", "2027-03-11", communities=frozenset({"翠湖花园"}))
EXAM = span("2027-06-17", "2027-06-18", classes=frozenset({"初三冲刺班"}), days_before=1)
OWN = Calendar(
    off=(span("2027-10-06", "2027-10-07"),), worked=frozenset({day("2027-10-09")}), festivals=(FAIR,), exams=(EXAM,)
)


# the law's days


def solar_longitude(moment: float) -> float:
    """Of the sun, in degrees, `moment` days after noon of 1 January 2000 (UTC); right to about a hundredth of a degree."""
    mean, anomaly = 280.460 + 0.9856474 * moment, radians(357.528 + 0.9856003 * moment)
    return (mean + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly)) % 360


@pytest.mark.parametrize("year", range(2001, 2100))
def test_qingming_is_the_day_on_which_the_sun_reaches_fifteen_degrees(year: int) -> None:
    found = qingming(year)
    assert found is not None
    midnight = (found - date(2000, 1, 1)).days - 0.5 - 8 / 24  # in China
    assert solar_longitude(midnight) < 15.02
    assert solar_longitude(midnight + 1) > 14.98


def test_outside_of_its_century_qingming_is_not_known() -> None:
    assert (qingming(1999), qingming(2100)) == (None, None)
    assert [qingming(year) for year in (2000, 2026, 2029, 2099)] == [
        *(day("2000-04-04"), day("2026-04-05"), day("2029-04-04"), day("2099-04-04")),
    ]


def test_a_day_with_a_name_is_a_public_holiday_and_a_weekend_is_none() -> None:
    assert [is_public_holiday(day(each)) for each in ("2026-10-01", "2026-10-03", "2026-11-28", "2026-11-27")] == [
        *(True, False, False, False),
    ]
    assert is_public_holiday(day("2033-10-01"))  # a Saturday of a year without a table
    assert is_public_holiday(day("2029-04-04"))
    assert is_public_holiday(day("2026-02-16"))


@given(st.dates())
def test_no_year_is_too_early_or_too_late(any_day: date) -> None:
    for calendar in (PLAIN, OWN.at(PUPIL)):
        answers = (calendar.is_working_day(any_day), calendar.is_holiday(any_day), calendar.is_festival(any_day))
        assert all(isinstance(answer, bool) for answer in answers)
        for move in Move:
            moved = calendar.moved(move, any_day, 10)
            assert abs((moved - any_day).days) <= LOOK_DAYS_MAX + 31
        assert calendar.next_working_day(any_day) >= any_day
    assert PLAIN.is_working_day(any_day) is is_working_day(any_day)


@pytest.mark.parametrize("edge", [date.min, date.max])
def test_the_first_and_the_last_day_that_there_are(edge: date) -> None:
    closed = Calendar(off=(Span("x", edge, edge),), festivals=(Span("x", edge, edge, days_before=3),))
    for move in Move:
        assert isinstance(closed.moved(move, edge, 31), date)
    assert closed.next_working_day(date.max) == date.max
    assert closed.is_holiday(edge)


# the office's


def test_the_offices_days_lie_over_the_laws() -> None:
    assert [n for n in range(1, 11) if OWN.is_working_day(date(2027, 10, n))] == [8, 9]
    assert [n for n in range(1, 11) if PLAIN.is_working_day(date(2027, 10, n))] == [6, 7, 8]
    both = Calendar(off=(span("2027-10-08", "2027-10-10"),), worked=frozenset({day("2027-10-09")}))
    assert both.is_working_day(day("2027-10-09"))


@pytest.mark.parametrize(
    ("place", "on", "quiet"),
    [
        (FLAT, "2027-03-09", None),
        (FLAT, "2027-03-10", Quiet.FESTIVAL),
        (FLAT, "2027-03-11", Quiet.FESTIVAL),
        (FLAT, "2027-03-12", None),
        (PUPIL, "2027-03-10", None),
        (ANYWHERE, "2027-03-10", None),
        (PUPIL, "2027-06-15", None),
        (PUPIL, "2027-06-16", Quiet.EXAM),
        (PUPIL, "2027-06-18", Quiet.EXAM),
        (PUPIL, "2027-06-19", None),
        (OTHER, "2027-06-17", None),
        (FLAT, "2027-06-17", None),
        (FLAT, "2027-02-05", Quiet.FESTIVAL),  # the eve of the Spring Festival, everywhere
        (ANYWHERE, "2027-02-05", Quiet.FESTIVAL),
    ],
)
def test_a_day_is_quiet_for_those_it_concerns(place: Place, on: str, quiet: Quiet | None) -> None:
    assert OWN.at(place).quiet(day(on)) is quiet
    assert OWN.at(place).is_quiet(day(on)) is (quiet is not None)
    assert OWN.at(place).at(place).quiet(day(on)) is quiet


def test_an_exam_without_a_class_concerns_every_pupil_and_no_flat() -> None:
    calendar = Calendar(exams=(span("2027-06-17"),))
    assert [calendar.at(each).is_quiet(day("2027-06-17")) for each in (PUPIL, OTHER, FLAT, ANYWHERE)] == [
        *(True, True, False, False),
    ]
    both = Calendar(exams=(span("2027-06-17", communities=frozenset({"别处"}), classes=frozenset({"书法班"})),))
    assert not both.at(OTHER).is_quiet(day("2027-06-17"))


def test_what_is_known_of_a_place_is_kept_and_one_without_local_days_is_the_same_everywhere() -> None:
    assert OWN.at(PUPIL) is OWN.at(PUPIL)
    everywhere = Calendar(festivals=(span("2027-03-10"),))
    assert everywhere.at(FLAT) is everywhere
    assert not everywhere.is_local
    assert (Calendar(exams=(EXAM,)).is_local, Calendar(festivals=(FAIR,)).is_local) == (True, True)
    assert Calendar(festivals=(span("2027-03-10", classes=frozenset({"a"})),)).is_local


def test_the_days_of_a_span() -> None:
    assert [each.isoformat() for each in EXAM.days()] == ["2027-06-17", "2027-06-18"]
    assert [EXAM.holds(day(f"2027-06-{n}")) for n in (16, 17, 18, 19)] == [False, True, True, False]
    assert [EXAM.quiet(day(f"2027-06-{n}")) for n in (15, 16, 18, 19)] == [False, True, True, False]


# moves


@pytest.mark.parametrize(
    ("calendar", "wished", "comes"),
    [
        (PLAIN, "2026-10-03", "2026-09-30"),  # in the week of the National Day
        (PLAIN, "2026-10-08", "2026-10-08"),
        (PLAIN, "2026-10-10", "2026-10-10"),  # a Saturday that is worked
        (PLAIN, "2026-10-11", "2026-10-11"),  # a mere Sunday is no holiday
        (PLAIN, "2026-04-04", "2026-04-03"),  # the weekend next to one
        (PLAIN, "2027-02-13", "2027-02-13"),
        (PLAIN, "2027-02-07", "2027-02-04"),
        (OWN, "2027-10-07", "2027-09-30"),
        (OWN.at(FLAT), "2027-03-11", "2027-03-09"),
        (OWN.at(PUPIL), "2027-06-18", "2027-06-15"),
        (OWN.at(OTHER), "2027-06-18", "2027-06-18"),
    ],
)
def test_what_would_fall_into_a_holiday_comes_on_the_last_working_day_before(
    calendar: Calendar, wished: str, comes: str
) -> None:
    assert calendar.before_holiday(day(wished)) == day(comes)
    assert calendar.is_holiday(day(wished)) is (wished != comes)
    assert calendar.moved(Move.BEFORE_HOLIDAY, day(wished)) == day(comes)


def test_a_weekend_next_to_a_day_with_a_name_is_a_holiday_and_a_mere_one_is_none() -> None:
    saturday, sunday, monday = (day(f"2027-03-{n}") for n in (13, 14, 15))
    assert not PLAIN.is_holiday(sunday)
    assert Calendar(festivals=(Span("x", saturday, saturday),)).is_holiday(sunday)
    assert Calendar(off=(Span("x", monday, monday),)).is_holiday(saturday)
    assert not Calendar(festivals=(Span("x", monday, monday),)).is_holiday(sunday)  # quiet, but worked


@pytest.mark.parametrize(
    ("wished", "comes"),
    [
        ("2026-11-03", "2026-11-30"),
        ("2027-01-31", "2027-01-29"),
        ("2027-02-28", "2027-02-26"),
        ("2026-12-31", "2026-12-31"),
    ],
)
def test_the_last_working_day_of_the_month(wished: str, comes: str) -> None:
    assert PLAIN.moved(Move.MONTH_END, day(wished)) == PLAIN.month_end(day(wished)) == day(comes)


@pytest.mark.parametrize(
    ("wished", "on", "comes"),
    [
        ("2026-11-03", 10, "2026-11-10"),
        ("2026-11-10", 10, "2026-11-10"),
        ("2026-11-11", 10, "2026-12-10"),
        ("2026-12-20", 10, "2027-01-08"),  # the 10th is a Sunday
        (
            "2027-01-09",
            10,
            "2027-02-04",
        ),  # January's was paid on the 8th; the 10th of February is in the Spring Festival
        ("2027-02-01", 31, "2027-02-26"),
    ],
)
def test_wages_are_paid_on_that_day_or_the_working_day_before_it(wished: str, on: int, comes: str) -> None:
    assert PLAIN.moved(Move.PAYDAY, day(wished), on) == PLAIN.payday(day(wished), on) == day(comes)


def test_what_stays_stays() -> None:
    assert PLAIN.moved(Move.STAYS, day("2026-10-01")) == day("2026-10-01")


DAYS = st.dates(date(2026, 1, 1), date(2031, 12, 31))
SPANS = st.builds(
    lambda first, length, before: Span("x", first, first + timedelta(days=length), days_before=before),
    DAYS,
    st.integers(0, 10),
    st.integers(0, 3),
)
CALENDARS = st.builds(
    Calendar,
    off=st.lists(SPANS, max_size=4).map(tuple),
    worked=st.frozensets(DAYS, max_size=4),
    festivals=st.lists(SPANS, max_size=3).map(tuple),
    exams=st.lists(SPANS, max_size=3).map(tuple),
)


@given(CALENDARS, DAYS)
def test_moving_before_a_holiday_is_never_later_never_into_one_and_done_once(calendar: Calendar, wished: date) -> None:
    calendar = calendar.at(PUPIL)
    moved = calendar.before_holiday(wished)
    assert moved <= wished
    assert calendar.before_holiday(moved) == moved
    assert not calendar.is_holiday(moved)
    assert not calendar.is_quiet(moved)
    assert moved == wished or calendar.is_working_day(moved)
    between = [moved + timedelta(days=n) for n in range(1, (wished - moved).days)]
    assert not any(calendar.is_working_day(each) and not calendar.is_quiet(each) for each in between)


@given(CALENDARS, DAYS, st.integers(1, 31))
def test_month_end_and_payday_are_working_days_and_stay_once_there(calendar: Calendar, wished: date, on: int) -> None:
    calendar = calendar.at(PUPIL)
    end = calendar.month_end(wished)
    assert calendar.is_working_day(end)
    assert not calendar.is_quiet(end)
    pays_on = calendar.payday(wished, on)
    assert calendar.payday(pays_on, on) == pays_on
    assert pays_on >= wished


# where it is asked


ZONE = ZoneInfo("Asia/Shanghai")
EVERYWHERE = span("2027-03-12")
HERE = Calendar(
    off=(span("2027-03-15"),), worked=frozenset({day("2027-03-13")}), festivals=(FAIR, EVERYWHERE), exams=(EXAM,)
)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def kept() -> Office:
    policy = Policy(kind="property", stages=(Stage("gentle", 3, Action.MESSAGE, "x"),))
    plain = Office(
        "o", "1", "property", ZONE, Wording({"zh": {}, "en": {}}), {"property": policy}, {"property": (policy,)}
    )
    return plain.keeping(HERE)


def test_the_whole_office_keeps_one_calendar() -> None:
    office = kept()
    assert office.calendar is HERE
    assert office.policy("property", day("2027-03-01")).calendar is HERE
    assert [each.calendar for each in office.policies_to_come["property"]] == [HERE]
    # what concerns one estate only stops no calls and visits in the others
    assert [office.desk.calendar.is_festival(day(f"2027-03-{n}")) for n in (10, 12)] == [False, True]
    assert [office.calling.calendar.is_festival(day(f"2027-03-{n}")) for n in (10, 12)] == [False, True]


def test_the_desk_is_open_on_a_weekend_that_is_worked_and_shut_on_its_own_day_off() -> None:
    desk = kept().desk
    assert [desk.works_on(day(f"2027-03-{n}")) for n in (12, 13, 14, 15, 16)] == [True, True, False, False, True]
    assert desk.next_opening(moment("2027-03-13 18:00"), ZONE).astimezone(ZONE) == moment("2027-03-16 09:00")


def test_nobody_is_visited_or_rung_on_a_festival_that_the_office_keeps() -> None:
    office = kept()
    offered = slots(Visiting(), office.desk, ZONE, moment("2027-03-11 12:00"))
    days = {each.astimezone(ZONE).date() for each in offered}
    assert day("2027-03-12") not in days
    assert min(days) == day("2027-03-13")
    assert day("2027-03-15") not in days
    rung = allowed(moment("2027-03-12 10:00"), office.calling, ZONE).astimezone(ZONE)
    assert rung == moment("2027-03-13 09:00")
    again = next_attempt(moment("2027-03-11 15:00"), office.calling, office.desk, ZONE).astimezone(ZONE)
    assert again == moment("2027-03-13 18:00")


@pytest.mark.parametrize(
    ("written", "asked_for"),
    [
        ("2027-02-25", "2027-03-12"),
        ("2027-02-26", "2027-03-13"),
        ("2027-02-27", "2027-03-16"),
        ("2027-02-28", "2027-03-16"),
    ],
)
def test_a_letter_asks_for_the_money_on_a_day_on_which_the_counter_is_open(written: str, asked_for: str) -> None:
    assert pay_by(day(written), Letterhead(days_to_pay=15), HERE) == day(asked_for)


def test_without_the_offices_days_a_letter_keeps_the_laws() -> None:
    assert pay_by(day("2027-02-26"), Letterhead(days_to_pay=15)) == day("2027-03-15")

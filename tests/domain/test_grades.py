"""Payer grades: what each kind of history comes to, with its reasons; money dated by the day it was paid."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grades import (
    ORDER,
    Charged,
    Grade,
    Term,
    Why,
    grade_of,
    read_grade,
    read_why,
    terms_of,
    written,
)

TODAY = date(2026, 11, 23)


def terms(*days_late: int, open_last: bool = False) -> list[Term]:
    """A term a month, oldest first."""
    last = len(days_late) - 1
    return [
        Term(TODAY - timedelta(days=30 * (last - n + 1)), late, open_last and n == last)
        for n, late in enumerate(days_late)
    ]


@pytest.mark.parametrize(
    ("history", "words", "grade", "why"),
    [
        (terms(-3, -3, -3, -3, -3, -3), (0, 0), "A", "streak:6;days_early:3"),
        (terms(0, 2, 3, 0), (0, 0), "A", "streak:4"),  # a weekend's transfer is on time
        (terms(0, 0, 0, 25, 0, 0), (0, 0), "B", "late:1;since:2;days_late:4"),  # forgotten once
        (terms(12, 15, 11, 14, 0, 20), (0, 0), "C", "late:5;days_late:12"),
        (terms(40, 0, 45, 0, 50, 2), (0, 0), "D", "late:3;days_late:23"),
        (terms(0, 0, 0, 0, 0, 95, open_last=True), (0, 0), "D", "late:1;days_late:16;open_days:95"),
        (terms(0, 0, 0), (0, 1), "B", "streak:3;broken:1"),  # a word broken costs a step
        (terms(0, 0, 0), (1, 1), "A", "streak:3;kept:1;broken:1"),  # unless another was kept
        (terms(0, 0, 0), (0, 9), "D", "streak:3;broken:9"),
        (terms(60, 60, 60, 0, 0, 0, 0, 0, 0), (0, 0), "A", "streak:6"),  # the past is forgiven
    ],
)
def test_a_history_has_its_grade_and_its_reasons(
    history: list[Term], words: tuple[int, int], grade: str, why: str
) -> None:
    found = grade_of(history, *words)
    assert found is not None
    assert (found.grade.value, written(found.why)) == (grade, why)
    assert read_why(why) == found.why


@pytest.mark.parametrize(
    ("history", "grade"),
    [
        (terms(3, 3, 3), "A"),  # three days late is on time still
        (terms(4, 0, 0), "B"),
        (terms(10, 10, 10), "B"),  # ten days on average are not slow
        (terms(11, 11, 10), "C"),
        (terms(10, 11, 30), "C"),  # the worst of them is forgiven: the mean of the others is over ten
        (terms(10, 10, 30), "B"),
        (terms(31, 31, 0), "D"),  # half of them or more later than thirty days
        (terms(30, 30, 0), "C"),
        (terms(31, 31, 0, 0), "D"),
        (terms(31, 0, 0), "B"),
        (terms(0, 0, 0, 90, open_last=True), "B"),
        (terms(0, 0, 0, 91, open_last=True), "D"),  # a bill open for longer than ninety days
        (terms(0, 0, 0, 91), "B"),  # it is paid by now
        (terms(-60, -60, 12, 12), "B"),  # paid ahead makes up for nothing: it counts as on time
        (terms(60, 60, 60, 0, 0, 0, 0, 0), "B"),  # the newest six count
        (terms(60, 60, 60, 0, 0, 0), "D"),
    ],
)
def test_from_how_many_days_on_a_grade_falls(history: list[Term], grade: str) -> None:
    found = grade_of(history)
    assert found is not None
    assert found.grade.value == grade
    again = grade_of(reversed(history))  # in whatever order they are told
    assert again == found


@pytest.mark.parametrize(
    ("history", "words", "why"),
    [
        (terms(4, 0, 3), (0, 0), "late:1;since:2"),
        (terms(0, 4, 0), (0, 0), "late:1"),  # one alone is no streak
        (terms(0, 0, 4), (0, 0), "late:1"),
        (terms(3, 3, 3), (0, 0), "streak:3"),  # a mean of three days is not worth a word
        (terms(-1, 0, 0), (0, 0), "streak:3"),
        (terms(-1, -1, 0), (0, 0), "streak:3;days_early:1"),
        (terms(0, 0, 0, 3, open_last=True), (0, 0), "streak:4"),
        (terms(0, 0, 0, 4, open_last=True), (0, 0), "late:1;open_days:4"),
        (terms(0, 0, 0, 0, 0, 0, 0), (2, 3), "streak:7;kept:2;broken:3"),  # a streak may be longer than six
        (
            [Term(TODAY - timedelta(days=400), 200, open=True), *terms(0, 0, 0, 0, 0, 0)],
            (0, 0),
            "streak:6;open_days:200",
        ),
    ],
)
def test_the_reasons_say_what_tells_most(history: list[Term], words: tuple[int, int], why: str) -> None:
    found = grade_of(history, *words)
    assert found is not None
    assert written(found.why) == why


@pytest.mark.parametrize(
    ("kept", "broken", "grade"), [(0, 0, "A"), (0, 1, "B"), (0, 2, "C"), (1, 2, "B"), (2, 2, "A"), (5, 1, "A")]
)
def test_each_word_broken_costs_a_step_as_far_as_no_other_was_kept(kept: int, broken: int, grade: str) -> None:
    found = grade_of(terms(0, 0, 0), kept, broken)
    assert found is not None
    assert found.grade.value == grade


@pytest.mark.parametrize("days", [(), (0,), (90, 90)])
def test_two_terms_are_too_few_to_judge_anybody(days: tuple[int, ...]) -> None:
    assert grade_of(terms(*days), broken=5) is None


@given(st.lists(st.integers(-40, 200), min_size=3, max_size=12), st.integers(0, 3), st.integers(0, 3))
def test_paying_sooner_and_keeping_ones_word_never_lowers_a_grade(days: list[int], kept: int, broken: int) -> None:
    here, sooner = grade_of(terms(*days), kept, broken), grade_of(terms(*[each - 5 for each in days]), kept, broken)
    truer = grade_of(terms(*days), kept + 1, broken)
    assert here is not None
    assert sooner is not None
    assert truer is not None
    assert ORDER.index(sooner.grade) <= ORDER.index(here.grade)
    assert ORDER.index(truer.grade) <= ORDER.index(here.grade)


@pytest.mark.parametrize(
    ("word", "grade"), [("优秀", Grade.PROMPT), (" b ", Grade.STEADY), ("一般", Grade.SLOW), ("VIP", None), ("", None)]
)
def test_an_imported_word_is_read_where_it_is_known(word: str, grade: Grade | None) -> None:
    assert read_grade(word) is grade


@pytest.mark.parametrize(
    ("grade", "words"),
    [
        ("A", "a A aa AAA 优 优秀 好 Excellent"),
        ("B", "b bb BBB 良 良好 good"),
        ("C", "c ccc 中 一般 fair"),
        ("D", "d ddd 差 较差 poor"),
    ],
)
def test_what_offices_write(grade: str, words: str) -> None:
    assert [read_grade(f" {word} ") for word in words.split()] == [Grade(grade)] * len(words.split())


def day(month: int, of_month: int = 30) -> date:
    return date(2026, month, of_month)


def test_money_entered_late_counts_from_the_day_it_was_paid() -> None:
    """Three months of bills and payments imported on one day: the payments' own days tell."""
    bills = [Charged(day(month), 10000, 10000) for month in (8, 9, 10)]
    payments = [(day(10, 27), 10000), (day(8, 28), 10000), (day(9, 30), 10000)]
    assert [term.days_late for term in terms_of(bills, payments, TODAY)] == [-2, 0, -3]


def test_one_payment_may_settle_two_bills_and_two_payments_one() -> None:
    bills = [Charged(day(8), 10000, 10000), Charged(day(9), 10000, 10000), Charged(day(10), 10000, 10000)]
    payments = [(day(9, 9), 20000), (day(10, 1), 4000), (day(11, 9), 6000)]
    assert [term.days_late for term in terms_of(bills, payments, TODAY)] == [10, -21, 10]


def test_bills_of_one_day_are_one_term_and_as_late_as_the_latest() -> None:
    bills = [Charged(day(10), 10000, 10000), Charged(day(10), 4000, 0)]
    assert terms_of(bills, [(day(10), 10000)], TODAY) == [Term(day(10), 24, open=True)]


def test_what_is_looked_into_or_agreed_is_not_late() -> None:
    disputed = Charged(day(9), 10000, 0, held=True)
    promised = Charged(day(10), 10000, 10000, agreed_on=day(11, 10))
    coming = Charged(day(12), 10000, 10000)
    waived = Charged(day(8), 0, 0)
    found = terms_of([disputed, promised, coming, waived], [(day(11, 10), 20000)], TODAY)
    assert found == [Term(day(10), 0)]


def test_a_bill_settled_without_money_was_not_late() -> None:
    assert terms_of([Charged(day(9), 100, 100)], [], TODAY) == [Term(day(9), 0)]


def test_reasons_are_kept_as_text() -> None:
    assert str(Why("streak", 6)) == "streak:6"
    assert read_why("") == ()


@pytest.mark.parametrize(
    ("bill", "payments", "term"),
    [
        (Charged(TODAY, 100, 0), [], Term(TODAY, 0, open=True)),  # a due day that has come today counts
        (Charged(TODAY + timedelta(days=1), 100, 0), [], None),
        (Charged(day(10), 100, 99), [(day(10), 99)], Term(day(10), 24, open=True)),  # a fen less is open
        (Charged(day(10), 100, 100, held=True), [(day(11, 2), 100)], Term(day(10), 3)),  # looked into, and paid
        (Charged(day(10), 100, 150), [(day(11, 1), 100), (day(11, 9), 50)], Term(day(10), 2)),  # too much was paid
        (Charged(day(10), 100, 100, agreed_on=day(10, 10)), [(day(10), 100)], Term(day(10), 0)),  # an earlier day
        (Charged(day(10), 100, 0, agreed_on=day(11, 10)), [], Term(day(10), 13, open=True)),  # late from that day on
    ],
)
def test_one_bill(bill: Charged, payments: list[tuple[date, int]], term: Term | None) -> None:
    assert terms_of([bill], payments, TODAY) == ([] if term is None else [term])


def test_a_term_is_open_as_long_as_one_of_its_bills_is() -> None:
    held_up = Charged(day(10), 50, 0, agreed_on=day(11, 20))  # open, and late by three days
    paid_late = Charged(day(10), 100, 100)
    for bills in ([held_up, paid_late], [paid_late, held_up]):
        assert terms_of(bills, [(day(11, 19), 100)], TODAY) == [Term(day(10), 20, open=True)]


def test_money_of_a_bill_that_asks_for_nothing_any_more_is_not_taken_for_the_next() -> None:
    cancelled = Charged(day(8), 0, 0)
    assert terms_of([cancelled, Charged(day(9), 100, 100)], [(day(9), 100)], TODAY) == [Term(day(9), 0)]

"""Instalments: parts that add up, dates that rise, which part is next and when a plan is broken."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.plans import (
    FIRST_PART_DAYS,
    add_months,
    first_unpaid,
    is_broken,
    most_parts,
    next_on,
    plan_parts,
    promise_limit,
)
from domain.policy import Holds

FIRST = date(2026, 11, 30)


@given(st.integers(1, 10**8), st.integers(1, 12), st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_parts_add_up_and_rise(total: int, number: int, first: date) -> None:
    parts = plan_parts(total, number, first)
    assert sum(part.amount_fen for part in parts) == total
    assert [part.number for part in parts] == list(range(1, number + 1))
    assert all(a.due_on < b.due_on for a, b in pairwise(parts))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
    ],
)
def test_months(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@given(st.integers(0, 10**7))
def test_no_more_parts_than_each_is_worth(total: int) -> None:
    holds = Holds(plan_parts_max=6, plan_part_fen_min=5000)
    most = most_parts(total, holds)
    assert most <= 6
    assert most < 2 or min(part.amount_fen for part in plan_parts(total, most, FIRST)) >= 5000


def test_what_is_next_follows_from_what_arrived() -> None:
    parts = plan_parts(10_000, 3, FIRST)  # 3334 3333 3333
    assert first_unpaid(parts, 0) == (parts[0], 3334)
    assert first_unpaid(parts, 3333) == (parts[0], 1)
    assert first_unpaid(parts, 3334) == (parts[1], 3333)
    assert first_unpaid(parts, 10_000) is None
    assert first_unpaid(parts, 20_000) is None


def test_broken_only_after_its_days_of_grace() -> None:
    parts = plan_parts(10_000, 2, FIRST)
    last = FIRST + timedelta(days=3)
    assert [is_broken(parts, 0, day) for day in (FIRST, last, last + timedelta(days=1))] == [False, False, True]
    assert not is_broken(parts, 5000, last + timedelta(days=1))
    assert not is_broken(parts, 10_000, last + timedelta(days=900))


def test_the_last_day_a_promise_may_name() -> None:
    assert promise_limit(FIRST, Holds(promise_days_max=31)) == date(2026, 12, 31)


def test_a_plan_may_ask_for_parts_of_any_size_where_the_policy_names_none() -> None:
    assert [most_parts(total, Holds(plan_parts_max=6, plan_part_fen_min=0)) for total in (1, 5, 7)] == [1, 5, 6]


def test_who_names_no_day_has_a_week() -> None:
    assert FIRST_PART_DAYS == 7


@pytest.mark.parametrize(
    ("first", "day", "expected"),
    [
        (date(2026, 12, 20), 20, [date(2026, 12, 20), date(2027, 1, 20), date(2027, 2, 20)]),
        (date(2026, 12, 6), 20, [date(2026, 12, 6), date(2027, 1, 20), date(2027, 2, 20)]),
        (date(2026, 11, 30), 31, [date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31)]),
        (date(2026, 12, 31), 31, [date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28)]),
    ],
)
def test_the_day_of_each_month_is_kept(first: date, day: int, expected: list[date]) -> None:
    assert [part.due_on for part in plan_parts(10_000, 3, first, day)] == expected


@pytest.mark.parametrize(
    ("today", "day", "expected"),
    [
        (date(2026, 11, 23), 20, date(2026, 12, 20)),
        (date(2026, 11, 23), 24, date(2026, 11, 24)),
        (date(2026, 11, 23), 23, date(2026, 12, 23)),
        (date(2027, 1, 31), 31, date(2027, 2, 28)),
    ],
)
def test_the_next_time_that_a_day_comes(today: date, day: int, expected: date) -> None:
    assert next_on(today, day) == expected

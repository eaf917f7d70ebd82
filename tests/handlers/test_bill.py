"""The comparison of a bill with the period before it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from handlers.bill import comparison, period_before
from models.bills import Bill, BillLine


def line(item: str, period: str, fen: int, due_on: date = date(2026, 11, 30)) -> BillLine:
    bill = Bill(
        id=1, account_id=1, item=item, period=period, due_on=due_on, issued_at=datetime(2026, 11, 1, tzinfo=UTC)
    )
    return BillLine(bill, fen, 0)


@pytest.mark.parametrize(
    ("period", "before"),
    [
        ("2026-11", "2026-10"),
        ("2026-01", "2025-12"),
        ("2026-Q3", "2026-Q2"),
        ("2026-Q1", "2025-Q4"),
        ("2026", "2025"),
    ],
)
def test_the_period_before(period: str, before: str) -> None:
    assert period_before(period) == before


def test_what_is_new_gone_or_changed_adds_up_to_the_difference() -> None:
    last, this = date(2026, 10, 31), date(2026, 11, 30)
    found = comparison(
        [
            line("物业费", "2026-10", 28_640, last),
            line("垃圾费", "2026-10", 1_000, last),
            line("物业费", "2026-11", 29_640, this),
            line("车位费", "2026-11", 4_000, this),
        ]
    )
    assert found is not None
    assert (found.earlier, found.later) == ("2026-10", "2026-11")
    assert set(found.items) == {("物业费", 28_640, 29_640), ("垃圾费", 1_000, 0), ("车位费", 0, 4_000)}
    assert found.difference_fen == 4_000


def test_nothing_is_compared_with_a_period_that_was_not_the_one_before() -> None:
    lines = [line("物业费", "2026-08", 28_640, date(2026, 8, 31)), line("物业费", "2026-11", 28_640)]
    assert comparison(lines) is None
    assert comparison([]) is None


def test_bills_of_another_cycle_are_left_out() -> None:
    lines = [
        line("物业费", "2026-10", 28_640, date(2026, 10, 31)),
        line("物业费", "2026-11", 28_640),
        line("公摊水电", "2026-Q3", 9_900, date(2026, 10, 15)),
    ]
    found = comparison(lines)
    assert found is not None
    assert found.items == (("物业费", 28_640, 28_640),)

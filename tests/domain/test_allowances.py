"""How often, and for how long, WeChat lets an account write: by each thing that a person did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.allowances import NOTICE, RULES, Allowance, notices_left, opened, spendable

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "left", "hours"),
    [("message", 5, 48), ("menu", 3, 1 / 60), ("follow", 3, 1 / 60), ("payment", None, 48)],
)
def test_what_each_thing_allows(kind: str, left: int | None, hours: float) -> None:
    assert opened(kind, NOW) == Allowance(kind, left, NOW + timedelta(hours=hours))


def test_these_are_all() -> None:
    assert set(RULES) == {"message", "menu", "follow", "payment"}


def test_what_costs_nothing_is_used_first_then_what_ends_soonest() -> None:
    free = Allowance("payment", None, LATER)
    long, short = Allowance("message", 5, LATER), Allowance("menu", 1, SOON)
    assert spendable([long, short, free], NOW) == free
    assert spendable([long, short], NOW) == short
    assert spendable([short, long], NOW) == short


@pytest.mark.parametrize(
    "spent",
    [
        Allowance("message", 0, LATER),
        Allowance("message", 5, NOW),  # over this very moment
        Allowance("message", 5, NOW - timedelta(seconds=1)),
        Allowance(NOTICE + "T1", 1, LATER),  # a notice is no customer message
    ],
)
def test_what_is_used_up_over_or_something_else_allows_nothing(spent: Allowance) -> None:
    assert spendable([spent], NOW) is None
    assert spendable([spent, Allowance("follow", 1, SOON)], NOW) == Allowance("follow", 1, SOON)
    assert spendable([], NOW) is None


def test_notices_are_counted_by_their_templates() -> None:
    agreed = [Allowance("notice/T1", 2, LATER), Allowance("notice/T2", 0, LATER), Allowance("message", 5, LATER)]
    assert notices_left(agreed) == {"T1": 2}
    assert notices_left([]) == {}

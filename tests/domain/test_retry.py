"""What becomes of a message after a failed try, in one table; and the spread of its waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import ChannelDown, DeliveryError, Rejected, TryLater, Unknown, Unreachable
from domain.messages import AT_MOST_ONCE, Kind
from domain.retry import ATTEMPTS_MAX, WAITS_SECONDS, outcome, wait_until

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
LATER = NOW + timedelta(seconds=7)


@pytest.mark.parametrize(
    ("error", "kind", "attempt", "doubts", "state", "reason", "not_sent", "free"),
    [
        # Certainly not sent: again, five times at most.
        (TryLater(), Kind.REMINDER, 1, 0, "retry", "try_later", True, False),
        (TryLater(), Kind.REMINDER, 4, 0, "retry", "try_later", True, False),
        (TryLater(), Kind.REMINDER, 5, 0, "dead", "attempts", True, False),
        # The platform asked to wait, or the account is refused: no try is used up, however often.
        (TryLater(at=LATER, free=True), Kind.REMINDER, 99, 0, "retry", "asked_to_wait", True, True),
        (ChannelDown(), Kind.REMINDER, 99, 0, "retry", "channel_down", True, True),
        # In doubt: a reminder never again, an answer once more.
        (Unknown(), Kind.REMINDER, 1, 0, "unknown", "in_doubt", False, False),
        (Unknown(), Kind.PROMISE, 1, 0, "unknown", "in_doubt", False, False),
        (Unknown(), Kind.REPLY, 1, 0, "retry", "in_doubt", False, False),
        (Unknown(), Kind.REPLY, 4, 0, "retry", "in_doubt", False, False),  # the tries before were not sent
        (Unknown(), Kind.REPLY, 2, 1, "unknown", "in_doubt", False, False),
        (Unknown(), Kind.RECEIPT, 1, 1, "unknown", "in_doubt", False, False),
        # The address, or the message itself.
        (Unreachable(), Kind.REPLY, 1, 0, "dead", "unreachable", True, False),
        (Unreachable(moved_to="x"), Kind.REMINDER, 1, 0, "retry", "moved", True, False),
        (Rejected(), Kind.REPLY, 1, 0, "dead", "rejected", True, False),
    ],
)
def test_outcomes(
    error: DeliveryError, kind: Kind, attempt: int, doubts: int, state: str, reason: str, not_sent: bool, free: bool
) -> None:
    found = outcome(error, kind, attempt, 1, NOW, doubts=doubts)
    assert (found.state, found.reason, found.not_sent, found.free) == (state, reason, not_sent, free)
    assert (found.not_before is not None) is (state == "retry")


@pytest.mark.parametrize("kind", Kind)
def test_no_kind_is_repeated_in_doubt_more_than_its_class_allows(kind: Kind) -> None:
    states = [outcome(Unknown(), kind, n + 1, 1, NOW, doubts=n).state for n in range(3)]
    assert states == (["unknown"] * 3 if kind in AT_MOST_ONCE else ["retry", "unknown", "unknown"])


def test_waits_grow_are_spread_and_stay_the_same_for_a_row() -> None:
    for attempt, base in enumerate(WAITS_SECONDS, start=1):
        waits = [(wait_until(row, attempt, NOW) - NOW).total_seconds() for row in range(500)]
        assert base * 0.5 <= min(waits) < base * 0.6
        assert base * 1.4 < max(waits) <= base * 1.5
        assert wait_until(7, attempt, NOW) == wait_until(7, attempt, NOW)
    assert wait_until(7, ATTEMPTS_MAX + 3, NOW) - NOW <= timedelta(seconds=180)


def test_the_platforms_own_moment_is_kept() -> None:
    assert outcome(TryLater(at=LATER), Kind.REPLY, 1, 1, NOW).not_before == LATER
    assert outcome(TryLater(at=LATER, free=True), Kind.REPLY, 1, 1, NOW).not_before == LATER

"""What becomes of a message after a failed try, in one table; and the spread of its waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import ChannelDown, DeliveryError, Rejected, Shut, TryLater, Unknown, Unreachable
from domain.messages import AT_MOST_ONCE, Kind
from domain.retry import ATTEMPTS_MAX, COPIES_MAX, WAITS_SECONDS, Outcome, outcome, wait_until

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


def test_the_waits_and_the_number_of_tries() -> None:
    assert (WAITS_SECONDS, ATTEMPTS_MAX, COPIES_MAX) == ((2, 8, 30, 120), 5, 2)


def test_every_outcome_in_full() -> None:
    """An account that is refused is looked at again in half a minute; who gives no moment waits the first back-off."""
    assert outcome(ChannelDown(), Kind.REPLY, 3, 7, NOW) == Outcome(
        "retry", "channel_down", NOW + timedelta(seconds=30), not_sent=True, free=True
    )
    asked = Outcome("retry", "asked_to_wait", wait_until(7, 1, NOW), not_sent=True, free=True)
    assert outcome(TryLater(free=True), Kind.REPLY, 3, 7, NOW) == asked
    assert outcome(TryLater(), Kind.REPLY, 3, 7, NOW) == Outcome(
        "retry", "try_later", wait_until(7, 3, NOW), not_sent=True
    )
    assert outcome(Unreachable(moved_to="x"), Kind.REPLY, 1, 7, NOW) == Outcome("retry", "moved", NOW, not_sent=True)
    assert outcome(Unknown(), Kind.REPLY, 2, 7, NOW) == Outcome("retry", "in_doubt", wait_until(7, 2, NOW))
    assert outcome(Unknown(), Kind.REPLY, 2, 7, NOW, doubts=1) == Outcome("unknown", "in_doubt")


def test_a_person_who_may_not_be_written_to_now_waits_for_the_hour_or_for_another_channel() -> None:
    assert outcome(Shut(why="quota_gone", until=LATER), Kind.REMINDER, 9, 7, NOW) == Outcome(
        "retry", "quota_gone", LATER, not_sent=True, free=True
    )
    assert outcome(Shut(), Kind.REMINDER, 1, 7, NOW) == Outcome("dead", "window_shut", not_sent=True)


@pytest.mark.parametrize("kind", [Kind.REMINDER, Kind.REPLY])
def test_a_platform_that_knows_a_request_again_is_asked_again_while_it_does(kind: Kind) -> None:
    """The second request is then no second message, whatever its kind and however often it was in doubt."""
    again_at = wait_until(7, 2, NOW)
    in_time = Unknown(repeat_until=again_at + timedelta(seconds=1))
    assert outcome(in_time, kind, 2, 7, NOW, doubts=1) == Outcome("retry", "in_doubt", again_at)
    too_late = Unknown(repeat_until=again_at)
    assert outcome(too_late, kind, 2, 7, NOW, doubts=1) == Outcome("unknown", "in_doubt")
    last = Unknown(repeat_until=NOW + timedelta(days=1))
    assert outcome(last, kind, ATTEMPTS_MAX, 7, NOW, doubts=1).state == "unknown"
    assert outcome(last, kind, ATTEMPTS_MAX - 1, 7, NOW, doubts=1).state == "retry"


def test_a_row_waits_as_long_in_every_version_and_process() -> None:
    waits = [
        round((wait_until(row, attempt, NOW) - NOW).total_seconds(), 3) for row, attempt in ((1, 1), (7, 2), (99, 4))
    ]
    assert waits == [1.376, 7.894, 117.853]


def test_rows_that_failed_together_and_tries_of_one_row_are_spread() -> None:
    assert len({wait_until(row, 2, NOW) for row in range(50)}) > 45
    assert wait_until(1, 12, NOW) != wait_until(11, 2, NOW) != wait_until(112, 2, NOW)

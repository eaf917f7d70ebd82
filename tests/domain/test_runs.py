"""What changed since a draft, and when a draft is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.runs import Approval, Changes, Planned, RunState, compare, is_over

FRIENDLY, GENTLE = Planned("remind", "friendly", ""), Planned("remind", "gentle", "")
CALL, WAITING = Planned("staff", "friendly", ""), Planned("wait", "", "promised")


def test_who_joined_who_is_left_in_peace_and_who_moved_on() -> None:
    drafted = {1: FRIENDLY, 2: FRIENDLY, 3: FRIENDLY, 4: FRIENDLY, 5: FRIENDLY}
    now = {1: FRIENDLY, 2: GENTLE, 3: CALL, 4: WAITING, 6: GENTLE, 7: WAITING}
    assert compare(drafted, now) == Changes(
        new={6: GENTLE},
        gone={4: WAITING, 5: Planned("wait", "", "paid")},
        changed={2: (FRIENDLY, GENTLE), 3: (FRIENDLY, CALL)},
    )


def test_another_reason_alone_is_no_change() -> None:
    assert not compare({1: FRIENDLY}, {1: Planned("remind", "friendly", "late_start")})


def test_any_of_the_three_is_a_change() -> None:
    assert compare({}, {1: FRIENDLY})
    assert compare({1: FRIENDLY}, {})
    assert compare({1: FRIENDLY}, {1: GENTLE})
    assert not compare({}, {})


def test_a_draft_is_over_at_its_hour_and_one_without_an_hour_never() -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert not is_over(at, at - timedelta(seconds=1))
    assert is_over(at, at)
    assert not is_over(None, at)


def test_the_words_that_are_stored() -> None:
    assert [each.value for each in Approval] == ["none", "any", "second"]
    assert [each.value for each in RunState] == ["awaiting", "draft", "approved", "cancelled", "replaced"]

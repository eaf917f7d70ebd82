"""Renewal tiers: an answer places a family, a hint moves it one step, and nobody who said no is pulled back by a hint."""

from __future__ import annotations

import pytest

from domain.tiers import BY_OUTCOME, BY_WISH, HINTS, PLACES, Evidence, Tier, read_tier, tier_after


@pytest.mark.parametrize(
    ("before", "evidence", "after"),
    [
        ("C", Evidence.SAID_YES, "A"),
        ("A", Evidence.SAID_NO, "D"),
        ("A", Evidence.CONSIDERING, "C"),
        ("D", Evidence.CONSIDERING, "C"),
        ("B", Evidence.LEFT, "D"),
        ("B", Evidence.CHILD_WANTS, "A"),
        ("A", Evidence.CHILD_UNSURE, "B"),
        ("C", Evidence.CHILD_UNSURE, "C"),
        ("B", Evidence.CHILD_AGAINST, "C"),
        ("C", Evidence.CHILD_AGAINST, "C"),  # a hint alone makes nobody leave
        ("D", Evidence.CHILD_WANTS, "D"),  # nor does it bring back who said no
        ("C", Evidence.RESERVED, "B"),
        ("A", Evidence.RESERVED, "A"),
        ("C", Evidence.CALL_WARM, "B"),
        ("B", Evidence.CALL_COOL, "C"),
        ("", Evidence.LESSONS_USED, "B"),  # a family not placed yet is an open one
        ("", Evidence.STAFF, "C"),
    ],
)
def test_evidence_moves_a_tier(before: str, evidence: Evidence, after: str) -> None:
    assert tier_after(before, evidence) == after


@pytest.mark.parametrize("before", Tier)
@pytest.mark.parametrize("evidence", HINTS)
def test_a_hint_moves_at_most_one_step_and_in_its_own_direction(before: Tier, evidence: Evidence) -> None:
    moved = list(Tier).index(tier_after(before, evidence)) - list(Tier).index(before)
    assert moved in ((0, -1) if HINTS[evidence][0] else (0, 1))


def test_every_evidence_is_an_answer_a_hint_or_a_note_of_the_history() -> None:
    assert set(PLACES) | set(HINTS) | {Evidence.STAFF, Evidence.IMPORT, Evidence.TAKEN_BACK} == set(Evidence)
    assert {*BY_OUTCOME.values(), *BY_WISH.values()} <= set(HINTS)


# Where each hint leads from A, B, C and D, one after the other.
LEADS = {
    "call_warm": "AABD",
    "child_wants": "AABD",
    "reserved": "ABBD",
    "acknowledged": "ABBD",
    "lessons_used": "ABBD",
    "child_unsure": "BBCD",
    "call_cool": "BCCD",
    "child_against": "BCCD",
    "lessons_unused": "BCCD",
    "said_yes": "AAAA",
    "considering": "CCCC",
    "said_no": "DDDD",
    "left": "DDDD",
    "taken_back": "ABCD",
    "staff": "ABCD",
    "import": "ABCD",
}


@pytest.mark.parametrize(("evidence", "after"), LEADS.items())
def test_where_each_evidence_leads(evidence: str, after: str) -> None:
    assert "".join(tier_after(tier, Evidence(evidence)) for tier in Tier) == after
    assert LEADS.keys() == set(Evidence)


def test_what_an_outcome_and_a_childs_wish_say() -> None:
    assert {said: evidence.value for said, evidence in BY_OUTCOME.items()} == {
        "promised": "call_warm",
        "solved": "call_warm",
        "declined": "call_cool",
    }
    assert {wish: evidence.value for wish, evidence in BY_WISH.items()} == {
        "wants": "child_wants",
        "unsure": "child_unsure",
        "against": "child_against",
    }


def test_only_a_tier_is_read_as_one() -> None:
    assert [read_tier(stored) for stored in ("A", "B", "C", "D", "E", "a", "")] == [*Tier, None, None, None]

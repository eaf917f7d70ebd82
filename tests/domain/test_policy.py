"""Policies: what is shipped is lawful, what is looser or mistyped is refused by name."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from domain.policy import Action, Policy, PolicyError, read_policy, stricter

CONTENT = Path(__file__).resolve().parents[2] / "content"
SMALL = """
kind = "property"
[[stage]]
name = "gentle"
days_after_due = 3
action = "message"
template = "reminder.gentle"
"""


@pytest.mark.parametrize("kind", ["property", "training"])
def test_the_shipped_policies_are_lawful_and_named_by_their_text(kind: str) -> None:
    text = (CONTENT / f"policy.{kind}.toml").read_text(encoding="utf-8")
    policy = read_policy(text, kind)
    assert policy.kind == kind
    assert len(policy.hash) == 16
    assert read_policy(text + "\n# x", kind).hash != policy.hash
    assert not any(stage.action is Action.ANNOUNCE for stage in policy.ladder)
    assert {*policy.ladder, *policy.announcements} == set(policy.stages)
    assert all(stage.template for stage in policy.stages if stage.action in (Action.MESSAGE, Action.ANNOUNCE))


def test_what_a_policy_leaves_out_has_a_lawful_default() -> None:
    policy = read_policy(SMALL, "small")
    assert (policy.per_day, policy.per_week, policy.per_month, policy.spacing_days) == (1, 3, 6, 3)
    assert (policy.quiet_from, policy.quiet_until) == (time(22), time(8))


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ("[caps]\nper_day = 2", "per_day = 2 is looser"),
        ("[caps]\nper_week = 4", "per_week = 4 is looser"),
        ("[caps]\nper_month = 7", "per_month = 7 is looser"),
        ("[caps]\nspacing_days = 2", "spacing_days = 2 is looser"),
        ("[caps]\nper_day = -1", "per_day = -1 is looser"),
        ('[window]\nfrom = "08:59"', "window.from = 08:59:00 is looser"),
        ('[window]\nuntil = "20:01"', "window.until = 20:01:00 is looser"),
        ('[window]\nquiet_from = "22:01"', "quiet_from = 22:01:00 is looser"),
        ('[window]\nquiet_until = "07:59"', "quiet_until = 07:59:00 is looser"),
        ('[window]\nfrom = "15:00"\nuntil = "15:00"', "must be before"),
        ('[window]\nfrom = "nine"', "is not a time"),
        ('[window]\nform = "09:00"', "unknown key form"),
        ("[caps]\nper_day = true", "must be of type int"),
        ('[caps]\nper_day = "1"', "must be of type int"),
        ("[holds]\nclaim_days = 0", "holds.claim_days = 0"),
        ("[holds]\nhardship_days = 365", "no hold lasts for ever"),
        ("[holds]\nplan_part_fen_min = -1", "must not be negative"),
        ("[surprise]\nx = 1", "unknown key surprise"),
        ('[[stage]]\nname = "gentle"\ndays_after_due = 9\ntemplate = "x"', "same name"),
        ('[[stage]]\nname = "b"\ndays_after_due = 2\ntemplate = "x"', "must rise"),
        ('[[stage]]\nname = "b"\ndays_after_due = 3\ntemplate = "x"', "must rise"),
        ('[[stage]]\nname = "b"\ndays_after_due = 9\naction = "shout"', "action 'shout' is not one of"),
        ('[[stage]]\nname = "b"\ndays_after_due = 9', "needs a template"),
        ("[[stage]]\ndays_after_due = 9", "name is missing"),
        ('[[stage]]\nname = "b"', "days_after_due is missing"),
        ("][", "at line"),
    ],
)
def test_what_is_wrong_is_named(more: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read_policy(SMALL + more, "content/policy.x.toml")
    assert complaint in str(refused.value)
    assert "content/policy.x.toml" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no [[stage]]"),
        ("stage = 5", "must be of type list"),
        ("stage = [1, 2]", "must be written as [[stage]]"),
        ("[stage]\nname = 'x'", "must be of type list"),
        ("channels = ['telegrm']\n" + SMALL, "'telegrm' is not one of"),
        ("tolerance_fen = -1\n" + SMALL, "at least 0"),
        ("last_window_days = 0\n" + SMALL, "at least 1"),
    ],
)
def test_what_is_missing_or_mistyped_is_named(text: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read_policy(text, "x")
    assert complaint in str(refused.value)


def test_the_office_may_be_stricter_and_never_looser() -> None:
    policy = read_policy(SMALL, "small")
    assert stricter(policy, per_week=2, per_day=None).per_week == 2
    with pytest.raises(PolicyError, match="looser"):
        stricter(policy, per_week=4)


def test_longer_quiet_hours_shorten_the_window() -> None:
    strict = stricter(read_policy(SMALL, "small"), quiet_from=time(18), quiet_until=time(10, 30))
    assert (strict.window_from, strict.window_until) == (time(10, 30), time(18))
    with pytest.raises(PolicyError, match="no time to write in"):
        stricter(Policy("x", (), window_from=time(9), window_until=time(11)), quiet_until=time(12))


def test_no_pause_means_no_message_at_all() -> None:
    assert stricter(read_policy(SMALL, "small"), per_day=0).per_day == 0

"""Policies: what is shipped is lawful, what is looser or mistyped is refused by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from domain.calendar import Move
from domain.policy import (
    HARD_QUIET_FROM,
    HARD_QUIET_UNTIL,
    HOLD_DAYS_MAX,
    NORMAL_FROM,
    NORMAL_UNTIL,
    PER_DAY_MAX,
    PER_MONTH_MAX,
    PER_WEEK_MAX,
    SPACING_DAYS_MIN,
    STAFF_ACTIONS,
    Action,
    Holds,
    Policy,
    PolicyError,
    Stage,
    stricter,
    within,
)
from domain.policy_file import read_policy

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
    assert (policy.window_from, policy.window_until) == (time(9), time(20))
    assert policy.channels == ("wechat", "telegram", "wecom", "sandbox")
    assert (policy.last_window_days, policy.tolerance_fen) == (14, 100)
    assert vars(policy.holds) == {
        "claim_days": 7,
        "complaint_days": 14,
        "dispute_days": 15,
        "hardship_days": 30,
        "promise_days_max": 31,
        "broken_promises_max": 2,
        "plan_parts_max": 6,
        "plan_part_fen_min": 5000,
        "plan_staff_limit_fen": 500_000,
        "task_days": 3,
    }
    assert policy == replace(Policy("property", policy.stages), hash=policy.hash)  # in Python as in a file
    assert read_policy(SMALL.replace('kind = "property"', ""), "small").kind == ""


def test_what_a_policy_says_is_what_it_means() -> None:
    """Every key once, each with a value that is not its default."""
    policy = read_policy(
        """
kind = "training"
channels = ["telegram", "sandbox"]
payday_day = 15
last_window_days = 9
tolerance_fen = 500
[window]
from = "10:00"
until = "19:30"
quiet_from = "21:00"
quiet_until = "08:30"
[caps]
per_day = 0
per_week = 2
per_month = 5
spacing_days = 4
[holds]
claim_days = 1
complaint_days = 2
dispute_days = 3
hardship_days = 4
promise_days_max = 5
broken_promises_max = 6
plan_parts_max = 7
plan_part_fen_min = 8
plan_staff_limit_fen = 9
task_days = 10
[[stage]]
name = "early"
days_after_due = -7
template = "reminder.early"
[[stage]]
name = "post"
days_after_due = -9
action = "announce"
template = "announcement.x"
[[stage]]
name = "call"
days_after_due = 15
action = "call"
move = "payday"
""",
        "own",
    )
    assert policy == Policy(
        kind="training",
        stages=(
            Stage("early", -7, Action.MESSAGE, "reminder.early"),
            Stage("post", -9, Action.ANNOUNCE, "announcement.x"),
            Stage("call", 15, Action.CALL, move=Move.PAYDAY),
        ),
        channels=("telegram", "sandbox"),
        payday_day=15,
        window_from=time(10),
        window_until=time(19, 30),
        quiet_from=time(21),
        quiet_until=time(8, 30),
        per_day=0,
        per_week=2,
        per_month=5,
        spacing_days=4,
        last_window_days=9,
        tolerance_fen=500,
        holds=Holds(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        hash=policy.hash,
    )
    assert [stage.name for stage in policy.ladder] == ["early", "call"]
    assert [stage.name for stage in policy.announcements] == ["post"]


def test_the_limits_of_the_law_are_these() -> None:
    """Written down once more: a policy at each limit is taken, one a minute or a piece beyond it is refused below."""
    assert (time(22), time(8), time(9), time(20)) == (HARD_QUIET_FROM, HARD_QUIET_UNTIL, NORMAL_FROM, NORMAL_UNTIL)
    assert (PER_DAY_MAX, PER_WEEK_MAX, PER_MONTH_MAX, SPACING_DAYS_MIN, HOLD_DAYS_MAX) == (1, 3, 6, 3, 92)
    assert {Action.CALL, Action.VISIT, Action.LETTER, Action.REVIEW, Action.CASE_FILE} == STAFF_ACTIONS


@pytest.mark.parametrize(
    "more",
    [
        "[caps]\nper_day = 1\nper_week = 3\nper_month = 6\nspacing_days = 3",
        "[caps]\nper_day = 0\nper_week = 0\nper_month = 0\nspacing_days = 30",
        '[window]\nfrom = "09:00"\nuntil = "20:00"\nquiet_from = "22:00"\nquiet_until = "08:00"',
        '[window]\nfrom = "09:00"\nuntil = "12:00"\nquiet_from = "12:00"\nquiet_until = "09:00"',
        '[window]\nfrom = "13:00"\nuntil = "20:00"\nquiet_until = "12:00"',
        "[holds]\nclaim_days = 1\nhardship_days = 92\npromise_days_max = 92\nplan_parts_max = 0\nplan_part_fen_min = 0",
        '[[stage]]\nname = "call"\ndays_after_due = 4\naction = "call"',
        '[[stage]]\nname = "post"\ndays_after_due = 1\naction = "announce"\ntemplate = "x"',
    ],
)
def test_what_is_just_within_the_limits_is_taken(more: str) -> None:
    assert read_policy(SMALL + more, "x").stages[0].name == "gentle"
    assert read_policy("last_window_days = 1\ntolerance_fen = 0\n" + SMALL + more, "x").last_window_days == 1


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ('[window]\nquiet_from = "11:59"', "at the latest 22:00"),
        ('[window]\nquiet_until = "12:01"', "at the earliest 08:00"),
        ("[holds]\nclaim_days = 93", "holds.claim_days = 93"),
        ("[holds]\npromise_days_max = 93", "choose 1 to 92 days"),
        ("[holds]\nplan_parts_max = -1", "must not be negative"),
        ("[caps]\nper_week = 4", "0 to 3"),
        ("[caps]\nspacing_days = 2", "at least 3"),
        ('[window]\nfrom = "08:59"', "at the earliest 09:00"),
        ('[window]\nuntil = "20:01"', "at the latest 20:00"),
        ('[window]\nform = "09:00"', "[window]: unknown key"),
        ("[caps]\nper_dy = 1", "[caps]: unknown key"),
        ("[holds]\nclaim_dys = 1", "[holds]: unknown key"),
        ('[[stage]]\nname = "b"\ndays_after_due = 9\ntemplate = "x"\ncolour = "red"', "stage 2: unknown key colour"),
        (
            '[[stage]]\nname = "b"\ndays_after_due = "9"\ntemplate = "x"',
            "stage 2: days_after_due = '9' must be of type int",
        ),
        ('[[stage]]\nname = 5\ndays_after_due = 9\ntemplate = "x"', "must be of type str"),
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
        (
            '[[stage]]\nname = "b"\ndays_after_due = 9\ntemplate = "x"\nmove = "away"',
            "stage 2: move 'away' is not one of before_holiday, month_end, payday",
        ),
        (
            '[[stage]]\nname = "b"\ndays_after_due = 9\ntemplate = "x"\nmove = "payday"',
            "stage 2: move = 'payday': write payday_day = 10 above the first [[stage]]",
        ),
        (
            '[[stage]]\nname = "b"\ndays_after_due = 9\ntemplate = "x"\naction = "announce"\nmove = "month_end"',
            "stage 2: a group post keeps its day: remove move",
        ),
        ("[surprise]\nx = 1", "unknown key surprise"),
        ('[[stage]]\nname = "gentle"\ndays_after_due = 9\ntemplate = "x"', "same name"),
        ('[[stage]]\nname = "b"\ndays_after_due = 2\ntemplate = "x"', "must rise"),
        ('[[stage]]\nname = "b"\ndays_after_due = 3\ntemplate = "x"', "b is never reached: gentle comes first"),
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
        ("caps = 5\n" + SMALL, "caps = 5 must be of type dict"),
        ("channels = 'telegram'\n" + SMALL, "must be of type list"),
    ],
)
def test_what_is_missing_or_mistyped_is_named(text: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read_policy(text, "x")
    assert complaint in str(refused.value)


def test_the_office_may_be_stricter_and_never_looser() -> None:
    policy = read_policy(SMALL, "small")
    assert stricter(policy, per_week=2, per_day=None).per_week == 2
    with pytest.raises(PolicyError, match=r"^\[policy\]: per_week = 4 is looser"):
        stricter(policy, per_week=4)
    with pytest.raises(PolicyError, match=r"^mine: per_week = 4 is looser"):
        stricter(policy, "mine", per_week=4)
    with pytest.raises(PolicyError, match=r"^mine: the quiet hours leave no time"):
        stricter(Policy("x", (), window_from=time(9), window_until=time(12)), "mine", quiet_until=time(12))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"quiet_from": time(22, 1)}, "quiet_from = 22:01:00 is looser than the law allows (at the latest 22:00)"),
        ({"quiet_until": time(7)}, "quiet_until = 07:00:00 is looser than the law allows (at the earliest 08:00)"),
        ({"window_from": time(8)}, "window.from = 08:00:00 is looser than the law allows (at the earliest 09:00)"),
        ({"window_until": time(21)}, "window.until = 21:00:00 is looser than the law allows (at the latest 20:00)"),
    ],
)
def test_what_is_too_loose_is_told_with_its_limit_and_the_cure(values: dict[str, time], said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        stricter(read_policy(SMALL, "small"), "x", **values)
    assert str(refused.value) == f"x: {said}: choose a stricter value"


def test_a_file_whose_quiet_hours_leave_no_time_is_named() -> None:
    with pytest.raises(PolicyError, match=r"^content/x.toml: the quiet hours leave no time"):
        read_policy(
            SMALL + '[window]\nfrom = "11:00"\nuntil = "12:00"\nquiet_from = "12:00"\nquiet_until = "12:00"',
            "content/x.toml",
        )


def test_a_time_of_day_has_no_zone_of_its_own() -> None:
    assert read_policy(SMALL + '[window]\nfrom = "09:30+09:00"', "x").window_from == time(9, 30)
    assert Policy("x", ()).hash == ""


def test_longer_quiet_hours_shorten_the_window() -> None:
    strict = stricter(read_policy(SMALL, "small"), quiet_from=time(18), quiet_until=time(10, 30))
    assert (strict.window_from, strict.window_until) == (time(10, 30), time(18))
    with pytest.raises(PolicyError, match="no time to write in"):
        stricter(Policy("x", (), window_from=time(9), window_until=time(11)), quiet_until=time(12))


def test_no_pause_means_no_message_at_all() -> None:
    assert stricter(read_policy(SMALL, "small"), per_day=0).per_day == 0


@pytest.mark.parametrize(
    ("hours", "window"),
    [
        (None, (time(9), time(20))),
        ((18, 24), (time(18), time(20))),
        ((0, 12), (time(9), time(12))),
        ((10, 11), (time(10), time(11))),
        ((19, 24), (time(19), time(20))),
        ((0, 24), (time(9), time(20))),
        ((20, 22), (time(9), time(20))),  # nothing of the window is left: not heeded
        ((6, 9), (time(9), time(20))),
        ((11, 11), (time(9), time(20))),
    ],
)
def test_a_persons_own_hours_make_the_window_narrower_never_wider(
    hours: tuple[int, int] | None, window: tuple[time, time]
) -> None:
    policy = read_policy(SMALL, "small")
    narrow = within(policy, hours)
    assert (narrow.window_from, narrow.window_until) == window
    assert replace(narrow, window_from=policy.window_from, window_until=policy.window_until) == policy


def test_less_than_an_hour_of_the_window_is_not_heeded() -> None:
    half_past = replace(read_policy(SMALL, "small"), window_until=time(19, 30))
    assert within(half_past, (19, 24)) == half_past
    assert within(half_past, (18, 24)).window_from == time(18)
    ten_to = replace(half_past, window_until=time(19, 50))
    assert within(ten_to, (19, 24)) == ten_to
    early = replace(half_past, window_from=time(9, 30))
    assert within(early, (0, 10)) == early
    assert within(early, (0, 11)).window_until == time(11)

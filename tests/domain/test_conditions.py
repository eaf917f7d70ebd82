"""Conditions: each key of `[stage.when]` by itself, what no household can meet, and ladders of one household."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.conditions import ANYBODY, Circumstances, When, somebody
from domain.ladder import (
    Decision,
    HandToStaff,
    OpenBill,
    Reason,
    Remind,
    Standing,
    Step,
    Wait,
    circumstances,
    decide,
    policy_for,
    window_end,
)
from domain.policy import Action, Counted, Policy, PolicyError
from domain.policy_file import read_policy, starts_on

DUE = date(2026, 11, 20)
DAY = date(2026, 11, 23)
CASE = Circumstances(28640, 2, "B", "C", frozenset({"elderly"}), frozenset({"wechat"}))


@pytest.mark.parametrize(
    ("when", "met"),
    [
        (ANYBODY, True),
        (When(open_fen_min=28640), True),
        (When(open_fen_min=28641), False),
        (When(open_fen_max=28640), True),
        (When(open_fen_max=28639), False),
        (When(bills_min=2, bills_max=2), True),
        (When(bills_min=3), False),
        (When(bills_max=1), False),
        (When(grade=frozenset({"A", "B"})), True),
        (When(grade=frozenset({"none"})), False),
        (When(tier=frozenset({"C"})), True),
        (When(tier=frozenset({"A"})), False),
        (When(traits_any=frozenset({"elderly", "vip"})), True),
        (When(traits_any=frozenset({"vip"})), False),
        (When(traits_none=frozenset({"vip"})), True),
        (When(traits_none=frozenset({"elderly"})), False),
        (When(channel=frozenset({"wechat", "wecom"})), True),
        (When(channel=frozenset({"telegram"})), False),
        (When(reachable=True), True),
        (When(reachable=False), False),
        (When(no_reply_since="gentle"), False),  # never said: nobody was silent
        (When(replied_since="gentle"), False),
        (When(grade=frozenset({"B"}), bills_min=9), False),  # every key must hold
    ],
)
def test_each_condition(when: When, met: bool) -> None:
    assert when.met(CASE) is met


@pytest.mark.parametrize(("replied", "answered"), [(None, False), (-1, False), (0, True), (2, True)])
def test_a_reply_counts_from_the_day_of_the_stage(replied: int | None, answered: bool) -> None:
    on = None if replied is None else DAY + timedelta(days=replied)
    case = replace(CASE, said_on={"gentle": DAY}, replied_on=on)
    assert When(replied_since="gentle").met(case) is answered
    assert When(no_reply_since="gentle").met(case) is not answered


@pytest.mark.parametrize(
    ("when", "before", "possible"),
    [
        (When(open_fen_min=5, open_fen_max=4), (), False),
        (When(traits_any=frozenset({"vip"}), traits_none=frozenset({"vip"})), (), False),
        (When(reachable=False, channel=frozenset({"wechat"})), (), False),
        (When(replied_since="a", no_reply_since="a"), (), False),
        (When(replied_since="a", no_reply_since="b"), (), True),  # a, a reply, b
        (When(grade=frozenset({"A"})), (When(grade=frozenset({"B", "C"})),), True),
        (When(grade=frozenset({"A"})), (When(grade=frozenset({"A", "B"})),), False),
        (When(grade=frozenset({"A", "B"})), (When(grade=frozenset({"A"})), When(grade=frozenset({"B"}))), False),
        (ANYBODY, (When(tier=frozenset("ABCD")), When(tier=frozenset({"none"}))), False),  # the two leave nobody
        (ANYBODY, (When(open_fen_min=100),), True),
        (When(open_fen_min=200), (When(open_fen_min=100),), False),
    ],
)
def test_whom_the_stages_before_leave(when: When, before: tuple[When, ...], possible: bool) -> None:
    found = somebody(when, before, ("wechat", "telegram"))
    assert (found is not None) is possible
    if found is not None:
        assert when.met(found)
        assert not any(each.met(found) for each in before)


def test_a_bill_that_rests_counts_for_no_condition() -> None:
    """Sums and numbers are of the bills that may be asked for; so are the stages that were carried out."""
    resting = replace(bill(Step("call", DUE, "x")), id=2, open_fen=999, held=Reason.DISPUTED)
    asked = Standing(1, "3-1201", (bill(Step("gentle", DAY, "x")), resting), traits=frozenset({"vip"}), replied_on=DAY)
    now = circumstances(asked)
    assert (now.open_fen, now.bills, dict(now.said_on)) == (28640, 1, {"gentle": DAY})
    assert (now.grade, now.tier, now.traits, now.replied_on) == ("none", "none", frozenset({"vip"}), DAY)
    named = circumstances(replace(asked, grade="A", tier="B", channels=frozenset({"wechat"})))
    assert (named.grade, named.tier, named.channels) == ("A", "B", frozenset({"wechat"}))


@pytest.mark.parametrize(
    ("when", "before"),
    [
        (When(grade=frozenset({"A"})), (When(tier=frozenset({"B"})),)),  # each asks about something else
        (When(open_fen_max=1), ()),
        (When(open_fen_min=5, open_fen_max=5), ()),
        (When(bills_min=2, bills_max=2), (When(bills_min=3),)),
        (When(traits_any=frozenset({"vip"})), (When(traits_any=frozenset({"away"})),)),
        (When(reachable=False), (When(channel=frozenset({"wechat"})),)),
        (When(open_fen_min=1), (When(open_fen_min=2),)),
    ],
)
def test_the_narrowest_household_is_found(when: When, before: tuple[When, ...]) -> None:
    found = somebody(when, before, ("wechat", "telegram"))
    assert found is not None
    assert when.met(found)
    assert not any(each.met(found) for each in before)


POLICY = """
kind = "property"
[[stage]]
name = "gentle"
days_after_due = 3
template = "x"
[[stage]]
name = "call_elderly"
days_after_due = 7
action = "call"
wait_days = 5
[stage.when]
traits_any = ["elderly"]
[[stage]]
name = "offer_plan"
days_after_due = 7
template = "x"
[[stage]]
name = "call"
days_after_due = 15
action = "call"
[stage.when]
no_reply_since = "gentle"
[[stage]]
name = "rest"
days_after_due = 15
action = "pause"
[[stage]]
name = "visit"
days_after_due = 30
action = "visit"
window_days = 4
[cadence.A]
pace_percent = 200
skip = ["visit"]
"""
READ = read_policy(POLICY, "p.toml")


def bill(*steps: Step, days_behind: int = 0) -> OpenBill:
    covered = max((step.on for step in steps), default=None)
    return OpenBill(1, "物业费", "2026-11", DUE, 28640, None, covered, days_behind, steps)


def household(*steps: Step, days_behind: int = 0, **more: object) -> Standing:
    known: dict[str, object] = {"contacted_before": True, "channel": "sandbox"} | more
    return Standing(1, "3-1201", (bill(*steps, days_behind=days_behind),), **known)  # type: ignore[arg-type]


def told(decision: Decision) -> str:
    match decision:
        case Remind(stage=stage):
            return stage.name
        case HandToStaff(stage=stage):
            return f"staff:{stage.name}"
        case Wait(reason=reason, stage=stage):
            return f"wait:{reason.value}" + (f":{stage.name}" if stage else "")


def on(days: int, standing: Standing, policy: Policy = READ) -> str:
    return told(decide(policy, standing, DUE + timedelta(days=days)))


def said(stage: str, days: int, policy: Policy = READ) -> Step:
    return Step(stage, DUE + timedelta(days=days), policy.hash)


def test_of_one_day_a_household_gets_the_first_stage_that_is_for_it() -> None:
    assert on(7, household()) == "offer_plan"
    assert on(7, household(traits=frozenset({"elderly"}))) == "staff:call_elderly"
    assert on(15, household(said("gentle", 3))) == "staff:call"
    spoke = household(said("gentle", 3), replied_on=DUE + timedelta(days=4))
    assert on(15, spoke) == "wait:paused:rest"
    assert on(30, spoke) == "staff:visit"


def test_a_stage_may_ask_for_quiet_after_it_and_for_a_short_window() -> None:
    called = household(said("call_elderly", 14), traits=frozenset({"elderly"}))
    assert [on(days, called) for days in (18, 19)] == ["wait:spacing:rest", "wait:paused:rest"]
    assert [on(days, household()) for days in (30, 33, 34)] == ["staff:visit", "staff:visit", "wait:no_stage"]


def test_the_grade_sets_the_pace_and_what_is_left_out() -> None:
    good = household(grade="A")
    assert [on(days, good) for days in (3, 6, 13, 14)] == ["wait:no_stage", "gentle", "gentle", "offer_plan"]
    assert on(62, good) == "wait:no_stage"
    own = policy_for(READ, good)
    assert [stage.days_after_due for stage in own.ladder] == [6, 14, 30]
    assert own is policy_for(READ, household(grade="A"))  # made once
    assert policy_for(own, good) is own
    assert [stage.name for stage in policy_for(READ, household(grade="B")).ladder] == [
        *("gentle", "offer_plan", "rest", "visit")
    ]


def test_a_policy_without_conditions_is_everybodys() -> None:
    plain = read_policy('[[stage]]\nname = "a"\ndays_after_due = 1\ntemplate = "x"', "p")
    assert not plain.varies
    assert policy_for(plain, household(grade="A")) is plain


# A change of the policy.

SOONER = read_policy(
    POLICY.replace("days_after_due = 7", "days_after_due = 6").replace("days_after_due = 15", "days_after_due = 9"),
    "later.toml",
)


def test_in_mid_ladder_a_new_policy_repeats_nothing_and_skips_nothing() -> None:
    """Reminded by the old rules on day 3; the new ones, in force from day 40, would be at the visit by then."""
    started = household(said("gentle", 3))
    assert on(40, household(), SOONER) == "wait:no_stage"
    assert on(40, started, SOONER) == "offer_plan"
    behind = 40 - 6
    offered = household(said("gentle", 3), said("offer_plan", 40, SOONER), days_behind=behind)
    assert [on(days, offered, SOONER) for days in (42, 43, 63, 64)] == [
        *("wait:no_stage", "staff:call", "staff:call", "staff:visit")
    ]


def test_a_stage_that_moved_is_not_said_again() -> None:
    later = read_policy(POLICY.replace("days_after_due = 3\n", "days_after_due = 4\n"), "later.toml")
    assert on(4, household(said("gentle", 3)), later) == "wait:no_stage"
    assert on(7, household(said("gentle", 3)), later) == "offer_plan"


def test_a_step_that_the_new_policy_no_longer_has_counts_by_its_day() -> None:
    renamed = read_policy(POLICY.replace("gentle", "kind"), "later.toml")
    assert on(8, household(said("gentle", 3)), renamed) == "offer_plan"
    assert on(4, household(said("gentle", 3)), renamed) == "wait:no_stage"
    assert on(200, household(said("visit", 31)), READ) == "wait:no_stage"


def test_the_window_of_the_next_step_is_open_when_it_comes() -> None:
    one = household(said("gentle", 3))
    today = DUE + timedelta(days=40)
    own = policy_for(SOONER, one)
    decision = decide(SOONER, one, today)
    assert isinstance(decision, Remind)
    assert window_end(own, decision.anchor, decision.stage, 40 - 6) > today


# What must not start.


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ('[stage.when]\ncolour = ["red"]', "p.toml:8: stage 1: [stage.when]: unknown key colour: one of open_fen_min"),
        ('[stage.when]\ngrade = ["E"]', "p.toml:8: stage 1: [stage.when]: grade: 'E' is not one of A, B, C, D, none"),
        ("[stage.when]\ngrade = []", "p.toml:8: stage 1: [stage.when]: grade = [] is met by nobody"),
        ("[stage.when]\ngrade = 'A'", "must be of type list"),
        ("[stage.when]\nreachable = 1", "must be of type bool"),
        ("[stage.when]\nopen_fen_min = -1", "must not be negative"),
        ("[stage.when]\nopen_fen_min = 9\nopen_fen_max = 8", "p.toml:3: stage 1: [stage.when]: no household can meet"),
        ("[stage.when]\nreachable = false", "who can't be reached can't be written to"),
        ('[stage.when]\nno_reply_since = "call"', "'call' is not a stage that comes before it"),
        ('[stage.when]\nno_reply_since = "gentle"', "'gentle' is not a stage that comes before it"),
        ("wait_days = 61", "p.toml:7: stage 1: wait_days = 61: choose 0 to 60"),
        ("answer_hours = 0", "answer_hours = 0: choose 1 to 240"),
        ('[[stage]]\nname = "b"\ndays_after_due = 5\ntemplate = "x"', "p.toml:7: stage 2: b comes 2 days after"),
        ('[[stage]]\nname = "b"\ndays_after_due = 3\ntemplate = "x"', "p.toml:7: stage 2: b is never reached: gentle"),
        ('[[stage]]\nname = "b"\ndays_after_due = 9\naction = "pause"\ntemplate = "x"', "a pause writes nothing"),
        (
            '[[stage]]\nname = "b"\ndays_after_due = 9\naction = "announce"\ntemplate = "x"\n[stage.when]\nbills_min = 2',
            "a group post is about nobody",
        ),
        ('[cadence.E]\nskip = ["gentle"]', "'E' is not one of A, B, C, D, none"),
        ('[cadence.A]\nskip = ["gentel"]', "p.toml:8: [cadence.A]: skip: 'gentel' is none of the stages"),
        ("[cadence.A]\npace_percent = 49", "p.toml:8: [cadence.A]: pace_percent = 49: choose 50 to 300"),
        (
            '[[stage]]\nname = "b"\ndays_after_due = 6\ntemplate = "x"\n[cadence.D]\npace_percent = 50',
            "b comes 1 days after the message before it for grade D",
        ),
        (
            '[stage.when]\ngrade = ["A"]\n[cadence.A]\nskip = ["gentle"]',
            "gentle is skipped by every grade that it is for",
        ),
        ('[[offer_stage]]\nname = "o"\naction = "call"', "offer stage 1: write either days_after_open or"),
        ('[[offer_stage]]\nname = "o"\ndays_after_open = 1\naction = "letter"', "an offer is never a debt"),
        ("[caps]\nper_day = 2", "p.toml:8: per_day = 2 is looser"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_line(more: str, complaint: str) -> None:
    small = '\nkind = "property"\n[[stage]]\nname = "gentle"\ndays_after_due = 3\ntemplate = "x"\n'
    with pytest.raises(PolicyError) as refused:
        read_policy(small + more, "p.toml")
    assert complaint in str(refused.value)


@pytest.mark.parametrize("action", ["visit", "letter", "review", "case_file"])
def test_nobody_is_visited_or_written_a_letter_before_the_bill_is_late(action: str) -> None:
    with pytest.raises(PolicyError, match=r"p.toml:1: stage 1: a .* before the bill is late is no kindness"):
        read_policy(f'[[stage]]\nname = "a"\ndays_after_due = 0\naction = "{action}"', "p.toml")


def test_stages_on_offers_share_the_language() -> None:
    policy = read_policy(
        POLICY
        + """
[[offer_stage]]
name = "ask"
days_after_open = 2
action = "acknowledge"
answer_hours = 24
template = "x"
[offer_stage.when]
tier = ["A"]
[[offer_stage]]
name = "call_first"
days_before_close = 10
action = "call"
[offer_stage.when]
tier = ["C", "D"]
no_reply_since = "ask"
""",
        "p.toml",
    )
    ask, call = policy.offer_stages
    assert (ask.counted, ask.days, ask.action, ask.answer_hours) == (Counted.OPENS, 2, Action.ACKNOWLEDGE, 24)
    assert ask.on(DUE, DUE + timedelta(days=30)) == DUE + timedelta(days=2)
    assert call.on(DUE, DUE + timedelta(days=30)) == DUE + timedelta(days=20)
    assert call.when == When(tier=frozenset({"C", "D"}), no_reply_since="ask")


def test_the_first_day_stands_in_the_files_name() -> None:
    assert starts_on("policy.property.toml") is None
    assert starts_on("policy.property.2027-01-01.toml") == date(2027, 1, 1)
    with pytest.raises(PolicyError, match="'2027-13-01' is not a date"):
        starts_on("policy.property.2027-13-01.toml")

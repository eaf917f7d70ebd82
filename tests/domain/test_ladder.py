"""The ladder: which stage a day asks for, what is skipped, how a late start climbs, and which reason is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ladder import (
    BILL_HOLDS,
    HOUSEHOLD_HOLDS,
    Contacts,
    Decision,
    HandToStaff,
    OpenBill,
    Reason,
    Remind,
    Standing,
    Wait,
    days_behind,
    decide,
    policy_for,
    window_end,
)
from domain.policy import STAFF_ACTIONS
from domain.policy_file import read_policy
from tests.cast import before_holidays

CONTENT = Path(__file__).resolve().parents[2] / "content"
POLICY = read_policy((CONTENT / "policy.property.toml").read_text(encoding="utf-8"), "property")
SCHOOL = read_policy((CONTENT / "policy.training.toml").read_text(encoding="utf-8"), "training")
DUE = date(2026, 11, 20)


def bill(due_on: date = DUE, fen: int = 28640, *, number: int = 1, **more: object) -> OpenBill:
    return replace(OpenBill(number, "物业费", "2026-11", due_on, fen), **more)  # type: ignore[arg-type]


def household(*bills: OpenBill, **more: object) -> Standing:
    known: dict[str, object] = {"contacted_before": True, "channel": "sandbox"} | more
    return Standing(1, "3-1201", bills, **known)  # type: ignore[arg-type]


def on(days: int, standing: Standing | None = None) -> Decision:
    return decide(POLICY, standing or household(bill()), DUE + timedelta(days=days))


def told(decision: Decision) -> str:
    match decision:
        case Remind(stage=stage):
            return stage.name
        case HandToStaff(stage=stage):
            return f"staff:{stage.name}"
        case Wait(reason=reason):
            return f"wait:{reason.value}"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-31, "wait:no_stage"),  # too early
        (-30, "advance"),
        (-8, "advance"),  # its window is still open
        (-7, "friendly"),
        (-4, "friendly"),
        (-3, "soon"),
        (0, "soon"),  # the due day's own stage is a group post
        (2, "soon"),
        (3, "gentle"),
        (6, "gentle"),
        (7, "offer_plan"),
        (14, "offer_plan"),
        (15, "staff:call"),
        (30, "staff:visit"),
        (60, "staff:letter"),
        (90, "staff:case_file"),
        (103, "staff:case_file"),
        (104, "wait:no_stage"),  # the last window is over: skipped, never late
    ],
)
def test_the_stage_of_each_day(days: int, expected: str) -> None:
    assert told(on(days)) == expected


def test_a_stage_is_done_once() -> None:
    covered = household(bill(covered_on=DUE + timedelta(days=3)))
    assert [told(on(days, covered)) for days in (3, 6, 7)] == ["wait:no_stage", "wait:no_stage", "offer_plan"]


def test_a_missed_stage_is_skipped_and_not_made_up_for() -> None:
    quiet_until_the_seventh = household(bill(covered_on=DUE - timedelta(days=7)))
    assert told(on(7, quiet_until_the_seventh)) == "offer_plan"


def test_a_message_lists_every_open_bill_at_the_furthest_stage() -> None:
    old, new = bill(DUE, number=1), bill(DUE + timedelta(days=10), number=2)
    decision = on(7, household(old, new))
    assert isinstance(decision, Remind)
    assert (decision.stage.name, decision.anchor.id) == ("offer_plan", 1)
    assert [each.id for each in decision.bills] == [1, 2]


def test_a_bill_covered_by_anothers_stage_is_not_spoken_of_again_until_its_next() -> None:
    new = bill(DUE + timedelta(days=10), covered_on=DUE + timedelta(days=7))
    found = {days: told(on(days, household(new))) for days in range(7, 15)}
    assert {found[days] for days in range(7, 13)} == {"wait:no_stage"}
    assert found[13] == "gentle"


def test_a_new_bill_is_reminded_while_another_is_disputed() -> None:
    disputed, new = bill(number=1, held=Reason.DISPUTED), bill(DUE + timedelta(days=7), number=2)
    decision = on(10, household(disputed, new))
    assert isinstance(decision, Remind)
    assert [each.id for each in decision.bills] == [2]
    assert decision.stage.name == "gentle"


# A late start.


@pytest.mark.parametrize("days", [7, 15, 89, 90, 104, 400, 3000])
def test_a_household_never_contacted_starts_at_the_gentlest(days: int) -> None:
    fresh = household(bill(), contacted_before=False)
    assert told(on(days, fresh)) == "gentle"


def test_after_a_late_start_it_climbs_at_the_policys_pace() -> None:
    start = DUE + timedelta(days=400)
    fresh = bill()
    behind = days_behind(POLICY, fresh, start, started=False)
    assert behind == 397
    covered = replace(fresh, covered_on=start, days_behind=behind)
    steps = {
        days: told(decide(POLICY, household(covered), start + timedelta(days=days))) for days in (0, 3, 4, 11, 12, 27)
    }
    assert steps == {
        0: "wait:no_stage",
        3: "wait:no_stage",
        4: "offer_plan",  # gentle is day 3, offer_plan day 7
        11: "offer_plan",
        12: "staff:call",
        27: "staff:visit",
    }
    assert window_end(POLICY, covered, POLICY.ladder[3], behind) == start + timedelta(days=4)


def test_a_start_within_the_gentle_window_is_no_late_start() -> None:
    assert days_behind(POLICY, bill(), DUE + timedelta(days=5), started=False) == 0


# Reasons, in their order.

ALL_HOLDS = {
    "stopped": True,
    "household_hold": Reason.HARDSHIP,
    "auto_pay": True,
    "paused": True,
    "staff_task_open": True,
    "channel": None,
    "contacts": Contacts(today=1, last_reminder_on=DUE + timedelta(days=3)),
}


def test_the_order_of_reasons() -> None:
    """With every obstacle there, each reason shows as soon as those before it are taken away."""
    left: dict[str, object] = dict(ALL_HOLDS)
    held, small = bill(held=Reason.CLAIMED), bill(fen=99)
    assert told(decide(POLICY, household(**left), DUE)) == "wait:paid"
    steps = [
        ("stopped", held, "wait:stopped"),
        ("household_hold", held, "wait:hardship"),
    ]
    for key, one, expected in steps:
        assert told(on(3, household(one, **left))) == expected
        left.pop(key)
    assert told(on(3, household(held, **left))) == "wait:claimed"
    assert told(on(3, household(small, **left))) == "wait:below_tolerance"
    for key, expected in (
        ("auto_pay", "wait:auto_pay"),
        ("paused", "wait:paused"),
        ("staff_task_open", "wait:staff_task"),
        ("channel", "wait:no_channel"),
        ("contacts", "wait:spacing"),
    ):
        assert told(on(3, household(bill(), **left))) == expected
        left.pop(key)
    assert told(on(3, household(bill(), **left))) == "gentle"


@pytest.mark.parametrize("reason", BILL_HOLDS)
def test_a_hold_on_the_only_bill_is_the_reason(reason: Reason) -> None:
    assert told(on(3, household(bill(held=reason)))) == f"wait:{reason.value}"


def test_the_holds_and_their_order() -> None:
    assert BILL_HOLDS == (Reason.DISPUTED, Reason.CLAIMED, Reason.ON_PLAN, Reason.PROMISED)
    assert HOUSEHOLD_HOLDS == (Reason.HARDSHIP, Reason.COMPLAINT)


def test_a_bill_held_by_a_task_of_the_staff_is_the_weakest_reason() -> None:
    task, promised = bill(held=Reason.STAFF_TASK), bill(number=2, held=Reason.PROMISED)
    assert told(on(3, household(task))) == "wait:staff_task"
    assert told(on(3, household(task, promised))) == "wait:promised"


def test_the_strongest_of_several_bill_holds_is_named() -> None:
    bills = [bill(number=n, held=reason) for n, reason in enumerate(reversed(BILL_HOLDS))]
    assert told(on(3, household(*bills))) == f"wait:{BILL_HOLDS[0].value}"


@pytest.mark.parametrize("reason", HOUSEHOLD_HOLDS)
def test_a_household_hold_stops_staff_stages_too(reason: Reason) -> None:
    assert told(on(15, household(bill(), household_hold=reason))) == f"wait:{reason.value}"


def test_nobody_is_reminded_on_a_festival_but_staff_keep_their_list() -> None:
    eve = date(2027, 2, 5)
    near, far = bill(eve - timedelta(days=3)), bill(eve - timedelta(days=15))
    assert [told(decide(POLICY, household(near), eve + timedelta(days=n))) for n in range(-1, 4)] == [
        "soon",
        *["wait:festival"] * 3,
        "wait:festival",
    ]
    assert told(decide(POLICY, household(near), eve + timedelta(days=4))) == "offer_plan"
    assert told(decide(POLICY, household(far), eve)) == "staff:call"


def test_stages_that_come_before_holidays_wait_where_there_is_no_room() -> None:
    eve = date(2027, 2, 5)
    near = bill(eve - timedelta(days=3))
    # "gentle" would fall on the eve: it comes on the working day before. "offer_plan" waits until the holiday is over.
    assert [told(decide(before_holidays(POLICY), household(near), eve + timedelta(days=n))) for n in range(-2, 7)] == [
        *("soon", "gentle"),
        *["wait:festival"] * 4,
        *["wait:holiday"] * 2,
        "offer_plan",
    ]


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        (Contacts(last_reminder_on=DUE + timedelta(days=5)), "wait:spacing"),
        (Contacts(last_reminder_on=DUE + timedelta(days=4)), "offer_plan"),
        (Contacts(today=1), "wait:cap"),
        (Contacts(last_7_days=3), "wait:cap"),
        (Contacts(last_30_days=6), "wait:cap"),
        (Contacts(last_7_days=2, last_30_days=5), "offer_plan"),
    ],
)
def test_caps_and_spacing(contacts: Contacts, expected: str) -> None:
    assert told(on(7, household(bill(), contacts=contacts))) == expected


def test_tolerance_is_of_the_household() -> None:
    assert told(on(3, household(bill(fen=60), bill(fen=39, number=2)))) == "wait:below_tolerance"
    assert told(on(3, household(bill(fen=60), bill(fen=40, number=2)))) == "gentle"


def test_no_staff_stage_waits_for_a_channel() -> None:
    assert told(on(15, household(bill(), channel=None))) == "staff:call"


# Properties.

DAYS = st.integers(-40, 400)
HOLD = st.sampled_from([None, *BILL_HOLDS])


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    bills = []
    for number in range(draw(st.integers(0, 4))):
        due_on = DUE + timedelta(days=draw(st.integers(-300, 60)))
        covered = draw(st.none() | st.integers(-60, 120))
        bills.append(
            OpenBill(
                number,
                "物业费",
                "2026-11",
                due_on,
                draw(st.integers(1, 50000)),
                draw(HOLD),
                None if covered is None else due_on + timedelta(days=covered),
                draw(st.sampled_from([0, 0, 0, 30, 397])),
            )
        )
    return Standing(
        1,
        "3-1201",
        tuple(bills),
        stopped=draw(st.booleans()),
        paused=draw(st.booleans()),
        household_hold=draw(st.sampled_from([None, None, *HOUSEHOLD_HOLDS])),
        staff_task_open=draw(st.booleans()),
        auto_pay=draw(st.booleans()),
        contacted_before=draw(st.booleans()),
        contacts=Contacts(draw(st.integers(0, 1)), draw(st.integers(0, 3)), draw(st.integers(0, 6))),
        channel=draw(st.sampled_from([None, "sandbox"])),
    )


@given(standings(), DAYS, st.sampled_from([POLICY, SCHOOL]))
def test_whoever_is_written_to_owes_and_is_free(standing: Standing, days: int, policy: object) -> None:
    assert policy in (POLICY, SCHOOL)
    chosen = POLICY if policy == POLICY else SCHOOL
    today = DUE + timedelta(days=days)
    decision = decide(chosen, standing, today)
    if isinstance(decision, Wait):
        return
    assert not any((standing.stopped, standing.paused, standing.household_hold, standing.auto_pay))
    assert not standing.staff_task_open
    assert decision.bills
    assert all(each.held is None and each.open_fen > 0 for each in decision.bills)
    assert decision.anchor in decision.bills
    assert sum(each.open_fen for each in decision.bills) >= chosen.tolerance_fen
    assert isinstance(decision, HandToStaff) is (decision.stage.action in STAFF_ACTIONS)
    lag = days_behind(chosen, decision.anchor, today, started=standing.contacted_before)
    came_on = decision.anchor.due_on + timedelta(days=decision.stage.days_after_due + lag)
    assert came_on <= today < window_end(chosen, decision.anchor, decision.stage, lag)
    if isinstance(decision, Remind):
        assert standing.contacts.today == 0
        assert standing.channel is not None


@given(st.integers(0, 900), st.sampled_from([POLICY, SCHOOL]))
def test_a_household_that_never_answers_hears_each_stage_once_and_in_order(late: int, policy: object) -> None:
    """Day by day from any start: no stage twice, never down the ladder, the first overdue one the gentlest."""
    chosen = POLICY if policy == POLICY else SCHOOL
    one, started, heard = bill(), False, list[int]()
    for days in range(late - 20, late + 150):
        today = DUE + timedelta(days=days)
        decision = decide(chosen, household(one, contacted_before=started), today)
        if isinstance(decision, Wait):
            continue
        heard.append(decision.stage.wished_days)
        one = replace(
            one, covered_on=today, days_behind=max(one.days_behind, days_behind(chosen, one, today, started=started))
        )
        started = True
    assert heard == sorted(set(heard))
    assert heard
    overdue = [each for each in heard if each > 0]
    assert overdue[0] == 3
    own = policy_for(chosen, household(one))  # stages for certain households only are others'
    assert overdue == [stage.days_after_due for stage in own.ladder if stage.days_after_due > 0]

"""What a decision of the ladder carries: its stage, its anchor, its bills; what is assumed where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.ladder import Contacts, HandToStaff, Reason, Remind, Standing, Wait, crowded, days_behind, decide, furthest
from domain.policy import Action, Stage
from tests.domain.test_ladder import DUE, POLICY, bill, household, on, told


def test_a_decision_names_its_stage_its_anchor_its_bills_and_its_channel() -> None:
    old, new, held = bill(DUE), bill(DUE + timedelta(days=1), number=2), bill(number=3, held=Reason.DISPUTED)
    stages = {stage.name: stage for stage in POLICY.ladder}
    assert on(3, household(new, old, held)) == Remind(stages["gentle"], old, (new, old), "sandbox")
    assert on(15, household(new, old, held)) == HandToStaff(stages["call"], old, (new, old))


@pytest.mark.parametrize(
    ("obstacle", "reason"),
    [
        ({"paused": True}, Reason.PAUSED),
        ({"staff_task_open": True}, Reason.STAFF_TASK),
        ({"channel": None}, Reason.NO_CHANNEL),
        ({"contacts": Contacts(today=1)}, Reason.CAP),
    ],
)
def test_who_waits_is_told_for_which_stage(obstacle: dict[str, object], reason: Reason) -> None:
    stage = next(stage for stage in POLICY.ladder if stage.name == "gentle")
    assert on(3, household(bill(), **obstacle)) == Wait(reason, stage)


def test_nobody_goes_to_who_waits_for_our_answer_though_another_bill_is_still_written_about() -> None:
    disputed, other = bill(held=Reason.DISPUTED), bill(number=2)
    waiting = household(disputed, other, awaiting_us=True)
    stage = next(stage for stage in POLICY.ladder if stage.name == "call")
    assert on(15, waiting) == Wait(Reason.AWAITING_US, stage)
    assert isinstance(on(3, waiting), Remind)


def test_on_a_festival_it_waits_for_its_stage() -> None:
    eve = date(2027, 2, 5)
    stage = next(stage for stage in POLICY.ladder if stage.name == "soon")
    assert decide(POLICY, household(bill(eve)), eve) == Wait(Reason.FESTIVAL, stage)


def test_between_two_stages_an_open_task_is_the_reason() -> None:
    done = bill(covered_on=DUE + timedelta(days=3))
    assert on(5, household(done)) == Wait(Reason.NO_STAGE)
    assert on(5, household(done, staff_task_open=True)) == Wait(Reason.STAFF_TASK)


def test_of_two_bills_at_the_same_stage_the_older_is_the_anchor_and_then_the_first() -> None:
    policy = replace(POLICY, spacing_days=1)
    one, two, three = bill(DUE, number=9), bill(DUE - timedelta(days=1), number=5), bill(DUE, number=4)
    found = furthest(policy, (one, two, three), DUE + timedelta(days=4), started=True)
    assert found is not None
    assert (found[0].name, found[1].id) == ("gentle", 5)
    found = furthest(policy, (one, three), DUE + timedelta(days=4), started=True)
    assert found is not None
    assert found[1].id == 4


def test_a_household_nobody_knows_anything_of_was_never_contacted() -> None:
    """Its defaults: nothing said, nothing counted, no wish for more days between reminders."""
    assert told(on(400, Standing(1, "3-1201", (bill(),), channel="sandbox"))) == "gentle"
    assert told(on(7, Standing(1, "3-1201", (bill(),), channel="sandbox", contacted_before=True))) == "offer_plan"
    last = Contacts(last_reminder_on=DUE)
    assert crowded(replace(POLICY, spacing_days=0), last, DUE) is None
    assert crowded(POLICY, Contacts(last_7_days=2, last_30_days=5), DUE) is None
    standing = Standing(1, "3-1201", (bill(),), channel="sandbox", contacted_before=True, contacts=last)
    assert told(decide(replace(POLICY, spacing_days=0), standing, DUE)) == "soon"


@pytest.mark.parametrize(
    ("wished", "days", "expected"), [(0, 3, None), (7, 6, Reason.SPACING), (7, 7, None), (1, 2, Reason.SPACING)]
)
def test_a_wish_for_fewer_reminders_is_kept_and_never_means_more(
    wished: int, days: int, expected: Reason | None
) -> None:
    contacts = Contacts(last_reminder_on=DUE)
    assert crowded(POLICY, contacts, DUE + timedelta(days=days), wished) == expected


def test_a_ladder_without_overdue_stages_knows_no_late_start() -> None:
    early = replace(POLICY, stages=tuple(stage for stage in POLICY.stages if stage.days_after_due <= 0))
    assert days_behind(early, bill(days_behind=2), DUE + timedelta(days=400), started=False) == 2


def test_the_due_day_itself_is_no_overdue_stage() -> None:
    on_the_day = Stage("day", 0, Action.MESSAGE, "reminder.due")
    policy = replace(POLICY, stages=(on_the_day, *(s for s in POLICY.stages if s.days_after_due > 0)))
    assert days_behind(policy, bill(), DUE + timedelta(days=100), started=False) == 97
    first_day = replace(policy, stages=(on_the_day, Stage("one", 1, Action.MESSAGE, "reminder.gentle")))
    assert days_behind(first_day, bill(), DUE + timedelta(days=100), started=False) == 99

"""Decide, for one household on one day: remind, hand to staff, or wait, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from domain.calendar import ANYWHERE, Move, Place, Quiet
from domain.conditions import NONE, Circumstances
from domain.policy import STAFF_ACTIONS, Action, Policy, Stage, at_place, by_calendar, own


class Reason(StrEnum):
    """Why a household is, or is not, written to (the codes of `preview` and `tick`)."""

    DUE = "due"
    PAID = "paid"
    PROMISED = "promised"
    DISPUTED = "disputed"
    ON_PLAN = "on_plan"
    CLAIMED = "claimed"
    COMPLAINT = "complaint"
    HARDSHIP = "hardship"
    STOPPED = "stopped"
    PAUSED = "paused"
    QUIET_HOURS = "quiet_hours"
    CAP = "cap"
    SPACING = "spacing"
    FESTIVAL = "festival"
    EXAM = "exam"
    HOLIDAY = "holiday"
    NO_CHANNEL = "no_channel"
    NO_STAGE = "no_stage"
    BELOW_TOLERANCE = "below_tolerance"
    AUTO_PAY = "auto_pay"
    AWAITING_APPROVAL = "awaiting_approval"
    STAFF_TASK = "staff_task"
    AWAITING_US = "awaiting_us"


QUIET = {Quiet.FESTIVAL: Reason.FESTIVAL, Quiet.EXAM: Reason.EXAM}

# Holds on one bill, and on the whole household, strongest first: the first that applies is the reason given.
BILL_HOLDS = (Reason.DISPUTED, Reason.CLAIMED, Reason.ON_PLAN, Reason.PROMISED)
HOUSEHOLD_HOLDS = (Reason.HARDSHIP, Reason.COMPLAINT)
RESTING = (*HOUSEHOLD_HOLDS, *BILL_HOLDS)  # the first hold that makes a whole household rest


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of a bill's own ladder that was carried out, and by which policy."""

    stage: str
    on: date
    policy_hash: str = ""


@dataclass(frozen=True, slots=True)
class OpenBill:
    """A bill that still asks for money, as the ladder sees it."""

    id: int
    item: str
    period: str
    due_on: date
    open_fen: int
    held: Reason | None = None  # a hold on this very bill
    covered_on: date | None = None  # the last day a stage spoke of this bill
    days_behind: int = 0  # how far its ladder runs behind the calendar after a late start
    steps: tuple[Step, ...] = ()  # of its own ladder, in the order in which they were carried out
    billed_fen: int = 0  # what it asked for before anything was paid; 0: not looked up


@dataclass(frozen=True, slots=True)
class Contacts:
    """What was already said lately, counted for the account and for its payer; the larger of the two counts."""

    today: int = 0
    last_7_days: int = 0
    last_30_days: int = 0
    last_reminder_on: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a decision needs to know of a household today."""

    account_id: int
    code: str
    bills: tuple[OpenBill, ...] = ()
    stopped: bool = False
    paused: bool = False
    household_hold: Reason | None = None
    staff_task_open: bool = False
    awaiting_us: bool = False  # they wait for our answer: nobody asks for money in person before it is given
    auto_pay: bool = False
    contacted_before: bool = False
    contacts: Contacts = field(default_factory=Contacts)
    channel: str | None = None  # the payer's best reachable channel
    spacing_days: int = 0  # the payer wishes at least so many days between reminders
    grade: str = ""  # how reliably they pay: A best, D least, empty: not known
    tier: str = ""  # how likely a family renews: A to D
    traits: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()  # all on which the payer can be reached now
    replied_on: date | None = None  # the day the payer last wrote or pressed a button
    place: Place = ANYWHERE


@dataclass(frozen=True, slots=True)
class Remind:
    stage: Stage
    anchor: OpenBill
    bills: tuple[OpenBill, ...]  # every bill the message lists
    channel: str


@dataclass(frozen=True, slots=True)
class HandToStaff:
    stage: Stage
    anchor: OpenBill
    bills: tuple[OpenBill, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    reason: Reason
    stage: Stage | None = None


Decision = Remind | HandToStaff | Wait


def circumstances(standing: Standing) -> Circumstances:
    """What a policy's conditions may ask of a household: sums and numbers are of the bills that may be asked for."""
    bills = [bill for bill in standing.bills if bill.held is None]
    return Circumstances(
        sum(bill.open_fen for bill in bills),
        len(bills),
        standing.grade or NONE,
        standing.tier or NONE,
        standing.traits,
        standing.channels,
        standing.replied_on,
        {step.stage: step.on for bill in bills for step in bill.steps},
    )


def policy_for(policy: Policy, standing: Standing) -> Policy:
    """The policy with this household's own ladder and calendar: the stages that are for it, at the pace of its grade."""
    return at_place(own(policy, circumstances(standing)) if policy.varies else policy, standing.place)


def decide(policy: Policy, standing: Standing, today: date) -> Decision:
    """What the policy asks for today. Quiet hours are the gate's business: they are about a minute, not a day."""
    if not standing.bills:
        return Wait(Reason.PAID)
    if standing.stopped:
        return Wait(Reason.STOPPED)
    if standing.household_hold is not None:
        return Wait(standing.household_hold)
    bills = tuple(bill for bill in standing.bills if bill.held is None)
    if not bills:
        held = {bill.held for bill in standing.bills}
        return Wait(next(reason for reason in (*BILL_HOLDS, Reason.STAFF_TASK) if reason in held))
    if sum(bill.open_fen for bill in bills) < policy.tolerance_fen:
        return Wait(Reason.BELOW_TOLERANCE)
    if standing.auto_pay:
        return Wait(Reason.AUTO_PAY)
    policy = policy_for(policy, standing)
    found = furthest(policy, bills, today, started=standing.contacted_before)
    if found is None:
        return Wait(Reason.STAFF_TASK if standing.staff_task_open else Reason.NO_STAGE)
    stage, anchor = found
    if standing.paused:
        return Wait(Reason.PAUSED, stage)
    if any(resting(policy, bill, today) for bill in bills):
        return Wait(Reason.SPACING, stage)
    if stage.action is Action.PAUSE:
        return Wait(Reason.PAUSED, stage)
    if standing.staff_task_open:
        return Wait(Reason.STAFF_TASK, stage)
    quiet = policy.calendar.quiet(today)
    if quiet is None and stage.move is Move.BEFORE_HOLIDAY and policy.calendar.is_holiday(today):
        return Wait(Reason.HOLIDAY, stage)  # it could not come before it: then not in it
    if stage.action in STAFF_ACTIONS and standing.awaiting_us:
        return Wait(Reason.AWAITING_US, stage)
    if stage.action in STAFF_ACTIONS:
        return HandToStaff(stage, anchor, bills)
    if quiet is not None:
        return Wait(QUIET[quiet], stage)
    if standing.channel is None:
        return Wait(Reason.NO_CHANNEL, stage)
    if (blocked := crowded(policy, standing.contacts, today, standing.spacing_days)) is not None:
        return Wait(blocked, stage)
    return Remind(stage, anchor, bills, standing.channel)


def crowded(policy: Policy, contacts: Contacts, today: date, wished_days: int = 0) -> Reason | None:
    """CAP or SPACING when another message now would be too much, else None. `wished_days`: the payer's own spacing."""
    last = contacts.last_reminder_on
    if last is not None and today - last < timedelta(days=max(policy.spacing_days, wished_days)):
        return Reason.SPACING
    if (
        contacts.today >= policy.per_day
        or contacts.last_7_days >= policy.per_week
        or contacts.last_30_days >= policy.per_month
    ):
        return Reason.CAP
    return None


def furthest(
    policy: Policy, bills: tuple[OpenBill, ...], today: date, *, started: bool
) -> tuple[Stage, OpenBill] | None:
    """The furthest stage due among the bills, and the bill it belongs to."""
    found = [(stage, bill) for bill in bills if (stage := eligible(policy, bill, today, started=started))]
    return min(found, key=lambda each: (-each[0].days_after_due, each[1].due_on, each[1].id), default=None)


def eligible(policy: Policy, bill: OpenBill, today: date, *, started: bool) -> Stage | None:
    """The latest stage whose day has come, is not done, and whose window is still open."""
    lag = days_behind(policy, bill, today, started=started)
    days, policy = (today - bill.due_on).days - lag, _moved(policy, bill, lag)
    stage = next((s for s in reversed(policy.ladder) if s.days_after_due <= days), None)
    if stage is None or days >= _end(policy, stage):
        return None
    came_on = bill.due_on + timedelta(days=stage.days_after_due + lag)
    if bill.covered_on is not None and bill.covered_on >= came_on:
        return None
    if any(step.stage == stage.name for step in bill.steps):
        return None  # said before, on another day of another policy
    return stage


def _moved(policy: Policy, bill: OpenBill, lag: int) -> Policy:
    """The ladder of this bill, with what the calendar moves."""
    return by_calendar(policy, bill.due_on + timedelta(days=lag)) if policy.moves else policy


def wished_on(bill: OpenBill, stage: Stage, lag: int) -> date:
    """The day on which a stage would come if the calendar moved nothing."""
    return bill.due_on + timedelta(days=stage.wished_days + lag)


def resting(policy: Policy, bill: OpenBill, today: date) -> bool:
    """Whether the last stage of this bill asks for more days of quiet after it."""
    if not bill.steps:
        return False
    last = bill.steps[-1]
    wait_days = next((stage.wait_days for stage in policy.stages if stage.name == last.stage), 0)
    return today < last.on + timedelta(days=wait_days)


def days_behind(policy: Policy, bill: OpenBill, today: date, *, started: bool) -> int:
    """How many days this bill's ladder runs behind the calendar.

    A household never contacted before starts at the gentlest overdue stage, however old its arrears, and climbs from
    there at the policy's own pace. One in mid-ladder when the policy changes takes the new policy's next step first,
    however far the calendar is: nothing is skipped because the rules moved.
    """
    days = (today - bill.due_on).days
    here = _moved(policy, bill, bill.days_behind)
    if bill.steps and bill.steps[-1].policy_hash != policy.hash:
        after = _next_step(here, bill)
        if after is not None and days - bill.days_behind >= _end(here, after):
            return days - after.wished_days
    gentlest = next((stage for stage in here.ladder if stage.days_after_due > 0), None)
    if started or gentlest is None or days < _end(here, gentlest):
        return bill.days_behind
    return days - gentlest.wished_days


def _next_step(policy: Policy, bill: OpenBill) -> Stage | None:
    """What follows, on this policy's ladder, on the last step that another policy took."""
    last = bill.steps[-1]
    same = next((stage for stage in policy.ladder if stage.name == last.stage), None)
    reached = same.days_after_due if same else (last.on - bill.due_on).days - bill.days_behind
    said = {step.stage for step in bill.steps}
    return next((s for s in policy.ladder if s.days_after_due > reached and s.name not in said), None)


def window_end(policy: Policy, bill: OpenBill, stage: Stage, lag: int) -> date:
    """The first day on which this stage may no longer be carried out: a reminder is skipped, never sent late."""
    return bill.due_on + timedelta(days=_end(_moved(policy, bill, lag), stage) + lag)


def _end(policy: Policy, stage: Stage) -> int:
    # A next stage that was moved later leaves days of quiet: nobody hears of a day to come when it is over.
    later = [min(s.days_after_due, s.wished_days) for s in policy.ladder if s.days_after_due > stage.days_after_due]
    end = min(later, default=stage.days_after_due + (stage.window_days or policy.last_window_days))
    return min(end, stage.days_after_due + stage.window_days) if stage.window_days else end

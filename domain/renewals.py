"""Renewals (续班): the law's limits of an offer, the ladder on offers, and when a yes may become a bill. An offer is no debt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from domain.calendar import ANYWHERE, Place
from domain.clock import at_local
from domain.ladder import QUIET, Contacts, Reason, crowded
from domain.money import yuan
from domain.plans import add_months
from domain.policy import Action, Counted, OfferStage, Policy
from domain.tiers import UNKNOWN, Tier, read_tier

# DESIGN §7: 校外培训 — one charge covers at most three months and 60 lessons, at most ¥5,000 where the course is no school
# subject, and is taken at the earliest a month before the course.
MONTHS_MAX = 3
LESSONS_MAX = 60
NON_SUBJECT_FEN_MAX = 500_000
AHEAD_MONTHS = 1


class OfferState(StrEnum):
    OPEN = "open"
    CONSIDERING = "considering"
    YES = "yes"
    NO = "no"
    EXPIRED = "expired"


LIVE = (OfferState.OPEN, OfferState.CONSIDERING)  # of those the family may still be asked about
ANSWERABLE = (*LIVE, OfferState.YES, OfferState.NO)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is offered. `subject`: a school subject (学科类)."""

    opens_on: date
    closes_on: date
    amount_fen: int
    lessons: int
    covers_from: date
    covers_until: date
    subject: bool = False


def unlawful(terms: Terms) -> str | None:
    """Why an offer must not be made, naming the column and the cure; None: it may."""
    if terms.closes_on < terms.opens_on:
        return "closes_on: is before opens_on"
    if terms.covers_until < terms.covers_from:
        return "covers_until: is before covers_from"
    if terms.covers_until < terms.opens_on:
        return "covers_until: the course is over before the offer opens"
    if terms.covers_until > add_months(terms.covers_from, MONTHS_MAX):
        return f"covers_until: one charge covers at most {MONTHS_MAX} months: split the offer"
    if terms.lessons > LESSONS_MAX:
        return f"lessons: one charge covers at most {LESSONS_MAX} lessons: split the offer"
    if not terms.subject and terms.amount_fen > NON_SUBJECT_FEN_MAX:
        return (
            f"amount_yuan: at most {yuan(NON_SUBJECT_FEN_MAX)} for a course that is no school subject: split the offer"
        )
    if terms.closes_on < chargeable_from(terms.covers_from):
        return "closes_on: tuition may be charged at the earliest a month before the course: open the offer later"
    return None


def chargeable_from(covers_from: date) -> date:
    """The first day on which a course may be charged."""
    return add_months(covers_from, -AHEAD_MONTHS)


# the ladder


@dataclass(frozen=True)
class Step:
    """A stage as one family meets it. It begins on a day of the offer's window or, with `after`, some hours after that
    stage's message arrived.

    A message may go out within `window_days` days of its own; a call until the offer closes.
    """

    name: str
    action: Action
    template: str = ""
    stage: OfferStage | None = None
    after: str = ""
    hours: int = 0
    window_days: int = 14

    def begins_on(self, opens_on: date, closes_on: date) -> date | None:
        """Its first day by the calendar; None: it follows another stage."""
        return self.stage.on(opens_on, closes_on) if self.stage is not None else None

    @property
    def before_close(self) -> bool:
        return self.stage is not None and self.stage.counted is Counted.CLOSES

    def is_for(self, tier: Tier) -> bool:
        tiers = self.stage.when.tier if self.stage is not None else frozenset()
        return not tiers or tier in tiers


@cache
def steps_of(stages: tuple[OfferStage, ...]) -> tuple[Step, ...]:
    """The steps of a policy's offers: an asked-for acknowledgement that doesn't come becomes a call."""
    found: list[Step] = []
    for stage in stages:
        window = max(1, stage.days - 1) if stage.counted is Counted.CLOSES else MESSAGE_DAYS
        found.append(Step(stage.name, stage.action, stage.template, stage, window_days=window))
        if stage.action is Action.ACKNOWLEDGE:
            tiers = replace(stage, name=f"{stage.name}_call", action=Action.CALL, template="")
            found.append(Step(tiers.name, Action.CALL, "", tiers, stage.name, stage.answer_hours))
    return tuple(found)


MESSAGE_DAYS = 14
NURTURE = "nurture"
ASKING = (Action.MESSAGE, Action.ACKNOWLEDGE, Action.CALL)


@dataclass(frozen=True, slots=True)
class Done:
    """A stage that was carried out: when it was decided, and when its message arrived (None: not, or not yet)."""

    decided_on: date
    sent_at: datetime | None = None
    failed: bool = False  # the message could not be delivered at all


@dataclass(frozen=True)
class OfferStanding:
    """All that a decision needs to know of an offer today."""

    offer_id: int
    account_id: int
    code: str
    tier: str
    state: OfferState
    opens_on: date
    closes_on: date
    acknowledged: bool = False
    reserved: bool = False
    no_more: bool = False
    next_on: date | None = None
    answered_on: date | None = None
    done: Mapping[str, Done] = field(default_factory=dict)
    stopped: bool = False
    paused: bool = False
    household_hold: Reason | None = None
    staff_task_open: bool = False
    awaiting_us: bool = False  # they wait for our answer to something else
    contacts: Contacts = field(default_factory=Contacts)
    channel: str | None = None
    spacing_days: int = 0
    place: Place = ANYWHERE


@dataclass(frozen=True, slots=True)
class Write:
    stage: Step
    channel: str


@dataclass(frozen=True, slots=True)
class Call:
    stage: Step


@dataclass(frozen=True, slots=True)
class Rest:
    reason: Reason
    stage: Step | None = None


OfferDecision = Write | Call | Rest


def decide_offer(policy: Policy, offer: OfferStanding, today: date, zone: ZoneInfo) -> OfferDecision:
    """What is to be done about one offer today. Whoever has answered hears no more."""
    if offer.state not in LIVE or offer.no_more or today > offer.closes_on:
        return Rest(Reason.PAID)
    if offer.stopped:
        return Rest(Reason.STOPPED)
    if offer.household_hold is not None:
        return Rest(offer.household_hold)
    stage = eligible_step(policy, offer, today, zone)
    if stage is None:
        return Rest(Reason.NO_STAGE)
    if offer.paused:
        return Rest(Reason.PAUSED, stage)
    if offer.staff_task_open:
        return Rest(Reason.STAFF_TASK, stage)
    if (quiet := policy.calendar.at(offer.place).quiet(today)) is not None:
        return Rest(QUIET[quiet], stage)
    if stage.action is Action.CALL or offer.channel is None:
        if offer.awaiting_us:
            return Rest(Reason.AWAITING_US, stage)
        return Call(stage)  # whom no message reaches, a person talks to
    if (blocked := crowded(policy, offer.contacts, today, offer.spacing_days)) is not None:
        return Rest(blocked, stage)
    return Write(stage, offer.channel)


def eligible_step(policy: Policy, offer: OfferStanding, today: date, zone: ZoneInfo) -> Step | None:
    """The latest step for this family whose day has come, that was not done, and whose time is not over."""
    if offer.state is OfferState.CONSIDERING or (offer.next_on is not None and offer.next_on <= today):
        return _nurture(policy, offer, today)
    reacted = offer.reserved or offer.acknowledged  # then nothing but a word before it closes
    tier = read_tier(offer.tier) or UNKNOWN
    found: tuple[date, Step] | None = None
    for step in steps_of(policy.offer_stages):
        if step.action not in ASKING or not step.is_for(tier) or (reacted and not step.before_close):
            continue
        begins = _begins(step, policy, offer, zone)
        if begins is not None and begins <= today and (found is None or begins >= found[0]):
            found = begins, step
    if found is None or found[1].name in offer.done:
        return None
    _, step = found
    begins = _begins(step, policy, offer, zone, moved=False) or today
    late = step.action is not Action.CALL and today >= begins + timedelta(days=step.window_days)
    return None if late else step


def _begins(stage: Step, policy: Policy, offer: OfferStanding, zone: ZoneInfo, *, moved: bool = True) -> date | None:
    """A stage that follows another begins on the first morning on which its hours are over; at once where nothing arrived.

    `moved`: where the calendar wants it, though never before the offer opens.
    """
    if not stage.after:
        begins = stage.begins_on(offer.opens_on, offer.closes_on)
        if begins is None or not moved or stage.stage is None:
            return begins
        return max(policy.calendar.at(offer.place).moved(stage.stage.move, begins), min(begins, offer.opens_on))
    before = offer.done.get(stage.after)
    if before is None:
        return None
    if before.sent_at is None:
        return before.decided_on + timedelta(days=1) if before.failed else None
    over = (before.sent_at + timedelta(hours=stage.hours)).astimezone(zone)
    day = over.date()
    return day if over <= at_local(day, policy.window_from, zone) else day + timedelta(days=1)


def _nurture(policy: Policy, offer: OfferStanding, today: date) -> Step | None:
    """The next talk with a family that thinks: on the day they named, else after the policy's days; once for each day."""
    since = offer.answered_on or offer.opens_on
    talks = [done.decided_on for name, done in offer.done.items() if name.startswith(NURTURE)]
    if offer.next_on is not None and offer.next_on > max(talks, default=date.min):
        on = offer.next_on
    else:
        on = max([since, *talks]) + timedelta(days=policy.renewal.nurture_days)
    return Step(f"{NURTURE}-{on.isoformat()}", Action.CALL) if on <= today else None

"""The one gate: may this message go out now? Asked when planning and again just before the network call.

The table of DESIGN §5 is `RULES`; each of its cells has a test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo

from domain.calendar import ANYWHERE, Place
from domain.clock import at_local
from domain.ladder import QUIET, Contacts, Reason
from domain.messages import Kind
from domain.policy import Hours as OwnHours
from domain.policy import Policy, within


class Hours(Enum):
    ANY = auto()
    NOT_AT_NIGHT = auto()  # outside the hard quiet hours
    WINDOW = auto()  # inside the office's normal window
    WARN = auto()


class Caps(Enum):
    FREE = auto()
    COUNTED = auto()  # counts, but is not blocked
    OBEYS = auto()
    GROUP = auto()  # one a day per group


class Pause(Enum):
    IGNORES = auto()
    KILL_SWITCH = auto()
    OBEYS = auto()


@dataclass(frozen=True)
class Rule:
    hours: Hours = Hours.ANY
    caps: Caps = Caps.FREE
    stop: bool = False
    pause: Pause = Pause.IGNORES
    bills: bool = False  # cancelled when none of its bills asks for money any more
    offer: bool = False  # cancelled when its offer was answered, changed or closed
    household: bool = False  # obeys hardship and complaint holds
    festival: bool = False  # speaks of money: never on a festival (DESIGN §7) or an exam day
    rest: bool = False  # waits while anything at all of the household rests, a single bill included


RULES: dict[Kind, Rule] = {
    Kind.REPLY: Rule(),
    Kind.RECEIPT: Rule(hours=Hours.NOT_AT_NIGHT),
    Kind.PROMISE: Rule(Hours.WINDOW, Caps.COUNTED, True, Pause.OBEYS, bills=True, household=True, festival=True),
    Kind.REMINDER: Rule(Hours.WINDOW, Caps.OBEYS, True, Pause.OBEYS, bills=True, household=True, festival=True),
    Kind.OFFER: Rule(Hours.WINDOW, Caps.OBEYS, True, Pause.OBEYS, offer=True, household=True, festival=True),
    Kind.BROADCAST: Rule(Hours.WINDOW, Caps.OBEYS, True, Pause.OBEYS, household=True, festival=True),
    Kind.COURTESY: Rule(Hours.WINDOW, Caps.OBEYS, True, Pause.OBEYS, household=True, festival=True, rest=True),
    Kind.SERVICE: Rule(hours=Hours.NOT_AT_NIGHT, pause=Pause.KILL_SWITCH),
    Kind.ANNOUNCEMENT: Rule(hours=Hours.WINDOW, caps=Caps.GROUP, pause=Pause.OBEYS, festival=True),
    Kind.STAFF_CARD: Rule(),
    Kind.STAFF_REPLY: Rule(hours=Hours.WARN),
}


@dataclass(frozen=True)
class BillNow:
    """A bill a message speaks of, as it stands at this moment. A plan's own hold doesn't stop the plan's reminder."""

    bill_id: int
    open_fen: int
    held: Reason | None = None


@dataclass(frozen=True)
class Facts:
    """What the gate must know at this moment."""

    bound: bool = True  # the person may still see at least one of the households it speaks of
    stopped: bool = False
    kill_switch: bool = False
    paused: bool = False  # the community
    broadcast_paused: bool = False  # by the one who sends it
    broadcast_over: bool = False  # cancelled or taken back
    offer_over: bool = False  # the family has answered, or the offer is closed or gone
    household_hold: Reason | None = None
    resting: Reason | None = None  # a pause of any kind on a household or on any bill of it
    bills: tuple[BillNow, ...] = ()
    contacts: Contacts = field(default_factory=Contacts)
    group_posts_today: int = 0
    expires_at: datetime | None = None
    hours: OwnHours | None = None  # in which the person wishes to be written to
    places: tuple[Place, ...] = ()  # of the households it speaks of, or of the group


@dataclass(frozen=True)
class Send:
    """Go. `warning` is for the staff member who writes by hand."""

    warning: Reason | None = None


@dataclass(frozen=True)
class Hold:
    until: datetime
    reason: Reason


@dataclass(frozen=True)
class Cancel:
    reason: str


Verdict = Send | Hold | Cancel
EXPIRED = "window_over"
BROADCAST_OVER = "broadcast_cancelled"
OFFER_OVER = "offer_answered"
PAUSE_LOOK_AGAIN = timedelta(minutes=5)


def gate(kind: Kind, facts: Facts, policy: Policy, zone: ZoneInfo, now: datetime) -> Verdict:
    """Send, Hold(until, reason) or Cancel(reason). A hold that would outlive the message's window cancels it."""
    verdict = _gate(kind, facts, policy, zone, now)
    if facts.expires_at is not None:
        if now >= facts.expires_at:
            return Cancel(EXPIRED)
        if isinstance(verdict, Hold) and verdict.until >= facts.expires_at:
            return Cancel(EXPIRED)
    return verdict


def _gate(kind: Kind, facts: Facts, policy: Policy, zone: ZoneInfo, now: datetime) -> Verdict:
    rule, policy = RULES[kind], within(policy, facts.hours)
    if not facts.bound:
        return Cancel(Reason.NO_CHANNEL)
    if rule.stop and facts.stopped:
        return Cancel(Reason.STOPPED)
    if rule.household and facts.household_hold is not None:
        return Cancel(facts.household_hold)
    if rule.rest and facts.resting is not None:
        return Cancel(facts.resting)
    if rule.bills and (cause := _nothing_to_ask(facts.bills, policy)) is not None:
        return Cancel(cause)
    if rule.offer and facts.offer_over:
        return Cancel(OFFER_OVER)
    if facts.broadcast_over:
        return Cancel(BROADCAST_OVER)
    if facts.broadcast_paused:
        return Hold(now + PAUSE_LOOK_AGAIN, Reason.PAUSED)
    if rule.pause is not Pause.IGNORES and facts.kill_switch:
        return Hold(now + PAUSE_LOOK_AGAIN, Reason.PAUSED)
    if rule.pause is Pause.OBEYS and facts.paused:
        return Hold(now + PAUSE_LOOK_AGAIN, Reason.PAUSED)
    day = now.astimezone(zone).date()
    if rule.festival and (quiet := quiet_day(policy, facts.places, day)) is not None:
        return Hold(at_local(day + timedelta(days=1), policy.window_from, zone), quiet)
    opens = opening(rule.hours, policy, zone, now)
    if opens is not None and rule.hours is Hours.WARN:
        return Send(warning=Reason.QUIET_HOURS)
    if opens is not None:
        return Hold(opens, Reason.QUIET_HOURS)
    if rule.caps is Caps.GROUP and facts.group_posts_today >= 1:
        return Cancel(Reason.CAP)
    if rule.caps is Caps.OBEYS and over_cap(policy, facts.contacts):
        return Cancel(Reason.CAP)
    if rule.hours is Hours.WARN and facts.stopped:
        return Send(warning=Reason.STOPPED)
    return Send()


def quiet_day(policy: Policy, places: tuple[Place, ...], day: date) -> Reason | None:
    """Why this day is quiet in one of these places; None: it is quiet in none."""
    found = (policy.calendar.at(place).quiet(day) for place in places or (ANYWHERE,))
    return next((QUIET[quiet] for quiet in found if quiet is not None), None)


def over_cap(policy: Policy, contacts: Contacts) -> bool:
    return (
        contacts.today >= policy.per_day
        or contacts.last_7_days >= policy.per_week
        or contacts.last_30_days >= policy.per_month
    )


def opening(hours: Hours, policy: Policy, zone: ZoneInfo, now: datetime) -> datetime | None:
    """None when this moment is allowed, else when it next will be."""
    if hours is Hours.ANY:
        return None
    opens_at, closes_at = (
        (policy.window_from, policy.window_until) if hours is Hours.WINDOW else (policy.quiet_until, policy.quiet_from)
    )
    return next_opening(opens_at, closes_at, zone, now)


def next_opening(opens_at: time, closes_at: time, zone: ZoneInfo, now: datetime) -> datetime | None:
    local = now.astimezone(zone)
    if opens_at <= local.time() < closes_at:
        return None
    day = local.date() if local.time() < opens_at else local.date() + timedelta(days=1)
    return at_local(day, opens_at, zone)


def _nothing_to_ask(bills: tuple[BillNow, ...], policy: Policy) -> Reason | None:
    """Why none of these bills may be asked for, or None when at least one may."""
    if asked_fen := sum(bill.open_fen for bill in bills if bill.held is None):
        return Reason.BELOW_TOLERANCE if asked_fen < policy.tolerance_fen else None
    return next((bill.held for bill in bills if bill.open_fen > 0 and bill.held is not None), Reason.PAID)

"""Calls (电话催费): whom to ring first and why, when nobody is to be rung, and what each outcome means. Pure rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.calendar import PLAIN, Calendar
from domain.clock import at_local
from domain.desk import Desk

WEEK = timedelta(days=7)
DAYS_AHEAD_MAX = 30
# The parts of a day in which people are rung; all of them lie in the law's window (DESIGN §7).
BANDS = (("morning", 9, 12), ("noon", 12, 14), ("afternoon", 14, 18), ("evening", 18, 20))
# How much one fact says about a part of the day: a call that was answered, one that was not, a message they wrote.
ANSWERED, MISSED, WROTE = 3, -2, 1
# After a call that nobody answered: the part of the day that is tried next.
NEXT_BAND = {"morning": "evening", "noon": "evening", "afternoon": "evening", "evening": "morning"}


@dataclass(frozen=True)
class Calling:
    """The office's own limits: hours of the day, calls to one household, and when to stop trying."""

    opens_at: time = time(9)
    closes_at: time = time(20)
    per_day: int = 1
    per_week: int = 3
    no_answer_max: int = 3  # calls in a row that nobody answered: then the ladder's next step, no fourth call
    calendar: Calendar = PLAIN


class Outcome(StrEnum):
    REACHED = "reached"
    PROMISED = "promised"
    WILL_PAY = "will_pay"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    HARDSHIP = "hardship"
    DISPUTE = "dispute"
    CALL_BACK = "call_back"
    RENEWS = "renews"
    CONSIDERS = "considers"
    NOT_RENEWING = "not_renewing"


class Needs(StrEnum):
    """What has to be known before an outcome can be written down."""

    NOTHING = ""
    DAY = "day"
    MOMENT = "moment"
    BILL = "bill"
    REASON = "reason"


@dataclass(frozen=True)
class After:
    """What an outcome means for the task: whether it is done, and in how many days somebody looks again."""

    closes: bool
    needs: Needs = Needs.NOTHING
    again_days: int = 0


AFTER: dict[Outcome, After] = {
    Outcome.REACHED: After(closes=False, again_days=3),
    Outcome.PROMISED: After(closes=True, needs=Needs.DAY),
    Outcome.WILL_PAY: After(closes=False, again_days=2),
    Outcome.REFUSED: After(closes=True),
    Outcome.NO_ANSWER: After(closes=False),
    Outcome.WRONG_NUMBER: After(closes=True),
    Outcome.HARDSHIP: After(closes=True),
    Outcome.DISPUTE: After(closes=True, needs=Needs.BILL),
    Outcome.CALL_BACK: After(closes=False, needs=Needs.MOMENT),
    Outcome.RENEWS: After(closes=True),
    Outcome.CONSIDERS: After(closes=True, needs=Needs.DAY),
    Outcome.NOT_RENEWING: After(closes=True, needs=Needs.REASON),
}
ABOUT_BILLS = (
    *(Outcome.PROMISED, Outcome.WILL_PAY, Outcome.REACHED, Outcome.NO_ANSWER, Outcome.CALL_BACK),
    *(Outcome.HARDSHIP, Outcome.DISPUTE, Outcome.REFUSED, Outcome.WRONG_NUMBER),
)
ABOUT_OFFERS = (
    *(Outcome.RENEWS, Outcome.CONSIDERS, Outcome.NOT_RENEWING, Outcome.NO_ANSWER, Outcome.CALL_BACK),
    *(Outcome.REACHED, Outcome.WRONG_NUMBER),
)
NOBODY_SPOKE = frozenset({Outcome.NO_ANSWER, Outcome.WRONG_NUMBER})


@dataclass(frozen=True)
class Made:
    """A call that was made."""

    at: datetime
    outcome: str


@dataclass(frozen=True)
class Candidate:
    """A household that somebody should ring. `wrote_at`: when its people lately wrote; `calls`: the last ones, oldest first."""

    task_id: int
    due_at: datetime
    at_risk_fen: int
    asked_for: datetime | None = None  # they asked to be rung at that moment
    not_before: datetime | None = None  # the next date that was set after the last call
    calls: Sequence[Made] = ()
    wrote_at: Sequence[datetime] = ()


class Why(StrEnum):
    """Why a household stands where it stands in the queue."""

    ASKED_FOR = "asked_for"
    GOOD_TIME = "good_time"
    ANY_TIME = "any_time"
    OTHER_TIME = "other_time"  # another part of the day is known to be better
    HOURS = "hours"
    NEXT_DATE = "next_date"
    PER_DAY = "per_day"
    PER_WEEK = "per_week"


READY = (Why.ASKED_FOR, Why.GOOD_TIME, Why.ANY_TIME, Why.OTHER_TIME)


@dataclass(frozen=True)
class Place:
    """One household's place. `at`: from when it may be rung; `band`: the part of the day in which it is reached best."""

    candidate: Candidate
    why: Why
    at: datetime
    band: str = ""

    @property
    def ready(self) -> bool:
        return self.why in READY


def place(candidate: Candidate, calling: Calling, zone: ZoneInfo, now: datetime) -> Place:
    """Now, and why; or later, and why."""
    band = best_band(candidate, zone)
    earliest, why = _free_from(candidate.calls, calling, zone, now)
    if candidate.not_before is not None and candidate.not_before > max(earliest, now):
        earliest, why = candidate.not_before, Why.NEXT_DATE
    if candidate.asked_for is not None:  # whoever asked to be rung is not spared by a cap
        earliest, why = candidate.asked_for, Why.NEXT_DATE
    at = allowed(max(earliest, now), calling, zone)
    if at > now:
        return Place(candidate, why if earliest > now else Why.HOURS, at, band)
    if candidate.asked_for is not None:
        return Place(candidate, Why.ASKED_FOR, now, band)
    if not band:
        return Place(candidate, Why.ANY_TIME, now)
    return Place(candidate, Why.GOOD_TIME if band == band_of(now, zone) else Why.OTHER_TIME, now, band)


def queue(candidates: Iterable[Candidate], calling: Calling, zone: ZoneInfo, now: datetime) -> list[Place]:
    """Who may be rung now, then who later.

    First who asked for this time, then whose best time it is, then the others; among equals the larger amount at risk,
    then the earlier clock.
    """

    def order(found: Place) -> tuple[int, float, int, datetime, int]:
        rank = READY.index(found.why) if found.ready else len(READY)
        later = 0.0 if found.ready else found.at.timestamp()
        return rank, later, -found.candidate.at_risk_fen, found.candidate.due_at, found.candidate.task_id

    return sorted((place(each, calling, zone, now) for each in candidates), key=order)


def allowed(moment: datetime, calling: Calling, zone: ZoneInfo) -> datetime:
    """The first moment from this one on at which anybody may be rung: inside the hours, and on no festival."""
    day = moment.astimezone(zone).date()
    for ahead in range(DAYS_AHEAD_MAX):
        on = day + timedelta(days=ahead)
        opens, closes = at_local(on, calling.opens_at, zone), at_local(on, calling.closes_at, zone)
        if not calling.calendar.is_festival(on) and moment < closes:
            return max(moment, opens)
    raise AssertionError("no festival lasts so long")


def _free_from(calls: Sequence[Made], calling: Calling, zone: ZoneInfo, now: datetime) -> tuple[datetime, Why]:
    """From when the caps allow another call, and which of them does not allow it yet."""
    today = now.astimezone(zone).date()
    days = [made.at.astimezone(zone).date() for made in calls]
    week = [day for day in days if today - day < WEEK]
    if len(week) >= calling.per_week:
        free_on = week[-calling.per_week] + WEEK
        if free_on > today:
            return at_local(free_on, calling.opens_at, zone), Why.PER_WEEK
    if days.count(today) >= calling.per_day:
        return at_local(today + timedelta(days=1), calling.opens_at, zone), Why.PER_DAY
    return now, Why.ANY_TIME


def may_call(calls: Sequence[Made], calling: Calling, zone: ZoneInfo, now: datetime) -> Why | None:
    """Why a call at this moment would be one too many or at a bad hour; None when it may be made."""
    free, why = _free_from(calls, calling, zone, now)
    if free > now:
        return why
    return None if allowed(now, calling, zone) == now else Why.HOURS


def band_of(moment: datetime, zone: ZoneInfo) -> str:
    hour = moment.astimezone(zone).hour
    return next((name for name, opens, closes in BANDS if opens <= hour < closes), "")


def best_band(candidate: Candidate, zone: ZoneInfo) -> str:
    """The part of the day in which the household is reached best, by what is known of it; empty: nothing speaks for one."""
    score: Counter[str] = Counter()
    for made in candidate.calls:
        score[band_of(made.at, zone)] += MISSED if made.outcome in NOBODY_SPOKE else ANSWERED
    for moment in candidate.wrote_at:
        score[band_of(moment, zone)] += WROTE
    known = [(score[name], -n, name) for n, (name, _, _) in enumerate(BANDS) if score[name] > 0]
    return max(known)[2] if known else ""


def missed_in_a_row(calls: Sequence[Made]) -> int:
    """How many of the latest calls nobody answered."""
    number = 0
    for made in reversed(calls):
        if made.outcome != Outcome.NO_ANSWER:
            break
        number += 1
    return number


def paid_after(calls: Sequence[tuple[int, date]], paid_on: Iterable[date]) -> set[int]:
    """The ids of one household's calls (id, day) that money followed within a week.

    A payment speaks for the last call before it, so that no payment is counted twice.
    """
    found = set()
    for day in paid_on:
        before = [(on, number) for number, on in calls if on <= day <= on + WEEK]
        if before:
            found.add(max(before)[1])
    return found


def next_attempt(missed_at: datetime, calling: Calling, desk: Desk, zone: ZoneInfo) -> datetime:
    """After a call that nobody answered: the next working day, in another part of the day."""
    day = missed_at.astimezone(zone).date() + timedelta(days=1)
    while not desk.works_on(day) or desk.calendar.is_festival(day):
        day += timedelta(days=1)
    band = NEXT_BAND.get(band_of(missed_at, zone), "morning")
    return allowed(_within(day, band, calling, zone), calling, zone)


def _within(day: date, band: str, calling: Calling, zone: ZoneInfo) -> datetime:
    """The beginning of a part of the day; its last hour where the office stops ringing before it begins."""
    opens = time(next(opens for name, opens, _ in BANDS if name == band))
    last = max(calling.opens_at, time(max(0, calling.closes_at.hour - 1)))
    return at_local(day, min(max(opens, calling.opens_at), last), zone)

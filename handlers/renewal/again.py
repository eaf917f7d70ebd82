"""Why not, and when the teacher may ask again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from domain import keys
from domain.clock import at_local
from domain.messages import Answer, Choice, OutgoingMessage
from domain.wording import day_words
from handlers.household import press, said, settle_on
from handlers.notes import at_desk
from handlers.renewal.offered import coming_one, open_one
from handlers.turn import Turn
from models.staff import audit, open_task
from understanding.reading import Reading

REASONS = ("time", "trip", "price", "asks_child", "hometown", "other")  # codes, stored with the offer
NEXT_DAYS = (7, 14, 30)  # offered for the next talk
NEXT_DAYS_MAX = 120
NEVER_AGAIN = "never"


async def reason(turn: Turn) -> Answer:
    """Why, in one tap: for the teacher's list, not for pressing."""
    settle_on(turn)
    offer = await open_one(turn) or await coming_one(turn)
    code = turn.args["reason"]
    if offer is not None:
        offer.reason = code
    await audit(turn.session, turn.actor, "renewal.reason", f"account/{turn.household.id}", turn.now, {"reason": code})
    return when(turn, "renewal.thanks")


def _days(turn: Turn) -> list[Choice]:
    """Days on which the teacher may ask again."""
    days = [turn.today + timedelta(days=n) for n in NEXT_DAYS]
    about = {"account": str(turn.household.id)}
    return [Choice(day_words(day, turn.language), "renewal.next", {**about, "date": day.isoformat()}) for day in days]


def _not_again(turn: Turn) -> Choice:
    return press(turn, "not_again", "renewal.next", date=NEVER_AGAIN)


async def still_open(turn: Turn, memory: Mapping[str, str]) -> OutgoingMessage | None:
    """The question for that day once more, in one line, after something else was asked."""
    return turn.say("renewal.still_when", _days(turn), (_not_again(turn),))


def when(turn: Turn, template: str, **fields: str) -> Answer:
    """When may the teacher ask again?"""
    row = (
        _not_again(turn),
        press(turn, "renew_yes", "renewal.reserve"),
        press(turn, "renew_sure", "renewal.yes"),
    )
    return Answer((turn.say(template, _days(turn), row, fields=fields),), expect="renewal.next")


def _other_wish(reading: Reading) -> bool:
    """Surely something else than "later"."""
    return reading.sure and reading.top.intent not in ("renew_consider", "request_postpone")


async def next_day(turn: Turn) -> Answer | None:
    """When the teacher may ask again: a day by button or in words, or never for this class."""
    settle_on(turn)
    chosen = turn.args.get("date", "")
    offer = await open_one(turn)
    if chosen == NEVER_AGAIN:
        if offer is not None:
            offer.no_more = True
        await audit(turn.session, turn.actor, "renewal.never", f"account/{turn.household.id}", turn.now)
        return Answer((turn.say("renewal.never"),))
    day = date.fromisoformat(chosen) if chosen else said(turn).day
    if day is None and turn.reading is not None and not _other_wish(turn.reading):
        return when(turn, "renewal.which_day")
    if day is None or not turn.today < day <= turn.today + timedelta(days=NEXT_DAYS_MAX):
        return None
    await ask_again(turn, day)
    return Answer((turn.say("renewal.next_noted", due=day_words(day, turn.language)),))


async def ask_again(turn: Turn, day: date) -> None:
    """A dated task for the teacher: on this day the family may be asked again."""
    desk, account = at_desk(turn), turn.household
    offer = await open_one(turn)
    if offer is not None:
        offer.next_on, offer.no_more = day, False
    fields = {"code": account.code, "day": day_words(day, desk.language)}
    fields["reason"] = desk.words(f"renewal.because_{(offer.reason if offer else '') or 'other'}")
    await open_task(
        turn.session,
        key=keys.renewal_next(account.id, day),
        kind="renewal",
        account=account,
        summary=desk.words("card.renewal_next", **(desk.called() | fields)),
        at=turn.now,
        due_at=at_local(day, turn.policy.window_until, turn.office.zone),
        source=f"offer/{offer.id}" if offer else "",
    )
    await audit(turn.session, turn.actor, "renewal.next", f"account/{account.id}", turn.now, {"on": day.isoformat()})

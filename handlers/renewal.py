"""A family answers a renewal: yes, no with a reason, or not yet. An offer is no debt."""

from __future__ import annotations

from datetime import date, timedelta

from domain import keys
from domain.clock import at_local
from domain.messages import Answer, Choice, OutgoingMessage
from domain.money import yuan
from domain.wording import day_words
from handlers.household import ask_which, press, said, settle_on, words_of
from handlers.notes import at_desk, to_staff
from handlers.turn import Turn
from models.agreements import Offer, open_offer
from models.staff import audit, open_task
from understanding.reading import Reading

CALL_WITHIN = timedelta(days=2)
REASONS = ("time", "trip", "price", "asks_child", "hometown", "other")  # codes, stored with the offer
ANSWERS = (("renew_yes", "yes"), ("renew_no", "no"), ("renew_consider", "consider"))
SCHOOL = "training"
NEXT_DAYS = (7, 14, 30)  # offered for the next talk
NEXT_DAYS_MAX = 120
NEVER_AGAIN = "never"


async def show(turn: Turn) -> Answer | None:
    """`/renew`, 续班: what is offered, and the three answers."""
    if (which := await ask_which(turn, "renewal.show")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return Answer((turn.say("renewal.not_here", (press(turn, "bill", "bill.show"),)),))
    offer = await open_offer(turn.session, turn.household.id, turn.today)
    row = [press(turn, name, f"renewal.{action}") for name, action in ANSWERS]
    if offer is None:
        return Answer((turn.say("renewal.none_open", row),))
    fields = {"class_name": offer.class_name, "amount": yuan(offer.amount_fen), "lessons": str(offer.lessons)}
    return Answer((turn.say("renewal.offered", row, fields=fields, until=day_words(offer.closes_on, turn.language)),))


async def yes(turn: Turn) -> Answer | None:
    """A place is kept."""
    if (which := await ask_which(turn, "renewal.yes")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return None
    offer = await open_offer(turn.session, turn.household.id, turn.today)
    cards = await _note(turn, offer, "yes")
    if offer is None:
        return Answer((turn.say("renewal.yes_noted"), *cards))
    fields = {"class_name": offer.class_name, "amount": yuan(offer.amount_fen), "lessons": str(offer.lessons)}
    row = (press(turn, "pay", "pay.how"), press(turn, "person", "person.ask"))
    return Answer((turn.say("renewal.yes", row, fields=fields), *cards))


async def no(turn: Turn) -> Answer | None:
    """Respected at once; one optional tap says why."""
    return await _not_now(turn, "renewal.no", "no")


async def consider(turn: Turn) -> Answer | None:
    """Time to think, until the offer closes."""
    return await _not_now(turn, "renewal.consider", "considering")


async def _not_now(turn: Turn, action: str, state: str) -> Answer | None:
    if (which := await ask_which(turn, action)) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return None
    offer = await open_offer(turn.session, turn.household.id, turn.today)
    cards = await _note(turn, offer, state)
    buttons = [press(turn, f"reason_{each}", "renewal.reason", reason=each) for each in REASONS]
    rows = [buttons[:3], buttons[3:]]
    if offer is not None and state == "considering":
        until = day_words(offer.closes_on, turn.language)
        return Answer((turn.say("renewal.considering_until", *rows, until=until), *cards))
    return Answer((turn.say(f"renewal.{state}", *rows), *cards))


async def reason(turn: Turn) -> Answer:
    """Why, in one tap: for the teacher's list, not for pressing."""
    settle_on(turn)
    offer = await open_offer(turn.session, turn.household.id, turn.today)
    code = turn.args["reason"]
    if offer is not None:
        offer.reason = code
    await audit(turn.session, turn.actor, "renewal.reason", f"account/{turn.household.id}", turn.now, {"reason": code})
    return _when(turn, "renewal.thanks")


def _when(turn: Turn, template: str) -> Answer:
    """When may the teacher ask again?"""
    days = [turn.today + timedelta(days=n) for n in NEXT_DAYS]
    about = {"account": str(turn.household.id)}
    asked = [Choice(day_words(day, turn.language), "renewal.next", {**about, "date": day.isoformat()}) for day in days]
    row = (press(turn, "not_again", "renewal.next", date=NEVER_AGAIN), press(turn, "renew_yes", "renewal.yes"))
    return Answer((turn.say(template, asked, row),), expect="renewal.next")


def _other_wish(reading: Reading) -> bool:
    """Surely something else than "later"."""
    return reading.sure and reading.top.intent not in ("renew_consider", "request_postpone")


async def next_day(turn: Turn) -> Answer | None:
    """When the teacher may ask again: a day by button or in words, or never for this class."""
    settle_on(turn)
    chosen = turn.args.get("date", "")
    if chosen == NEVER_AGAIN:
        await audit(turn.session, turn.actor, "renewal.never", f"account/{turn.household.id}", turn.now)
        return Answer((turn.say("renewal.never"),))
    day = date.fromisoformat(chosen) if chosen else said(turn).date
    if day is None and turn.reading is not None and not _other_wish(turn.reading):
        return _when(turn, "renewal.which_day")
    if day is None or not turn.today < day <= turn.today + timedelta(days=NEXT_DAYS_MAX):
        return None
    await ask_again(turn, day)
    return Answer((turn.say("renewal.next_noted", due=day_words(day, turn.language)),))


async def ask_again(turn: Turn, day: date) -> None:
    """A dated task for the teacher: on this day the family may be asked again."""
    desk, account = at_desk(turn), turn.household
    offer = await open_offer(turn.session, account.id, turn.today)
    fields = {"code": account.code, "day": day_words(day, desk.language)}
    fields["reason"] = desk.words(f"renewal.because_{(offer.reason if offer else '') or 'other'}")
    await open_task(
        turn.session,
        key=keys.task("renewal-next", f"{account.id}/{day.isoformat()}"),
        kind="renewal",
        account=account,
        summary=desk.words("card.renewal_next", **(desk.called() | fields)),
        at=turn.now,
        due_at=at_local(day, turn.policy.window_until, turn.office.zone),
        source=f"offer/{offer.id}" if offer else "",
    )
    await audit(turn.session, turn.actor, "renewal.next", f"account/{account.id}", turn.now, {"on": day.isoformat()})


async def _note(turn: Turn, offer: Offer | None, state: str) -> tuple[OutgoingMessage, ...]:
    """Keep the answer with the offer, and let the teacher know."""
    if offer is not None:
        offer.state = state
    desk, account = at_desk(turn), turn.household
    fields = {
        "code": account.code,
        "class_name": offer.class_name if offer else account.class_name,
        "answer": desk.words(f"renewal.answer_{state}"),
        "text": words_of(turn)[:300] or "—",
    }
    card = desk.say("card.renewal", fields=desk.called() | fields)
    subject = f"offer-{offer.id}" if offer else f"{account.id}/{turn.today.isoformat()}"
    await audit(turn.session, turn.actor, f"renewal.{state}", f"account/{account.id}", turn.now)
    task = await open_task(
        turn.session,
        key=keys.task("renewal", f"{subject}/{state}"),
        kind="renewal",
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + CALL_WITHIN,
        source=f"offer/{offer.id}" if offer else "",
    )
    return () if task is None else await to_staff(turn, card)

"""A family answers a renewal: yes, no with a reason, or not yet. An offer is no debt."""

from __future__ import annotations

from datetime import timedelta

from domain import keys
from domain.messages import Answer, OutgoingMessage
from domain.money import yuan
from domain.wording import day_words
from handlers.household import ask_which, press, settle_on, words_of
from handlers.notes import at_desk, to_staff
from handlers.turn import Turn
from models.agreements import Offer, open_offer
from models.staff import audit, open_task

CALL_WITHIN = timedelta(days=2)
REASONS = ("time", "trip", "price", "asks_child", "hometown", "other")
SCHOOL = "training"


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
    row = (press(turn, "renew_yes", "renewal.yes"), press(turn, "person", "person.ask"))
    return Answer((turn.say("renewal.thanks", row),))


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

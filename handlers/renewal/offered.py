"""What a family is offered: its sum, its days and lessons, and the buttons. An offer is no debt until they say yes."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.messages import Answer, Kind, OutgoingMessage
from domain.rendering import price_words
from domain.renewals import LIVE, OfferState, chargeable_from
from domain.wording import day_words
from handlers import person
from handlers.household import ask_which, press, settle_on
from handlers.turn import Turn
from models.agreements import Offer, coming_offer, open_offer
from models.bills import Bill, BillLine, bill_lines

BEFORE_OPENING = (("renew_yes", "yes"), ("renew_consider", "consider"), ("renew_no", "no"))
ANSWERS = (("renew_sure", "yes"), ("renew_yes", "reserve"), ("renew_consider", "consider"), ("renew_no", "no"))
ASKED = (("renew_sure", "yes"), ("renew_yes", "reserve"), ("renew_consider", "consider"))  # after a wish in free words
TAP = "renewal.tap"  # the step in which a course waits for the tap that makes it theirs
SCHOOL = "training"
OFFER = "offer"


async def show(turn: Turn) -> Answer | None:
    """`/renew`, 续班: what is offered, and the answers."""
    if (which := await ask_which(turn, "renewal.show")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return Answer((turn.say("renewal.not_here", (press(turn, "bill", "bill.show"),)),))
    offer = await open_one(turn)
    row = [press(turn, name, f"renewal.{action}") for name, action in ANSWERS]
    if offer is None and (coming := await coming_one(turn)) is not None:
        return Answer((before_opening(turn, coming, "renewal.before"),))
    if offer is None:
        return Answer((turn.say("renewal.none_open", [each for each in row if each.action != "renewal.reserve"]),))
    until = day_words(offer.closes_on, turn.language)
    return Answer((turn.say("renewal.offered", row[:2], row[2:], fields=fields_of(turn, offer), until=until),))


async def open_one(turn: Turn) -> Offer | None:
    return await open_offer(turn.session, turn.household.id, turn.today)


async def coming_one(turn: Turn) -> Offer | None:
    return await coming_offer(turn.session, turn.household.id, turn.today)


def before_opening(turn: Turn, coming: Offer, template: str) -> OutgoingMessage:
    """A renewal that opens later: when, what it will be, and what can be said or asked already. Nothing is paid yet."""
    fields = {
        **fields_of(turn, coming),
        "opens": day_words(coming.opens_on, turn.language),
        "closes": day_words(coming.closes_on, turn.language),
        "from": day_words(coming.covers_from, turn.language),
        "until": day_words(coming.covers_until, turn.language),
    }
    row = [press(turn, name, f"renewal.{action}") for name, action in BEFORE_OPENING]
    return turn.say(template, row, [press(turn, "person", "person.ask")], fields=fields)


def fields_of(turn: Turn, offer: Offer) -> dict[str, str]:
    price = price_words(turn.office.wording, turn.language, offer.lessons, offer.amount_fen)
    return {"class_name": offer.class_name, "price": price, "refund": turn.words("offer.refund")}


async def about(turn: Turn) -> Answer | None:
    """What the next course costs, or "we want it after all": the offer with its buttons, also after a no.

    None where none is open or coming.
    """
    settle_on(turn)
    if turn.household.kind != SCHOOL:
        return None
    if (offer := await open_one(turn)) is not None:
        return await asked(turn, offer)
    coming = await coming_one(turn)
    return Answer((before_opening(turn, coming, "renewal.before"),)) if coming is not None else None


async def asked(turn: Turn, offer: Offer) -> Answer:
    """The sum, the days and the lessons of an offer, and the question; what was answered with yes already is said so."""
    if offer.state == OfferState.YES:
        return Answer((await standing_yes(turn, offer),))
    row = [press(turn, name, f"renewal.{action}") for name, action in ASKED]
    starts = chargeable_from(offer.covers_from)
    later = turn.today < starts
    day = starts if later else turn.today + timedelta(days=turn.policy.renewal.due_days)
    fields = {
        **fields_of(turn, offer),
        "from": day_words(offer.covers_from, turn.language),
        "until": day_words(offer.covers_until, turn.language),
        "closes": day_words(offer.closes_on, turn.language),
        "pay": turn.words("renewal.pay_later" if later else "renewal.pay_by", due=day_words(day, turn.language)),
    }
    return Answer((turn.say("renewal.asked", row, fields=fields),), expect=TAP)


async def beside(turn: Turn) -> str:
    """One line beside "nothing is owed": the renewal that they may answer and have not. Empty after any answer."""
    offer = await open_one(turn) or await coming_one(turn)
    if offer is None or offer.answered_at is not None or offer.state != OfferState.OPEN:
        return ""
    fields = fields_of(turn, offer) | {"closes": day_words(offer.closes_on, turn.language)}
    if offer.opens_on > turn.today:
        return turn.words("renewal.beside_before", **fields, opens=day_words(offer.opens_on, turn.language))
    return turn.words("renewal.beside", **fields)


async def lessons(turn: Turn) -> Answer | None:
    """How many lessons are left, from the books; where nothing is written there, a teacher looks."""
    if (which := await ask_which(turn, "renewal.lessons")) is not None:
        return which
    account = turn.household
    if account.kind != SCHOOL:
        return None
    fields = {"class_name": account.class_name or turn.called()["room"]}
    if account.lessons_left is not None:
        row = (press(turn, "wrong_number", "person.ask"),)
        return Answer((turn.say("renewal.lessons_left", row, fields=fields, number=str(account.lessons_left)),))
    called = await person.ask(turn) or Answer()
    return Answer((turn.say("renewal.lessons_unknown", fields=fields), *called.messages), called.expect, called.memory)


async def standing_yes(turn: Turn, offer: Offer) -> OutgoingMessage:
    """A yes that was given before: by when to pay, or that it is paid."""
    line = await bill_of(turn, offer)
    if line is not None and line.open_fen <= 0:
        return turn.say("renewal.sure_paid", (press(turn, "person", "person.ask"),), fields=fields_of(turn, offer))
    return confirmed(turn, offer, line.bill if line is not None else None)


def confirmed(turn: Turn, offer: Offer, bill: Bill | None, kind: Kind = Kind.REPLY) -> OutgoingMessage:
    """What their yes means: by when to pay, or from when it is charged, and until when it can be taken back."""
    row = (press(turn, "pay", "pay.how"), press(turn, "person", "person.ask"))
    if bill is None:
        starts = day_words(chargeable_from(offer.covers_from), turn.language)
        fields = {**fields_of(turn, offer), "from": starts}
        return turn.say("renewal.sure_later", row[1:], kind=kind, fields=fields)
    due = day_words(bill.due_on, turn.language)
    return turn.say("renewal.sure", row, kind=kind, fields=fields_of(turn, offer), due=due)


def source_of(offer: Offer | None, answer: str) -> str:
    """The source of an answer, as its button to take it back knows it: "offer/3/yes"."""
    return f"{OFFER}/{offer.id}/{answer}" if offer is not None else ""


async def answered_since(turn: Turn, since: datetime) -> str:
    """The source of the answer that this household gave, if it still stands and was given since a moment; else empty."""
    offer = await open_one(turn) if turn.household.kind == SCHOOL else None
    if offer is None or offer.answered_at is None or offer.answered_at < since:
        return ""
    return source_of(offer, "reserved" if offer.reserved_until is not None and offer.state in LIVE else offer.state)


async def bill_of(turn: Turn, offer: Offer) -> BillLine | None:
    """The bill that their yes became; None: there is none."""
    lines = await bill_lines(turn.session, [offer.account_id])
    return next((line for line in lines if line.bill.id == offer.bill_id), None)

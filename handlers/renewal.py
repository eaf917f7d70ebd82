"""A family answers a renewal: yes, a seat, not yet, no with a reason, or just "seen". An offer is no debt until they say yes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from domain import keys
from domain.clock import at_local
from domain.errors import Refusal
from domain.messages import Answer, Choice, Kind, OutgoingMessage
from domain.money import yuan
from domain.rendering import price_words
from domain.renewals import ANSWERABLE, LIVE, OfferState, chargeable_from
from domain.tiers import Evidence
from domain.wording import day_words
from handlers import person
from handlers.household import ask_which, press, said, settle_on, words_of
from handlers.notes import at_desk, to_staff
from handlers.turn import Turn
from models.accounts import Account
from models.agreements import Offer, coming_offer, live_plan, open_offer
from models.bills import Bill, bill_lines
from models.corrections import void_bill
from models.profiles import note_evidence, take_evidence_back
from models.renewals import bill_offer
from models.staff import audit, close_task, open_task, times_done
from understanding.reading import Reading

CALL_WITHIN = timedelta(days=2)
REASONS = ("time", "trip", "price", "asks_child", "hometown", "other")  # codes, stored with the offer
BEFORE_OPENING = (("renew_yes", "yes"), ("renew_consider", "consider"), ("renew_no", "no"))
ANSWERS = (("renew_sure", "yes"), ("renew_yes", "reserve"), ("renew_consider", "consider"), ("renew_no", "no"))
ASKED = (("renew_sure", "yes"), ("renew_yes", "reserve"), ("renew_consider", "consider"))  # after a wish in free words
TAP = "renewal.tap"  # the step in which a course waits for the tap that makes it theirs
SCHOOL = "training"
OFFER = "offer"
NEXT_DAYS = (7, 14, 30)  # offered for the next talk
NEXT_DAYS_MAX = 120
NEVER_AGAIN = "never"
EVIDENCE = {
    "yes": Evidence.SAID_YES,
    "no": Evidence.SAID_NO,
    "considering": Evidence.CONSIDERING,
    "reserved": Evidence.RESERVED,
}


async def show(turn: Turn) -> Answer | None:
    """`/renew`, 续班: what is offered, and the answers."""
    if (which := await ask_which(turn, "renewal.show")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return Answer((turn.say("renewal.not_here", (press(turn, "bill", "bill.show"),)),))
    offer = await _offer(turn)
    row = [press(turn, name, f"renewal.{action}") for name, action in ANSWERS]
    if offer is None and (coming := await _coming(turn)) is not None:
        return Answer((_before(turn, coming, "renewal.before"),))
    if offer is None:
        return Answer((turn.say("renewal.none_open", [each for each in row if each.action != "renewal.reserve"]),))
    until = day_words(offer.closes_on, turn.language)
    return Answer((turn.say("renewal.offered", row[:2], row[2:], fields=_fields(turn, offer), until=until),))


async def _offer(turn: Turn) -> Offer | None:
    return await open_offer(turn.session, turn.household.id, turn.today)


async def _coming(turn: Turn) -> Offer | None:
    return await coming_offer(turn.session, turn.household.id, turn.today)


def _before(turn: Turn, coming: Offer, template: str) -> OutgoingMessage:
    """A renewal that opens later: when, what it will be, and what can be said or asked already. Nothing is paid yet."""
    fields = {
        **_fields(turn, coming),
        "opens": day_words(coming.opens_on, turn.language),
        "closes": day_words(coming.closes_on, turn.language),
        "from": day_words(coming.covers_from, turn.language),
        "until": day_words(coming.covers_until, turn.language),
    }
    row = [press(turn, name, f"renewal.{action}") for name, action in BEFORE_OPENING]
    return turn.say(template, row, [press(turn, "person", "person.ask")], fields=fields)


def _fields(turn: Turn, offer: Offer) -> dict[str, str]:
    price = price_words(turn.office.wording, turn.language, offer.lessons, offer.amount_fen)
    return {"class_name": offer.class_name, "price": price, "refund": turn.words("offer.refund")}


async def wished(turn: Turn) -> Answer | None:
    """ "Sign him up": what the yes would mean is read back; the contract and its bill are made by a tap, never by words."""
    if (which := await ask_which(turn, "renewal.show")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return None
    offer = await _offer(turn)
    if offer is None:
        return await yes(turn)  # nothing can be billed: the teacher is told, and a place is kept
    return await asked(turn, offer)


async def about(turn: Turn) -> Answer | None:
    """What the next course costs, or "we want it after all": the offer with its buttons, also after a no.

    None where none is open or coming.
    """
    settle_on(turn)
    if turn.household.kind != SCHOOL:
        return None
    if (offer := await _offer(turn)) is not None:
        return await asked(turn, offer)
    coming = await _coming(turn)
    return Answer((_before(turn, coming, "renewal.before"),)) if coming is not None else None


async def asked(turn: Turn, offer: Offer) -> Answer:
    """The sum, the days and the lessons of an offer, and the question; what was answered with yes already is said so."""
    if offer.state == OfferState.YES:
        return Answer((await _stands(turn, offer),))
    row = [press(turn, name, f"renewal.{action}") for name, action in ASKED]
    starts = chargeable_from(offer.covers_from)
    later = turn.today < starts
    day = starts if later else turn.today + timedelta(days=turn.policy.renewal.due_days)
    fields = {
        **_fields(turn, offer),
        "from": day_words(offer.covers_from, turn.language),
        "until": day_words(offer.covers_until, turn.language),
        "closes": day_words(offer.closes_on, turn.language),
        "pay": turn.words("renewal.pay_later" if later else "renewal.pay_by", due=day_words(day, turn.language)),
    }
    return Answer((turn.say("renewal.asked", row, fields=fields),), expect=TAP)


async def beside(turn: Turn) -> str:
    """One line beside "nothing is owed": the renewal that they may answer and have not. Empty after any answer."""
    offer = await _offer(turn) or await _coming(turn)
    if offer is None or offer.answered_at is not None or offer.state != OfferState.OPEN:
        return ""
    fields = _fields(turn, offer) | {"closes": day_words(offer.closes_on, turn.language)}
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


async def to_tap(turn: Turn) -> Answer | None:
    """A bare "ok" after that question is too little for a contract: one tap more."""
    nods = turn.reading is not None and turn.reading.top.intent == "greet_thanks"
    offer = await _offer(turn) if nods else None
    if offer is None:
        return None
    row = [press(turn, name, f"renewal.{action}") for name, action in ASKED]
    return Answer((turn.say("renewal.tap", row, fields=_fields(turn, offer)),), expect=TAP)


async def _stands(turn: Turn, offer: Offer) -> OutgoingMessage:
    """A yes that was given before: by when to pay, or that it is paid."""
    lines = await bill_lines(turn.session, [offer.account_id])
    if any(line.bill.id == offer.bill_id and line.open_fen <= 0 for line in lines):
        return turn.say("renewal.sure_paid", (press(turn, "person", "person.ask"),), fields=_fields(turn, offer))
    bill = await turn.session.get(Bill, offer.bill_id) if offer.bill_id is not None else None
    return confirmed(turn, offer, bill)


async def yes(turn: Turn) -> Answer | None:
    """The course is theirs: a bill from the first day on which it may be charged."""
    if (which := await ask_which(turn, "renewal.yes")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return None
    offer = await _offer(turn)
    bill = await record(turn, turn.household, offer, "yes")
    cards = await _cards(turn, offer, "yes")
    if offer is None and (coming := await _coming(turn)) is not None:
        return Answer((_before(turn, coming, "renewal.yes_before"), *cards))
    if offer is None:
        return Answer((turn.say("renewal.yes_noted"), *cards))
    return Answer((confirmed(turn, offer, bill), *cards), done=_answered(offer, "yes"))


def confirmed(turn: Turn, offer: Offer, bill: Bill | None, kind: Kind = Kind.REPLY) -> OutgoingMessage:
    """What their yes means: by when to pay, or from when it is charged, and until when it can be taken back."""
    row = (press(turn, "pay", "pay.how"), press(turn, "person", "person.ask"))
    if bill is None:
        starts = day_words(chargeable_from(offer.covers_from), turn.language)
        fields = {**_fields(turn, offer), "from": starts}
        return turn.say("renewal.sure_later", row[1:], kind=kind, fields=fields)
    due = day_words(bill.due_on, turn.language)
    return turn.say("renewal.sure", row, kind=kind, fields=_fields(turn, offer), due=due)


async def _billed(turn: Turn, offer: Offer) -> Bill | None:
    words, language = turn.office.wording, turn.office.language
    item = words.text("offer.item", language, {"class_name": offer.class_name})
    basis = words.text("offer.lessons", language, {"number": str(offer.lessons)})
    days = turn.office.policy(SCHOOL).renewal.due_days
    return await bill_offer(turn.session, offer, item, basis, days, turn.today, turn.now, actor=turn.actor)


async def reserve(turn: Turn) -> Answer | None:
    """留位: a seat is kept while they think; nothing is owed for it."""
    if (which := await ask_which(turn, "renewal.reserve")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return None
    offer = await _offer(turn)
    if offer is None:
        return await yes(turn)  # nothing can be billed: the teacher is told
    voided_fen = 0
    if offer.state == OfferState.YES:
        if offer.bill_id is not None and await _received(turn, offer) > 0:
            return Answer((await _stands(turn, offer),))  # the place is theirs already
        voided_fen = await _open_again(turn, offer, "yes")
    elif offer.state == OfferState.NO:
        offer.state = OfferState.OPEN.value
    offer.reserved_until = min(offer.closes_on, turn.today + timedelta(days=turn.policy.renewal.reserve_days))
    await record(turn, turn.household, offer, "reserved")
    cards = await _cards(turn, offer, "reserved")
    row = (press(turn, "renew_sure", "renewal.yes"), press(turn, "renew_no", "renewal.no"))
    fields = {**_fields(turn, offer), "until": day_words(offer.reserved_until, turn.language)}
    template = "renewal.reserved_unbilled" if voided_fen else "renewal.reserved"
    said_back = turn.say(template, row, fields=fields, amount=yuan(voided_fen))
    return Answer((said_back, *cards), done=_answered(offer, "reserved"))


async def keep_place(turn: Turn) -> Answer | None:
    """ "Hold a place for us": a place and no more. Where their yes has become a bill, a tap turns it back into a hold."""
    if (which := await ask_which(turn, "renewal.reserve")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return None
    offer = await _offer(turn)
    if offer is None or offer.bill_id is None or await _received(turn, offer) > 0:
        return await reserve(turn)
    return Answer((await _instead(turn, offer, "renewal.reserve_instead"),))


async def _instead(turn: Turn, offer: Offer, template: str) -> OutgoingMessage:
    """Their unpaid yes stands: whether a hold or time to think takes its place, which voids the bill."""
    row = (
        press(turn, "renew_hold", "renewal.reserve"),
        press(turn, "renew_void", "renewal.consider", sure="yes"),
        press(turn, "renew_stay", "renewal.stay"),
    )
    lines = await bill_lines(turn.session, [offer.account_id])
    billed_fen = next((line.billed_fen for line in lines if line.bill.id == offer.bill_id), offer.amount_fen)
    until = day_words(offer.closes_on, turn.language)
    return turn.say(template, row, fields=_fields(turn, offer), amount=yuan(billed_fen), until=until)


async def stay(turn: Turn) -> Answer:
    """Their yes is left as it is."""
    settle_on(turn)
    offer = await _offer(turn)
    if offer is None:
        return Answer((turn.say("renewal.closed"),))
    return await asked(turn, offer)


async def seen(turn: Turn) -> Answer | None:
    """They have read it, which is all that was asked: nobody calls."""
    settle_on(turn)
    offer = await _offer(turn)
    if offer is None:
        return Answer((turn.say("renewal.closed"),))
    if offer.acknowledged_at is None:
        offer.acknowledged_at = turn.now
        await note_evidence(turn.session, turn.household, Evidence.ACKNOWLEDGED, turn.actor, turn.now)
        await audit(turn.session, turn.actor, "renewal.seen", f"account/{turn.household.id}", turn.now)
    row = [press(turn, name, f"renewal.{action}") for name, action in ANSWERS]
    until = day_words(offer.closes_on, turn.language)
    return Answer((turn.say("renewal.seen", row[:2], row[2:], until=until),))


async def no(turn: Turn) -> Answer | None:
    """Respected at once; one optional tap says why. A bill that their yes became goes, unless it is paid."""
    return await _not_now(turn, "renewal.no", "no")


async def consider(turn: Turn) -> Answer | None:
    """Time to think, until the offer closes."""
    return await _not_now(turn, "renewal.consider", "considering")


async def _not_now(turn: Turn, action: str, state: str) -> Answer | None:
    if (which := await ask_which(turn, action)) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return None
    offer, coming = await _offer(turn), await _coming(turn)
    if offer is None and coming is not None and state == OfferState.NO:
        offer = coming  # a no holds for what is to come as well: nobody asks when it opens
    unbilled = offer is not None and offer.bill_id is not None
    if offer is not None and unbilled and (refund := await _paid(turn, offer)) is not None:
        return refund
    if offer is not None and unbilled and state == "considering" and "sure" not in turn.args:
        return Answer((await _instead(turn, offer, "renewal.consider_instead"),))
    planned = unbilled and await live_plan(turn.session, turn.household.id) is not None
    await record(turn, turn.household, offer, state)
    cards = await _cards(turn, offer, state)
    buttons = [press(turn, f"reason_{each}", "renewal.reason", reason=each) for each in REASONS]
    rows = [buttons[:3], buttons[3:]]
    done = _answered(offer, state)
    if unbilled and offer is not None:
        until = day_words(offer.closes_on, turn.language)
        ended = planned and await live_plan(turn.session, turn.household.id) is None
        plan = turn.words("renewal.plan_ended") if ended else ""
        template = "renewal.unbilled" if state == "no" else "renewal.considering_unbilled"
        return Answer((turn.say(template, *rows, until=until, plan=plan), *cards), done=done)
    if offer is None and coming is not None:
        return Answer((_before(turn, coming, "renewal.considering_before"), *cards))
    if offer is not None and state == "considering":
        until = day_words(offer.closes_on, turn.language)
        return Answer((turn.say("renewal.considering_until", *rows, until=until), *cards), done=done)
    return Answer((turn.say(f"renewal.{state}", *rows), *cards), done=done)


# an answer is taken back


def _answered(offer: Offer | None, answer: str) -> str:
    """The source of an answer, as its button to take it back knows it: "offer/3/yes"."""
    return f"{OFFER}/{offer.id}/{answer}" if offer is not None else ""


async def answered_since(turn: Turn, since: datetime) -> str:
    """The source of the answer that this household gave, if it still stands and was given since a moment; else empty."""
    offer = await _offer(turn) if turn.household.kind == SCHOOL else None
    if offer is None or offer.answered_at is None or offer.answered_at < since:
        return ""
    return _answered(offer, "reserved" if offer.reserved_until is not None and offer.state in LIVE else offer.state)


async def unsay(turn: Turn, source: str) -> Answer:
    """Take an answer back: the offer is open again, and the bill that a yes became is void.

    Once money has arrived for it, a person settles what comes next. Raises Refusal: it is not theirs, or another answer
    stands by now.
    """
    _, number, answer = source.split("/")
    mine = {account.id: account for account, _ in turn.households}
    offer = await turn.session.get(Offer, int(number), with_for_update=True)
    if offer is None or offer.account_id not in mine:
        raise Refusal("undo.too_late")
    turn.account = mine[offer.account_id]
    reserved = offer.reserved_until is not None and offer.state in LIVE
    stands = reserved if answer == "reserved" else offer.state == answer
    if not stands or offer.answered_at is None:
        raise Refusal("renewal.undone_before")
    if offer.bill_id is not None and (refund := await _paid(turn, offer, "renewal.paid_undo")) is not None:
        return refund
    billed_fen = await _open_again(turn, offer, answer)
    source = f"{OFFER}/{offer.id}"
    await close_task(turn.session, source, turn.now, staff_id=None, outcome="withdrawn")
    desk = at_desk(turn)
    fields = desk.called() | {"code": turn.household.code, "kind": desk.words(f"renewal.answer_{answer}")}
    card = desk.say("card.taken_back", fields=fields)
    row = [press(turn, name, f"renewal.{action}") for name, action in ANSWERS]
    told = {**_fields(turn, offer), "amount": yuan(billed_fen), "until": day_words(offer.closes_on, turn.language)}
    template = "renewal.undone_bill" if billed_fen else "renewal.undone"
    return Answer((turn.say(template, row[:2], row[2:], fields=told), *await to_staff(turn, card)))


async def _open_again(turn: Turn, offer: Offer, answer: str) -> int:
    """The offer as if that answer had not been given: its evidence and its bill go. The fen of the bill, 0: none."""
    billed_fen = 0
    if offer.bill_id is not None:
        lines = await bill_lines(turn.session, [offer.account_id])
        billed_fen = next((line.billed_fen for line in lines if line.bill.id == offer.bill_id), 0)
        await void_bill(turn.session, offer.bill_id, f"renewal {answer} undone", turn.today, turn.now, actor=turn.actor)
    if offer.answered_at is not None:
        await take_evidence_back(
            turn.session, turn.household, EVIDENCE[answer], turn.actor, offer.answered_at, turn.now
        )
    offer.state, offer.reason, offer.bill_id = OfferState.OPEN.value, "", None
    offer.answered_at = offer.reserved_until = offer.next_on = None
    offer.no_more = False
    await audit(turn.session, turn.actor, f"undo.{OFFER}", f"{OFFER}/{offer.id}", turn.now, {"answer": answer})
    return billed_fen


async def _received(turn: Turn, offer: Offer) -> int:
    """What has arrived for its bill, in fen."""
    lines = await bill_lines(turn.session, [offer.account_id])
    return next((line.received_fen for line in lines if line.bill.id == offer.bill_id), 0)


async def _paid(turn: Turn, offer: Offer, template: str = "renewal.paid_no") -> Answer | None:
    """Money has arrived for it: a person settles the refund. None where nothing has."""
    received = await _received(turn, offer)
    if received <= 0:
        return None
    desk, account = at_desk(turn), turn.household
    fields = {"code": account.code, "class_name": offer.class_name, "answer": desk.words("renewal.answer_refund")}
    card = desk.say("card.renewal", fields=desk.called() | fields | {"text": words_of(turn)[:300] or "—"})
    task = await open_task(
        turn.session,
        key=keys.task("refund", f"offer-{offer.id}/{turn.today.isoformat()}"),
        kind="refund",
        account=account,
        summary=desk.words("task.refund", amount=yuan(received)),
        at=turn.now,
        due_at=turn.now + CALL_WITHIN,
        source=f"offer/{offer.id}",
    )
    await audit(turn.session, turn.actor, "renewal.refund", f"account/{account.id}", turn.now)
    row = (press(turn, "person", "person.ask"),)
    return Answer((turn.say(template, row), *(() if task is None else await to_staff(turn, card))))


async def reason(turn: Turn) -> Answer:
    """Why, in one tap: for the teacher's list, not for pressing."""
    settle_on(turn)
    offer = await _offer(turn) or await _coming(turn)
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
    row = (
        press(turn, "not_again", "renewal.next", date=NEVER_AGAIN),
        press(turn, "renew_yes", "renewal.reserve"),
        press(turn, "renew_sure", "renewal.yes"),
    )
    return Answer((turn.say(template, asked, row),), expect="renewal.next")


def _other_wish(reading: Reading) -> bool:
    """Surely something else than "later"."""
    return reading.sure and reading.top.intent not in ("renew_consider", "request_postpone")


async def next_day(turn: Turn) -> Answer | None:
    """When the teacher may ask again: a day by button or in words, or never for this class."""
    settle_on(turn)
    chosen = turn.args.get("date", "")
    offer = await _offer(turn)
    if chosen == NEVER_AGAIN:
        if offer is not None:
            offer.no_more = True
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
    offer = await _offer(turn)
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


async def record(turn: Turn, account: Account, offer: Offer | None, answer: str, reason: str = "") -> Bill | None:
    """Keep an answer, given in chat or on the telephone: with the offer, as evidence, and as a bill or none any more.

    The bill of a yes, where one may be issued already. Nobody is called about this offer until something new is opened.
    """
    await note_evidence(turn.session, account, EVIDENCE[answer], turn.actor, turn.now)
    detail = {"reason": reason} if reason else {}
    await audit(turn.session, turn.actor, f"renewal.{answer}", f"account/{account.id}", turn.now, detail)
    if offer is None:
        return None
    offer.answered_at, offer.reason = turn.now, reason or offer.reason
    if answer in ANSWERABLE:
        offer.state = answer
    staff_id = turn.staff.id if turn.staff is not None else None
    await close_task(turn.session, f"offer/{offer.id}", turn.now, staff_id=staff_id, outcome="answered")
    if answer == OfferState.YES:
        return await _billed(turn, offer)
    if offer.bill_id is not None and answer in (OfferState.NO, OfferState.CONSIDERING):
        await void_bill(turn.session, offer.bill_id, f"renewal {answer}", turn.today, turn.now, actor=turn.actor)
        offer.bill_id = None
    return None


async def _cards(turn: Turn, offer: Offer | None, answer: str) -> tuple[OutgoingMessage, ...]:
    """Let the teacher know. Without an offer it is the teacher's turn; with one it is a note."""
    desk, account = at_desk(turn), turn.household
    fields = {
        "code": account.code,
        "class_name": offer.class_name if offer else account.class_name,
        "answer": desk.words(f"renewal.answer_{answer}"),
        "text": words_of(turn)[:300] or "—",
    }
    card = desk.say("card.renewal", fields=desk.called() | fields)
    subject = f"offer-{offer.id}" if offer else f"{account.id}/{turn.today.isoformat()}"
    if offer is not None and (undone := await times_done(turn.session, f"undo.{OFFER}", f"{OFFER}/{offer.id}")):
        subject = f"{subject}/{undone}"  # the same answer once more is news again
    task = await open_task(
        turn.session,
        key=keys.task("renewal", f"{subject}/{answer}"),
        kind="renewal_note" if offer else "renewal",
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + CALL_WITHIN,
        source=f"offer/{offer.id}" if offer else "",
    )
    return () if task is None else await to_staff(turn, card)

"""A family answers a renewal: yes, a seat, not yet, no, or just "seen". Words show what is meant; a tap makes it so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.messages import Answer, OutgoingMessage
from domain.money import yuan
from domain.renewals import OfferState
from domain.tiers import Evidence
from domain.wording import day_words
from handlers.household import ask_which, press, settle_on
from handlers.renewal.again import REASONS, when
from handlers.renewal.kept import record, teachers_told
from handlers.renewal.offered import (
    ANSWERS,
    ASKED,
    SCHOOL,
    TAP,
    asked,
    before_opening,
    bill_of,
    coming_one,
    confirmed,
    fields_of,
    open_one,
    source_of,
    standing_yes,
)
from handlers.renewal.undone import open_again, refund_first
from handlers.turn import Turn
from models.agreements import Offer, live_plan
from models.profiles import note_evidence
from models.staff import audit


async def wished(turn: Turn) -> Answer | None:
    """ "Sign him up": what the yes would mean is read back; the contract and its bill are made by a tap, never by words."""
    if (which := await ask_which(turn, "renewal.show")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return None
    offer = await open_one(turn)
    if offer is None:
        return await yes(turn)  # nothing can be billed: the teacher is told, and a place is kept
    return await asked(turn, offer)


async def to_tap(turn: Turn) -> Answer | None:
    """A bare "ok" after that question is too little for a contract: one tap more."""
    nods = turn.reading is not None and turn.reading.top.intent == "greet_thanks"
    offer = await open_one(turn) if nods else None
    if offer is None:
        return None
    row = [press(turn, name, f"renewal.{action}") for name, action in ASKED]
    return Answer((turn.say("renewal.tap", row, fields=fields_of(turn, offer)),), expect=TAP)


async def yes(turn: Turn) -> Answer | None:
    """The course is theirs: a bill from the first day on which it may be charged."""
    if (which := await ask_which(turn, "renewal.yes")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return None
    offer = await open_one(turn)
    bill = await record(turn, turn.household, offer, "yes")
    told = await teachers_told(turn, offer, "yes")
    if offer is None and (coming := await coming_one(turn)) is not None:
        return Answer((before_opening(turn, coming, "renewal.yes_before"), *told))
    if offer is None:
        return Answer((turn.say("renewal.yes_noted"), *told))
    return Answer((confirmed(turn, offer, bill), *told), done=source_of(offer, "yes"))


async def reserve(turn: Turn) -> Answer | None:
    """留位: a seat is kept while they think; nothing is owed for it."""
    if (which := await ask_which(turn, "renewal.reserve")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return None
    offer = await open_one(turn)
    if offer is None:
        return await yes(turn)  # nothing can be billed: the teacher is told
    voided_fen = 0
    if offer.state == OfferState.YES:
        if (line := await bill_of(turn, offer)) is not None and line.received_fen > 0:
            return Answer((await standing_yes(turn, offer),))  # the place is theirs already
        voided_fen = await open_again(turn, offer, "yes")
    elif offer.state == OfferState.NO:
        offer.state = OfferState.OPEN.value
    offer.reserved_until = min(offer.closes_on, turn.today + timedelta(days=turn.policy.renewal.reserve_days))
    await record(turn, turn.household, offer, "reserved")
    told = await teachers_told(turn, offer, "reserved")
    row = (press(turn, "renew_sure", "renewal.yes"), press(turn, "renew_no", "renewal.no"))
    fields = {**fields_of(turn, offer), "until": day_words(offer.reserved_until, turn.language)}
    template = "renewal.reserved_unbilled" if voided_fen else "renewal.reserved"
    said_back = turn.say(template, row, fields=fields, amount=yuan(voided_fen))
    return Answer((said_back, *told), done=source_of(offer, "reserved"))


async def keep_place(turn: Turn) -> Answer | None:
    """ "Hold a place for us": a place and no more. Where their yes has become a bill, a tap turns it back into a hold."""
    if (which := await ask_which(turn, "renewal.reserve")) is not None:
        return which
    if turn.household.kind != SCHOOL:
        return None
    offer = await open_one(turn)
    line = await bill_of(turn, offer) if offer is not None else None
    if offer is None or line is None or line.received_fen > 0:
        return await reserve(turn)
    return Answer((await _instead(turn, offer, "renewal.reserve_instead"),))


async def _instead(turn: Turn, offer: Offer, template: str) -> OutgoingMessage:
    """Their unpaid yes stands: whether a hold or time to think takes its place, which voids the bill."""
    row = (
        press(turn, "renew_hold", "renewal.reserve"),
        press(turn, "renew_void", "renewal.consider", sure="yes"),
        press(turn, "renew_stay", "renewal.stay"),
    )
    line = await bill_of(turn, offer)
    billed_fen = line.billed_fen if line is not None else offer.amount_fen
    until = day_words(offer.closes_on, turn.language)
    return turn.say(template, row, fields=fields_of(turn, offer), amount=yuan(billed_fen), until=until)


async def stay(turn: Turn) -> Answer:
    """Their yes is left as it is."""
    settle_on(turn)
    offer = await open_one(turn)
    if offer is None:
        return Answer((turn.say("renewal.closed"),))
    return await asked(turn, offer)


async def seen(turn: Turn) -> Answer | None:
    """They have read it, which is all that was asked: nobody calls."""
    settle_on(turn)
    offer = await open_one(turn)
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
    offer, coming = await open_one(turn), await coming_one(turn)
    if offer is None and coming is not None and state == OfferState.NO:
        offer = coming  # a no holds for what is to come as well: nobody asks when it opens
    unbilled = offer is not None and offer.bill_id is not None
    if offer is not None and unbilled and (refund := await refund_first(turn, offer)) is not None:
        return refund
    if offer is not None and unbilled and state == "considering" and "sure" not in turn.args:
        return Answer((await _instead(turn, offer, "renewal.consider_instead"),))
    planned = unbilled and await live_plan(turn.session, turn.household.id) is not None
    reason = turn.args.get("reason", "")
    await record(turn, turn.household, offer, state, reason)
    told = await teachers_told(turn, offer, state)
    if offer is None and coming is not None:
        return Answer((before_opening(turn, coming, "renewal.considering_before"), *told))
    template, fields = f"renewal.{state}", {"until": day_words(offer.closes_on, turn.language) if offer else ""}
    if unbilled:
        ended = planned and await live_plan(turn.session, turn.household.id) is None
        fields["plan"] = turn.words("renewal.plan_ended") if ended else ""
        template = "renewal.unbilled" if state == "no" else "renewal.considering_unbilled"
    elif offer is not None and state == "considering":
        template = "renewal.considering_until"
    done = source_of(offer, state)
    if reason:  # it was said at once: confirmed, and not asked again
        name = "renewal.noted_other" if reason == "other" else "renewal.noted"
        because = turn.words(name, why=turn.words(f"renewal.because_{reason}"))
        asked_when = when(turn, "renewal.because", before=turn.words(f"{template}_told", **fields), because=because)
        return replace(asked_when.also(*told), done=done)
    buttons = [press(turn, f"reason_{each}", "renewal.reason", reason=each) for each in REASONS]
    return Answer((turn.say(template, buttons[:3], buttons[3:], fields=fields), *told), done=done)

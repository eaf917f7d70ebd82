"""An answer is taken back: the offer is open again, and the bill that a yes became is void."""

from __future__ import annotations

from domain import keys
from domain.errors import Refusal
from domain.messages import Answer
from domain.money import yuan
from domain.renewals import LIVE, OfferState
from domain.wording import day_words
from handlers.household import press, words_of
from handlers.notes import at_desk, to_staff
from handlers.renewal.kept import CALL_WITHIN, EVIDENCE
from handlers.renewal.offered import ANSWERS, OFFER, bill_of, fields_of
from handlers.turn import Turn
from models.agreements import Offer
from models.corrections import void_bill
from models.profiles import take_evidence_back
from models.staff import audit, close_task, open_task


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
    if offer.bill_id is not None and (refund := await refund_first(turn, offer, "renewal.paid_undo")) is not None:
        return refund
    billed_fen = await open_again(turn, offer, answer)
    source = f"{OFFER}/{offer.id}"
    await close_task(turn.session, source, turn.now, staff_id=None, outcome="withdrawn")
    desk = at_desk(turn)
    fields = desk.called() | {"code": turn.household.code, "kind": desk.words(f"renewal.answer_{answer}")}
    card = desk.say("card.taken_back", fields=fields)
    row = [press(turn, name, f"renewal.{action}") for name, action in ANSWERS]
    told = {**fields_of(turn, offer), "amount": yuan(billed_fen), "until": day_words(offer.closes_on, turn.language)}
    template = "renewal.undone_bill" if billed_fen else "renewal.undone"
    return Answer((turn.say(template, row[:2], row[2:], fields=told), *await to_staff(turn, card)))


async def open_again(turn: Turn, offer: Offer, answer: str) -> int:
    """The offer as if that answer had not been given: its evidence and its bill go. The fen of the bill, 0: none."""
    line = await bill_of(turn, offer)
    if line is not None:
        await void_bill(turn.session, line.bill.id, f"renewal {answer} undone", turn.today, turn.now, actor=turn.actor)
    if offer.answered_at is not None:
        await take_evidence_back(
            turn.session, turn.household, EVIDENCE[answer], turn.actor, offer.answered_at, turn.now
        )
    offer.state, offer.reason, offer.bill_id = OfferState.OPEN.value, "", None
    offer.answered_at = offer.reserved_until = offer.next_on = None
    offer.no_more = False
    await audit(turn.session, turn.actor, f"undo.{OFFER}", f"{OFFER}/{offer.id}", turn.now, {"answer": answer})
    return line.billed_fen if line is not None else 0


async def refund_first(turn: Turn, offer: Offer, template: str = "renewal.paid_no") -> Answer | None:
    """Money has arrived for it: a person settles the refund. None where nothing has."""
    line = await bill_of(turn, offer)
    if line is None or line.received_fen <= 0:
        return None
    desk, account = at_desk(turn), turn.household
    fields = {"code": account.code, "class_name": offer.class_name, "answer": desk.words("renewal.answer_refund")}
    card = desk.say("card.renewal", fields=desk.called() | fields | {"text": words_of(turn)[:300] or "—"})
    task = await open_task(
        turn.session,
        key=keys.task("refund", f"offer-{offer.id}/{turn.today.isoformat()}"),
        kind="refund",
        account=account,
        summary=desk.words("task.refund", amount=yuan(line.received_fen)),
        at=turn.now,
        due_at=turn.now + CALL_WITHIN,
        source=f"offer/{offer.id}",
    )
    await audit(turn.session, turn.actor, "renewal.refund", f"account/{account.id}", turn.now)
    row = (press(turn, "person", "person.ask"),)
    return Answer((turn.say(template, row), *(() if task is None else await to_staff(turn, card))))

"""An answer is kept: with the offer, as evidence, as a bill or none any more, and as a card for the teacher."""

from __future__ import annotations

from datetime import timedelta

from domain import keys
from domain.messages import OutgoingMessage
from domain.renewals import ANSWERABLE, OfferState
from domain.tiers import Evidence
from handlers.household import words_of
from handlers.notes import at_desk, to_staff
from handlers.renewal.offered import OFFER, SCHOOL
from handlers.turn import Turn
from models.accounts import Account
from models.agreements import Offer
from models.bills import Bill
from models.corrections import void_bill
from models.profiles import note_evidence
from models.renewals import bill_offer
from models.staff import audit, close_task, open_task, times_done

CALL_WITHIN = timedelta(days=2)
EVIDENCE = {
    "yes": Evidence.SAID_YES,
    "no": Evidence.SAID_NO,
    "considering": Evidence.CONSIDERING,
    "reserved": Evidence.RESERVED,
}


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


async def _billed(turn: Turn, offer: Offer) -> Bill | None:
    words, language = turn.office.wording, turn.office.language
    item = words.text("offer.item", language, {"class_name": offer.class_name})
    basis = words.text("offer.lessons", language, {"number": str(offer.lessons)})
    days = turn.office.policy(SCHOOL).renewal.due_days
    return await bill_offer(turn.session, offer, item, basis, days, turn.today, turn.now, actor=turn.actor)


async def teachers_told(turn: Turn, offer: Offer | None, answer: str) -> tuple[OutgoingMessage, ...]:
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

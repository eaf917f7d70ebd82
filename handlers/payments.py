"""What a household has paid: its last payments by the ledger, why there is a bill again, and a claim taken back."""

from __future__ import annotations

from domain.messages import Answer
from domain.money import yuan
from domain.wording import day_words
from handlers.bill import line_words
from handlers.household import TEXT_CARRIED, ask_which, press
from handlers.steps import talks_with_staff
from handlers.turn import Turn
from models.agreements import latest_claim
from models.bills import bill_lines
from models.history import history_of

SHOWN = 3


async def last(turn: Turn) -> Answer | None:
    """ "Has my payment arrived?", "when did I pay last?": from the ledger, never from what was said."""
    if await talks_with_staff(turn):
        return None
    if (which := await ask_which(turn, "payments.last")) is not None:
        return which
    return await _told(turn, "")


async def again(turn: Turn) -> Answer | None:
    """ "Did I not pay last month?": which bill this is, what was paid and when; a claim only by its button."""
    if await talks_with_staff(turn):
        return None
    if (which := await ask_which(turn, "payments.again")) is not None:
        return which
    lines = await bill_lines(turn.session, [turn.household.id], only_open=True)
    if not lines:
        return await _told(turn, turn.words("payments.nothing_open", **turn.called()))
    return await _told(
        turn, turn.words("payments.open", lines="\n".join(line_words(turn, each) for each in lines), **turn.called())
    )


async def _told(turn: Turn, before: str) -> Answer:
    paid = (await history_of(turn.session, turn.household.id, SHOWN)).payments
    listed = "\n".join(
        turn.words("payments.line", day=day_words(day, turn.language), amount=yuan(fen)) for day, fen in paid
    )
    checking = await latest_claim(turn.session, turn.household.id) is not None
    fields = {
        **turn.called(),
        "before": f"{before}\n" if before else "",
        "after": f"\n{turn.words('payments.checking')}" if checking else "",
    }
    row = (
        press(turn, "paid", "claim.start", text=turn.text[:TEXT_CARRIED]),
        press(turn, "bill", "bill.show"),
    )
    person = (press(turn, "person", "person.ask"),)
    if not listed:
        return Answer((turn.say("payments.none", row, person, fields=fields),))
    return Answer((turn.say("payments.last", row, person, fields=fields, lines=listed),))


async def not_paid(turn: Turn) -> Answer | None:
    """ "I have not paid after all": the claim is taken back by one tap, and nothing else is opened."""
    if await talks_with_staff(turn):
        return None
    if (which := await ask_which(turn, "payments.not_paid")) is not None:
        return which
    claim = await latest_claim(turn.session, turn.household.id)
    mine = claim is not None and turn.person is not None and claim.person_id in (None, turn.person.id)
    if claim is None or not mine:
        row = (press(turn, "later", "promise.start"), press(turn, "pay", "pay.how"))
        return Answer((turn.say("payments.no_claim", row),))
    row = (turn.button("undo_claim", "undo.take_back", done=f"claim/{claim.id}"), press(turn, "later", "promise.start"))
    return Answer((turn.say("payments.take_back", row),))

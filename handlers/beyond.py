"""What is not the bot's business: said plainly, with the place where it is."""

from __future__ import annotations

from domain.messages import Answer
from handlers import complaint, person
from handlers.household import TEXT_CARRIED, press
from handlers.turn import Turn
from models.staff import audit

REFUSED = ("third_party", "injection")


async def answer(turn: Turn) -> Answer | None:
    """By the reason the reader gives; chit-chat and noise go on to "I did not understand"."""
    reason = turn.reading.reason if turn.reading is not None else None
    if reason in REFUSED:
        await audit(turn.session, turn.actor, f"refused.{reason}", f"inbox/{turn.inbox_id}", turn.now)
        own = [[press(turn, "bill", "bill.show")]] if turn.households and reason == "third_party" else []
        return Answer((turn.say(f"scope.{reason}", *own),))
    if not turn.households:
        return None
    ask_person = press(turn, "person", "person.ask")
    if reason == "repair":
        text = turn.text[:TEXT_CARRIED]
        register = press(turn, "repair_ticket", "complaint.start", reusable=False, topic=complaint.REPAIR, text=text)
        return Answer((turn.say("scope.repair", (register, ask_person)),))
    if reason == "refund":
        return await person.ask(turn, turn.words("scope.refund"))
    if reason == "other_bill":
        row = (press(turn, "bill", "bill.show"), ask_person)
        fee = turn.words(f"fee.{turn.household.kind}")
        return Answer((turn.say("scope.other_bill", row, fee=fee, hotline=turn.office.hotline),))
    return None

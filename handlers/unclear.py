"""When a sentence was not understood: say so, offer the likeliest wishes and a person; never invent a figure."""

from __future__ import annotations

from collections.abc import Iterable

from domain.messages import Answer, Choice
from handlers import attachments
from handlers.household import TEXT_CARRIED
from handlers.turn import Turn

# What each label of understanding leads to: (button name, action).
WISHES: dict[str, tuple[str, str]] = {
    "ask_amount": ("bill", "bill.show"),
    "ask_due": ("due", "bill.due"),
    "ask_calculation": ("calculation", "bill.explain"),
    "ask_late_fee": ("late_fee", "question.late_fee"),
    "how_to_pay": ("pay", "pay.how"),
    "request_instalment": ("plan", "plan.offer"),
    "request_postpone": ("later", "promise.start"),
    "promise_to_pay": ("promise", "promise.start"),
    "claim_paid": ("paid", "claim.start"),
    "dispute_bill": ("wrong", "dispute.start"),
    "complain_refuse": ("complain", "complaint.start"),
    "request_invoice": ("invoice", "invoice.ask"),
    "ask_discount": ("discount", "question.discount"),
    "ask_purpose": ("purpose", "question.purpose"),
    "opt_out": ("stop", "stop.stop"),
    "talk_human": ("person", "person.ask"),
    "vacant_moved": ("moved", "moved.tell"),
    "auto_debit": ("pay_auto", "autopay.ask"),
    "renew_yes": ("renew_yes", "renewal.yes"),
    "renew_no": ("renew_no", "renewal.no"),
    "renew_consider": ("renew_consider", "renewal.consider"),
    "ask_identity": ("identity", "identity.who"),
}
USUAL = ("ask_amount", "how_to_pay", "claim_paid")
LIKELY_MAX = 3


async def unclear(turn: Turn) -> Answer | None:
    """Two near readings: "A or B?". Otherwise the three likeliest. A file gets its own answer."""
    attachment = turn.message.attachment
    if attachment is not None and not turn.text:
        return await attachments.answer(turn, attachment)
    reading = turn.reading
    if turn.text.startswith("/"):
        return Answer((turn.say("unclear.command", *choices(turn, USUAL)),))
    likely = reading.likely[:LIKELY_MAX] if reading is not None else ()
    if reading is not None and reading.top.intent in WISHES and reading.close and len(likely) >= 2:
        return Answer((turn.say("unclear.either", *choices(turn, likely[:2])),))
    return Answer((turn.say("unclear.sorry", *choices(turn, likely or USUAL)),))


def choices(turn: Turn, intents: Iterable[str]) -> list[list[Choice]]:
    """A button for each wish, two a row, and a person at the end. A stranger is offered what a stranger may do."""
    if not turn.households:
        ask = turn.button("ask_binding", "bind.ask", reusable=True)
        return [[turn.button("identity", "identity.who", reusable=True), ask]]
    text = {"text": turn.text[:TEXT_CARRIED]} if turn.text and not turn.text.startswith("/") else {}
    buttons = [turn.button(*WISHES[each], reusable=True, **text) for each in intents if each in WISHES]
    buttons.append(turn.button("person", "person.ask", reusable=True, **text))
    unique = list({button.action: button for button in buttons}.values())
    return [unique[n : n + 2] for n in range(0, len(unique), 2)]
